package translator

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
)

// Plan is what would happen if a job were registered: Nomad's answer to that question, in our terms.
type Plan struct {
	Job      string     `json:"job"`
	New      bool       `json:"new"`     // there is no job of that name yet
	Changed  bool       `json:"changed"` // the job, or what of it runs
	Changes  []Change   `json:"changes"` // one a process type, also where nothing happens
	Unplaced []Unplaced `json:"unplaced"`
	Causes   []Cause    `json:"causes"`
	Pushed   []string   `json:"pushed,omitempty"`   // dynos of other jobs that would have to make room, by their allocations' names
	Warnings []string   `json:"warnings,omitempty"` // Nomad's own
	NextRun  *time.Time `json:"next_run,omitempty"` // of a cron
}

// Change is what happens to the dynos of one process type, each counted once. A dyno beside is one that starts beside an
// old one and takes its place once it is healthy; the old one is not counted.
type Change struct {
	Type    dynomad.ProcessType `json:"type"`
	New     bool                `json:"new,omitempty"`
	Gone    bool                `json:"gone,omitempty"` // the process type is no longer there
	Start   uint64              `json:"start,omitempty"`
	Beside  uint64              `json:"beside,omitempty"`
	Restart uint64              `json:"restart,omitempty"`
	Move    uint64              `json:"move,omitempty"`     // to another machine
	InPlace uint64              `json:"in_place,omitempty"` // something about it changes that does not restart it
	Stop    uint64              `json:"stop,omitempty"`
	Same    uint64              `json:"same,omitempty"`
	Edited  bool                `json:"edited,omitempty"` // its settings are others

	scheduled bool // a cron has dynos only while it runs
}

// Unplaced is a process type of which dynos find no machine.
type Unplaced struct {
	Type    dynomad.ProcessType `json:"type"`
	Dynos   int                 `json:"dynos"`
	Reasons []string            `json:"reasons"`
	Need    Room                `json:"need"` // of one dyno
	Largest *Hole               `json:"largest,omitempty"`
}

// ReadPlan tells what Nomad answered to the question what registering a job would do. holes are for saying how much room
// there is where something does not fit.
func ReadPlan(answer *api.JobPlanResponse, job *api.Job, holes []Hole) Plan {
	p := Plan{Job: *job.ID, Changes: []Change{}, Unplaced: []Unplaced{}, Causes: []Cause{}}
	if !answer.NextPeriodicLaunch.IsZero() {
		p.NextRun = &answer.NextPeriodicLaunch
	}
	diffs := map[string]*api.TaskGroupDiff{}
	if d := answer.Diff; d != nil {
		p.New, p.Changed = d.Type == diffAdded, d.Type != diffNone
		for _, group := range d.TaskGroups {
			diffs[group.Name] = group
		}
	}
	if a := answer.Annotations; a != nil {
		for _, group := range slices.Sorted(maps.Keys(a.DesiredTGUpdates)) {
			c := change(TypeOf(group), a.DesiredTGUpdates[group], diffs[group])
			if c.scheduled = p.NextRun != nil; c.scheduled {
				c.Start = 0 // Nomad counts one as though it were due
			}
			p.Changes = append(p.Changes, c)
			p.Changed = p.Changed || c.happens()
		}
		for _, alloc := range a.PreemptedAllocs {
			p.Pushed = append(p.Pushed, alloc.Name)
		}
		slices.Sort(p.Pushed)
	}
	for _, group := range slices.Sorted(maps.Keys(answer.FailedTGAllocs)) {
		p.Unplaced = append(p.Unplaced, unplaced(job, group, answer.FailedTGAllocs[group], holes))
	}
	p.Causes = append(p.Causes, causes(answer.Diff, p.Changes)...)
	for line := range strings.Lines(answer.Warnings) {
		if line = strings.Trim(line, " \t\r\n*"); line != "" {
			p.Warnings = append(p.Warnings, line)
		}
	}
	return p
}

// Nomad's words for what a diff says.
const (
	diffNone    = "None"
	diffAdded   = "Added"
	diffDeleted = "Deleted"
	diffEdited  = "Edited"
)

// change counts what happens to a group. Any change of a job touches all its dynos "in place", also those of a group of which
// nothing changes: nobody would notice, so that they are counted as the same.
func change(t dynomad.ProcessType, n *api.DesiredUpdates, diff *api.TaskGroupDiff) Change {
	c := Change{
		Type: t, Restart: n.DestructiveUpdate, Move: n.Migrate, InPlace: n.InPlaceUpdate, Stop: n.Stop, Same: n.Ignore,
		Start: n.Place + n.RescheduleNow,
	}
	if diff != nil {
		c.New, c.Gone, c.Edited = diff.Type == diffAdded, diff.Type == diffDeleted, diff.Type == diffEdited
	}
	if !c.Edited || quantityOnly(diff) {
		c.Same, c.InPlace = c.Same+c.InPlace, 0
	}
	beside := min(n.Canary, c.Same) // each replaces one; if there are more, the type grows as well
	c.Beside, c.Start, c.Same = beside, c.Start+n.Canary-beside, c.Same-beside
	return c
}

