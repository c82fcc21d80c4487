package translator

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
)

// Cause is one setting that differs from what runs.
type Cause struct {
	Type     dynomad.ProcessType `json:"type,omitempty"` // "": of the whole app
	Setting  string              `json:"setting"`        // as in a dynomad.hcl where it stands there: "memory", "env PORT", "command"
	What     string              `json:"what"`           // "added", "removed" or "changed"
	Old      string              `json:"old,omitempty"`  // only of values that are nobody's secret: numbers, times, a signal's name
	New      string              `json:"new,omitempty"`
	Restarts bool                `json:"restarts"`        // it is why dynos restart
	Later    bool                `json:"later,omitempty"` // dynos hear of it only when they start the next time
}

// String is "memory changed from 512 to 1024".
func (c Cause) String() string {
	text := c.Setting + " " + c.What
	switch {
	case c.Old != "" && c.New != "":
		return text + " from " + c.Old + " to " + c.New
	case c.New != "":
		return text + ": " + c.New
	}
	return text
}

// causes reads out of Nomad's diff which settings differ. A process type that is new or gone is its own cause.
func causes(d *api.JobDiff, changes []Change) []Cause {
	if d == nil || d.Type != diffEdited {
		return nil
	}
	f := finder{restart: "Meta NodePool Datacenters"}
	for _, c := range changes { // what concerns all of them is to blame if any of them restarts
		f.restarts = f.restarts || c.Restarts()
	}
	f.fields(d.Fields, "")
	f.objects(d.Objects)
	f.settle()
	wide := slices.ContainsFunc(f.found, func(c Cause) bool { return c.Restarts })
	for _, group := range d.TaskGroups {
		if group.Type == diffEdited {
			i := slices.IndexFunc(changes, func(c Change) bool { return c.Type == TypeOf(group.Name) })
			f.group(group, i >= 0 && changes[i].Restarts(), wide)
		}
	}
	return f.found
}

// finder walks over a diff.
type finder struct {
	found    []Cause
	begin    int                 // where in found the current part of the diff begins
	current  dynomad.ProcessType // whose diff it is
	restarts bool                // whether anything in it restarts
	restart  string              // the names of what restarts dynos at this level of the job, or with a "!" before them those of what does not
}

// group reads the diff of one group. wide says that something restarts all groups.
func (f *finder) group(d *api.TaskGroupDiff, restarts, wide bool) {
	f.current, f.restarts = TypeOf(d.Name), restarts
	f.restart = "Meta EphemeralDisk Network Volume Consul"
	f.fields(d.Fields, "")
	f.objects(d.Objects)
	f.restart = "!KillTimeout Service Constraint Affinity RestartPolicy Scaling"
	f.tasks(d.Tasks)
	part := f.found[f.begin:]
	if restarts && !wide && !slices.ContainsFunc(part, func(c Cause) bool { return c.Restarts }) {
		for i := range part { // it changes in place only where the dyno may stay where it is
			part[i].Restarts = strings.HasPrefix(part[i].Setting, "constraint")
		}
	}
	f.settle()
}

// tasks knows that a release's main task is named for it: v12 that goes and v13 that comes are one task.
func (f *finder) tasks(tasks []*api.TaskDiff) {
	old, renewed := "", ""
	for _, t := range tasks {
		_, versioned := VersionOf(t.Name)
		switch {
		case versioned && t.Type == diffDeleted:
			old = t.Name
		case versioned && t.Type == diffAdded:
			renewed = t.Name
		case t.Type == diffEdited:
			prefix := ""
			if !versioned {
				prefix = "task " + t.Name + ": "
			}
			f.task(t, prefix)
		case t.Type != diffNone:
			f.add("task "+t.Name, t.Type, "", "", true)
		}
	}
	told := slices.ContainsFunc(f.found, func(c Cause) bool { return c.Type == "" && c.Setting == MetaRelease })
	if (old != "" || renewed != "") && !told {
		f.add("release", cmp.Or(both(old, renewed), diffEdited), old, renewed, true)
	}
}

// both is the type of a difference of which one side may be missing.
func both(old, renewed string) string {
	switch {
	case old == "":
		return diffAdded
	case renewed == "":
		return diffDeleted
	}
	return diffEdited
}

func (f *finder) task(t *api.TaskDiff, prefix string) {
	from := len(f.found)
	f.fields(t.Fields, "")
	f.objects(t.Objects)
	for i := range f.found[from:] {
		f.found[from+i].Setting = prefix + f.found[from+i].Setting
	}
}

// fields takes note of those that differ. within is the object that they are in.
func (f *finder) fields(fields []*api.FieldDiff, within string) {
	for _, field := range fields {
		if field.Type == diffNone {
			continue
		}
		name, key, _ := strings.Cut(strings.TrimSuffix(field.Name, "]"), "[")
		setting := settingName(name)
		level := cmp.Or(within, name)
		switch {
		case within == "Config": // the driver's, some of which are lists
			setting = "config " + setting
		case name == "Meta" && key == MetaRelease:
			setting = MetaRelease
		case key != "":
			setting += " " + key
		}
		old, renewed := sayable(name, key, within, field.Old), sayable(name, key, within, field.New)
		f.add(setting, field.Type, old, renewed, f.forces(level))
	}
}

