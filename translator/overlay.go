package translator

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
)

// An overlay is a partial TaskGroup or Job in Nomad's JSON, or a list of them that are applied in turn. It is laid over what
// the settings have made, by these rules:
//
//   - null removes what is there; an object over a struct or a map merges key by key; a scalar or a list of them replaces.
//   - A list of things with an identity merges element by element (see identities); what has no counterpart comes at the end.
//     A task without a name is the process's main one, and so is a service the process's own.
//   - Any other list replaces as a whole.
//   - A list that begins with null is emptied first.
//
// Package hcl makes overlays of `nomad` blocks, but a release keeps them in the store: here nothing is taken on trust.

// identities is by which field two elements of a list are the same thing; "" is by their place.
var identities = map[reflect.Type]string{
	reflect.TypeFor[api.Task]():             "Name",
	reflect.TypeFor[api.Service]():          "Name",
	reflect.TypeFor[api.WorkloadIdentity](): "Name",
	reflect.TypeFor[api.Action]():           "Name",
	reflect.TypeFor[api.Secret]():           "Name",
	reflect.TypeFor[api.Template]():         "DestPath",
	reflect.TypeFor[api.TaskArtifact]():     "RelativeDest",
	reflect.TypeFor[api.VolumeMount]():      "Destination",
	reflect.TypeFor[api.Port]():             "Label",
	reflect.TypeFor[api.NetworkResource]():  "",
}

// never is what no overlay may touch, and why.
var never = map[reflect.Type]map[string]string{
	reflect.TypeFor[api.TaskGroup](): {
		"Name":  "a process keeps its name",
		"Count": "say quantity in the process, or scale it",
	},
	reflect.TypeFor[api.Job](): {
		"ID": "a job is named like its app", "Name": "a job is named like its app",
		"Namespace": "the namespace is the cluster's", "Type": "a process or a cron decides what type of job it is",
		"TaskGroups": "say it in the process's own nomad block",
	},
}

// misfit is why a patch cannot be laid over a job, and where in it, in HCL's names.
type misfit struct {
	at         []string
	text, hint string
}

// overlayGroup lays a raw overlay over a group and keeps as problems what in it does not fit and what the operator does not
// allow. main is the name of the group's main task, own that of the process's own service (Service(app, type), also where
// there is none yet), setting where the overlay stands: "process", "web", "nomad". No patch: nothing is done.
func (r *resolver) overlayGroup(group *api.TaskGroup, patch json.RawMessage, main, own string, setting ...string) {
	if len(patch) == 0 || group == nil {
		return
	}
	before := *group
	layers, wrong := applyOverlay(group, patch, main, own)
	if wrong != nil {
		r.misfit(*wrong, setting)
		return
	}
	r.permitted(&before, group, view{main: main, own: own, layers: layers, setting: setting})
}

// overlayJob is overlayGroup for an app's whole job; setting is "nomad".
func (r *resolver) overlayJob(job *api.Job, patch json.RawMessage, setting ...string) {
	if len(patch) == 0 || job == nil {
		return
	}
	before := *job
	if wrong := applyJobOverlay(job, patch); wrong != nil {
		r.misfit(*wrong, setting)
		return
	}
	r.permittedJob(&before, job, setting)
}

func (r *resolver) misfit(m misfit, setting []string) {
	at := slices.Concat(setting, m.at)
	r.problems = append(r.problems, dynomad.Problem{Message: whose(at) + " " + m.text, Hint: m.hint, Setting: at})
}

// whose begins a sentence about a setting: `process "web" has nomad.task.user, which`.
func whose(at []string) string {
	if len(at) > 2 && (at[0] == "process" || at[0] == "cron") {
		return fmt.Sprintf("%s %q has %s, which", at[0], at[1], strings.Join(at[2:], "."))
	}
	return "the app has " + strings.Join(at, ".") + ", which"
}

// applyOverlay lays a patch over a group in place, and says what the patch's layers were. A further task that does not
// say its driver runs under the main one's. A group that the patch does not fit stays as it was.
func applyOverlay(group *api.TaskGroup, patch json.RawMessage, main, own string) ([]any, *misfit) {
	out := *group
	layers, wrong := lay(&laying{main: main, own: own}, &out, patch)
	if wrong != nil {
		return nil, wrong
	}
	task := named(out.Tasks, main)
	if task == nil {
		return nil, &misfit{at: []string{"task"}, text: "takes the process's main task away", hint: "every process runs one"}
	}
	for _, further := range out.Tasks {
		further.Driver = cmp.Or(further.Driver, task.Driver)
	}
	*group = out
	return layers, nil
}

// applyJobOverlay lays a patch over a job, whose groups it leaves alone.
func applyJobOverlay(job *api.Job, patch json.RawMessage) *misfit {
	groups := job.TaskGroups
	bare := *job
	bare.TaskGroups = nil
	if _, wrong := lay(&laying{}, &bare, patch); wrong != nil {
		return wrong
	}
	for _, name := range []string{MetaApp, MetaRelease} {
		if bare.Meta[name] != job.Meta[name] {
			return &misfit{[]string{"meta", name}, "is Dynomad's own", "use another name"}
		}
	}
	*job = bare
	job.TaskGroups = groups
	return nil
}

// lay merges on trees of JSON and reads the result back. It changes into only if all went well.
func lay[T any](l *laying, into *T, patch json.RawMessage) ([]any, *misfit) {
	above, err := tree(patch)
	if err != nil {
		return nil, &misfit{text: "is no JSON: " + err.Error()}
	}
	layers, several := above.([]any)
	if !several {
		layers = []any{above}
	}
	text, err := json.Marshal(into)
	if err != nil {
		return nil, &misfit{text: "cannot be laid over what is no JSON: " + err.Error()}
	}
	below, err := tree(text)
	if err != nil {
		return nil, &misfit{text: err.Error()}
	}
	for _, layer := range layers {
		object, ok := layer.(map[string]any)
		if !ok {
			return nil, &misfit{text: "is no object"}
		}
		if below = l.object(reflect.TypeFor[T](), below, object); l.wrong != nil {
			return nil, l.wrong
		}
	}
	out, err := read[T](below)
	if err != nil {
		return nil, &misfit{text: "cannot be read: " + err.Error()}
	}
	*into = *out
	return layers, nil
}

// tree is JSON text as maps, lists and scalars; numbers keep every digit.
func tree(text []byte) (any, error) {
	var out any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		return nil, err
	}
	return out, nil
}

// read is a tree as a struct of Nomad's. Whole numbers in a driver's configuration come out as such: printed as the floats
// that JSON makes of them they would be hard to read.
func read[T any](from any) (*T, error) {
	text, err := json.Marshal(from)
	if err != nil {
		return nil, err
	}
	out := new(T)
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(out); err != nil {
		return nil, err
	}
	if group, ok := any(out).(*api.TaskGroup); ok {
		for _, task := range group.Tasks {
			for name, value := range task.Config {
				task.Config[name] = whole(value)
			}
		}
	}
	return out, nil
}

func whole(v any) any {
	switch v := v.(type) {
	case float64:
		if n := int64(v); float64(n) == v && n > -1<<53 && n < 1<<53 {
			return n
		}
	case []any:
		for i := range v {
			v[i] = whole(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = whole(v[name])
		}
	}
	return v
}