// quantityOnly says whether nothing but the number of dynos differs.
func quantityOnly(d *api.TaskGroupDiff) bool {
	return len(d.Objects) == 0 && len(d.Fields) == 1 && d.Fields[0].Name == "Count" &&
		!slices.ContainsFunc(d.Tasks, func(t *api.TaskDiff) bool { return t.Type != diffNone })
}

func (c Change) happens() bool { return c.Start+c.Beside+c.Restart+c.Move+c.InPlace+c.Stop > 0 }

// Restarts says whether dynos end and others take their place.
func (c Change) Restarts() bool { return c.Beside+c.Restart > 0 }

// String tells the change in words: "2 dynos restart, 1 starts".
func (c Change) String() string {
	var words []string
	say := func(n uint64, one, many string) {
		switch n {
		case 0:
		case 1:
			words = append(words, "1 dyno "+one)
		default:
			words = append(words, fmt.Sprintf("%d dynos %s", n, many))
		}
	}
	say(c.Restart, "restarts", "restart")
	say(c.Beside, "restarts: a new one starts beside it and takes its place once it is healthy",
		"restart: as many new ones start beside them and take their place once they are healthy")
	say(c.Move, "moves to another machine", "move to other machines")
	say(c.Start, "starts", "start")
	say(c.Stop, "stops", "stop")
	say(c.InPlace, "changes in place, without a restart", "change in place, without a restart")
	if c.happens() {
		say(c.Same, "runs on", "run on")
	}
	switch {
	case c.Gone:
		words = append(words, "the process type is no longer there")
	case len(words) == 0 && c.New && c.scheduled:
		words = append(words, "new")
	case len(words) == 0 && c.Edited && c.scheduled:
		words = append(words, "its settings change")
	case len(words) == 0 && c.New:
		words = append(words, "new, without dynos")
	case len(words) == 0 && c.Edited:
		words = append(words, "its settings change, but no dynos run")
	case len(words) == 0:
		words = append(words, "nothing changes")
	}
	return strings.Join(words, "; ")
}

// ExitCode is for scripts: 0 nothing changes, 2 something does, 3 something cannot be placed.
func (p Plan) ExitCode() int {
	switch {
	case len(p.Unplaced) > 0:
		return 3
	case p.Changed:
		return 2
	}
	return 0
}

// groupOf finds a job's group, nil if there is none.
func groupOf(job *api.Job, name string) *api.TaskGroup {
	for _, g := range job.TaskGroups {
		if g.Name != nil && *g.Name == name {
			return g
		}
	}
	return nil
}

// Room is room on a machine, or what a dyno wants of it.
type Room struct {
	CPU    int `json:"cpu"`    // MHz
	Memory int `json:"memory"` // MiB
	Cores  int `json:"cores"`  // whole ones, for a dyno alone
}

func (r Room) String() string {
	text := fmt.Sprintf("%d MHz and %d MiB", r.CPU, r.Memory)
	switch {
	case r.Cores == 1:
		return "1 core, " + text
	case r.Cores > 1:
		return fmt.Sprintf("%d cores, %s", r.Cores, text)
	}
	return text
}

// Hole is the room that is left on one machine.
type Hole struct {
	Node       string `json:"node"`
	Datacenter string `json:"datacenter"`
	Pool       string `json:"pool"`
	Free       Room   `json:"free"`
}

// unplaced says what keeps Nomad from placing dynos of a group, and how near the machine comes that comes nearest.
func unplaced(job *api.Job, group string, m *api.AllocationMetric, holes []Hole) Unplaced {
	u := Unplaced{Type: TypeOf(group), Dynos: 1 + m.CoalescedFailures, Reasons: reasons(job, group, m)}
	if g := groupOf(job, group); g != nil {
		u.Need = wants(g)
	}
	fits := func(h Hole) float64 {
		share := func(free, need int) float64 {
			if need <= 0 {
				return 1
			}
			return float64(free) / float64(need)
		}
		return min(share(h.Free.CPU, u.Need.CPU), share(h.Free.Memory, u.Need.Memory), share(h.Free.Cores, u.Need.Cores))
	}
	for _, h := range holes {
		if !eligible(job, h) {
			continue
		}
		if u.Largest == nil || fits(h) > fits(*u.Largest) {
			u.Largest = new(h)
		}
	}
	return u
}