// objects takes note of a job's blocks that differ. Sizes are told number by number, others by their name alone.
func (f *finder) objects(objects []*api.ObjectDiff) {
	for _, o := range objects {
		switch {
		case o.Type == diffNone:
		case (o.Name == "Resources" || o.Name == "Config") && o.Type == diffEdited:
			f.fields(o.Fields, o.Name)
			f.objects(o.Objects)
		default:
			f.add(blockName(o), o.Type, "", "", f.forces(o.Name))
		}
	}
}

// forces says whether what differs restarts dynos.
func (f *finder) forces(name string) bool {
	names, inverted := strings.CutPrefix(f.restart, "!")
	return slices.Contains(strings.Fields(names), name) != inverted
}

func (f *finder) add(setting, kind, old, renewed string, restarts bool) {
	what := map[string]string{diffAdded: "added", diffDeleted: "removed"}[kind]
	f.found = append(f.found, Cause{
		Type: f.current, Setting: setting, What: cmp.Or(what, "changed"), Old: old, New: renewed, Restarts: restarts && f.restarts,
	})
}

// settle joins what Nomad tells twice in the current part: a block whose text has changed is one that goes and one that comes.
func (f *finder) settle() {
	part := f.found[f.begin:]
	var out []Cause
	for _, c := range part {
		i := slices.IndexFunc(out, func(o Cause) bool { return o.Setting == c.Setting })
		switch {
		case i < 0:
			out = append(out, c)
		case out[i].What != c.What:
			out[i].What = "changed"
		}
	}
	slices.SortStableFunc(out, func(a, b Cause) int { // what restarts first
		switch {
		case a.Restarts == b.Restarts:
			return cmp.Compare(a.Setting, b.Setting)
		case a.Restarts:
			return -1
		}
		return 1
	})
	f.found = append(f.found[:f.begin], out...)
	f.begin = len(f.found)
}

// settingName is what a dynomad.hcl calls a field of Nomad's.
func settingName(field string) string {
	if name, ok := map[string]string{
		"Count": "quantity", "ShutdownDelay": "drain_delay", "CPU": "cpu", "MemoryMB": "memory", "MemoryMaxMB": "memory_max",
	}[field]; ok {
		return name
	}
	return snake(field)
}

// snake is kill_timeout for KillTimeout.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 && !unicode.IsUpper(rune(name[i-1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// blockName is what people call a block of a job.
func blockName(o *api.ObjectDiff) string {
	value := func(name string) string {
		for _, field := range o.Fields {
			if field.Name == name {
				return cmp.Or(field.New, field.Old)
			}
		}
		return ""
	}
	switch o.Name {
	case "Template":
		switch path := value("DestPath"); path {
		case localDir + commandFile:
			return "command"
		case localDir + initFile:
			return "what dynos start under"
		case configPath:
			return "config vars"
		default:
			return strings.TrimSpace("template " + path)
		}
	case "Artifact":
		if value("RelativeDest") == localDir+home {
			return "slug"
		}
		return strings.TrimSpace("artifact " + value("RelativeDest"))
	case "RestartPolicy", "ReschedulePolicy":
		return strings.ToLower(strings.TrimSuffix(o.Name, "Policy"))
	case "Network":
		return "port"
	case "Identity", "Volume", "Service":
		return strings.TrimSpace(snake(o.Name) + " " + value("Name"))
	case "Constraint", "Affinity":
		return strings.TrimSpace(snake(o.Name) + " " + value("LTarget"))
	}
	return snake(o.Name)
}

// sayable is a value that anybody may read: a number, a time, or one of the few texts that are no secret.
func sayable(name, key, within, value string) string {
	switch {
	case value == "":
		return ""
	case name == "Meta" && key == MetaRelease, name == "Driver", name == "KillSignal", within == "Config" && name == "image":
		return value
	case key != "", within == "Config":
		return ""
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		if value == "true" || value == "false" {
			return value
		}
		return ""
	}
	if n != 0 && n%int64(time.Millisecond) == 0 {
		text := time.Duration(n).String()
		if strings.HasSuffix(text, "m0s") {
			text = strings.TrimSuffix(text, "0s")
		}
		if strings.HasSuffix(text, "h0m") {
			text = strings.TrimSuffix(text, "0m")
		}
		return text
	}
	return value
}

// ReadVariables tells which values differ from those that the cluster has for the same release. Of names that only the
// cluster has nothing can be said: they may be config vars, which the source does not know. The values are nobody's business.
func ReadVariables(t dynomad.ProcessType, ours, theirs map[string]string) []Cause {
	var out []Cause
	for _, name := range slices.Sorted(maps.Keys(ours)) {
		was, there := theirs[name]
		switch {
		case !there:
			out = append(out, Cause{Type: t, Setting: "env " + name, What: "added", Later: true})
		case was != ours[name]:
			out = append(out, Cause{Type: t, Setting: "env " + name, What: "changed", Later: true})
		}
	}
	return out
}
