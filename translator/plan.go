package translator

import (
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