// String is "2 dynos: not enough memory on 1 of 1 machine".
func (u Unplaced) String() string {
	dynos := "1 dyno"
	if u.Dynos > 1 {
		dynos = fmt.Sprintf("%d dynos", u.Dynos)
	}
	return dynos + ": " + strings.Join(u.Reasons, ", ")
}

// Measure says what a dyno wants and how much the machine has that comes nearest.
func (u Unplaced) Measure() string {
	text := "a dyno wants " + u.Need.String()
	if u.Largest == nil {
		return text + "; there is no machine that it may run on"
	}
	return fmt.Sprintf("%s; the largest hole is %s, on %s", text, u.Largest.Free, u.Largest.Node)
}

// eligible says whether a job may run on a machine as far as its datacenters and its node pool say.
func eligible(job *api.Job, h Hole) bool {
	if pool := cmp.Or(value(job.NodePool), "default"); pool != "all" && pool != h.Pool {
		return false
	}
	return len(job.Datacenters) == 0 || slices.ContainsFunc(job.Datacenters, func(pattern string) bool {
		return globbed(pattern, h.Datacenter)
	})
}

// globbed matches a name with a pattern in which * stands for any text.
func globbed(pattern, name string) bool {
	first, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == name
	}
	name, ok := strings.CutPrefix(name, first)
	for i := 0; ok && i <= len(name); i++ {
		if globbed(rest, name[i:]) {
			return true
		}
	}
	return false
}

// wants is what one dyno of a group wants, its sidecars included.
func wants(g *api.TaskGroup) Room {
	var r Room
	for _, t := range g.Tasks {
		if t.Resources == nil {
			continue
		}
		if cores := t.Resources.Cores; cores != nil && *cores > 0 {
			r.Cores += *cores
		} else if t.Resources.CPU != nil {
			r.CPU += *t.Resources.CPU
		}
		if t.Resources.MemoryMB != nil {
			r.Memory += *t.Resources.MemoryMB
		}
	}
	return r
}

// reasons says what stands against placing a group, each with the number of machines that it rules out.
func reasons(job *api.Job, group string, m *api.AllocationMetric) []string {
	ready := 0
	for _, n := range m.NodesAvailable {
		ready += n
	}
	if m.NodesEvaluated == 0 && ready == 0 {
		return []string{fmt.Sprintf("no machine is ready in %s", where(job))}
	}
	of := cmp.Or(m.NodesEvaluated, ready)
	on := func(n int) string { return fmt.Sprintf("on %d of %s", n, machines(of)) }
	var out []string
	for _, what := range slices.Sorted(maps.Keys(m.ConstraintFiltered)) {
		out = append(out, fmt.Sprintf("%s %s", filtered(job, group, what), on(m.ConstraintFiltered[what])))
	}
	for _, what := range slices.Sorted(maps.Keys(m.DimensionExhausted)) {
		out = append(out, fmt.Sprintf("%s %s", exhausted(what), on(m.DimensionExhausted[what])))
	}
	for _, what := range m.QuotaExhausted {
		out = append(out, "the quota of the namespace is used up: "+what)
	}
	if len(out) == 0 {
		out = append(out, fmt.Sprintf("none of %s can take it", machines(of)))
	}
	return out
}

func machines(n int) string {
	if n == 1 {
		return "1 machine"
	}
	return fmt.Sprintf("%d machines", n)
}

func where(job *api.Job) string {
	text := "the datacenters " + strings.Join(job.Datacenters, ", ")
	if job.NodePool != nil && *job.NodePool != "" && *job.NodePool != "default" {
		text += " and the node pool " + *job.NodePool
	}
	return text
}

// filtered is one of Nomad's reasons to pass over a machine, in words.
func filtered(job *api.Job, group, what string) string {
	switch {
	case what == "missing drivers":
		return "no driver " + strings.Join(driversOf(job, group), " or ")
	case strings.HasPrefix(what, "missing "):
		return "no " + strings.TrimPrefix(what, "missing ")
	case what == "computed class ineligible":
		return "this kind of machine is ruled out"
	}
	return "the constraint " + what + " is not met"
}

// exhausted is one of the things that Nomad found used up, in words.
func exhausted(what string) string {
	if port, ok := strings.CutPrefix(what, "network: reserved port collision "); ok {
		return "the port " + port + " is taken"
	}
	return "not enough " + strings.TrimPrefix(what, "network: ")
}

func driversOf(job *api.Job, group string) []string {
	var drivers []string
	if g := groupOf(job, group); g != nil {
		for _, t := range g.Tasks {
			drivers = append(drivers, t.Driver)
		}
	}
	slices.Sort(drivers)
	return slices.Compact(drivers)
}
