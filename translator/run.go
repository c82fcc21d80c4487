package translator

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dynomad/dynomad"
)

// Run is something that runs once and to its end, beside the dynos of an app: a one-off, a release phase, a build.
type Run struct {
	Name     string // "run.1234", "release.12"; also its $DYNO
	Template string // the process template that it starts from: "run", "release", "build"
	Command  string // for the shell in the dyno; Settings.Command and Settings.Exec overrule it
	Settings dynomad.Settings
}

// ReleaseRun is the release phase of the Blueprint's release, and false if the app has none.
func ReleaseRun(bp dynomad.Blueprint) (Run, bool) {
	for _, p := range bp.Processes {
		if p.Type == dynomad.ReleasePhase && !p.Scheduled() {
			name := dynomad.DynoName(dynomad.ReleasePhase, int(bp.Release.Version))
			return Run{Name: name, Template: string(dynomad.ReleasePhase), Command: p.Command, Settings: p.Settings}, true
		}
	}
	return Run{}, false
}

// TranslateRun makes the batch job of a run with the slug, the config vars and the log of the app, and the one variable that
// it reads. Nothing starts it again once it has ended. The job is the run's own, and so is the variable: both may go when
// it has ended.
func TranslateRun(bp dynomad.Blueprint, t Target, run Run) (Bundle, dynomad.Problems) {
	r := resolver{blueprint: &bp, target: &t}
	r.checkTarget()
	beside := r.checkSidecar()
	p := r.run(run)
	return r.bundle([][]*process{{p}}, beside)
}

func (r *resolver) run(run Run) *process {
	if r.of("process", run.Template); run.Template != string(dynomad.ReleasePhase) {
		r.who = fmt.Sprintf("run %q", run.Name)
	}
	if err := ValidRun(run.Name); err != nil {
		r.fail(dynomad.HintOf(err), "has a name that cannot be used")
	}
	template, ok := r.target.Templates[run.Template]
	if !ok {
		r.fail("the templates are "+strings.Join(slices.Sorted(maps.Keys(r.target.Templates)), ", "),
			fmt.Sprintf("starts from the template %q, which this cluster does not have", run.Template))
		return nil
	}
	stem, _, _ := strings.Cut(run.Name, ".")
	p := &process{kind: once, Job: RunJobID(r.blueprint.App.Name, run.Name), Group: stem, Dyno: run.Name, Command: run.Command, Count: 1}
	r.decide(p, run.Settings, template)
	return p
}

// bundle makes a job of each list of processes, and nothing at all if anything is wrong.
func (r *resolver) bundle(jobs [][]*process, beside process) (Bundle, dynomad.Problems) {
	if r.problems.Err() != nil {
		return Bundle{}, r.problems
	}
	var out Bundle
	for _, processes := range jobs {
		out.Jobs = append(out.Jobs, r.job(processes[0].Job, processes, beside))
		for _, p := range processes {
			if len(p.blueprint.Config) > 0 {
				out.Variables = append(out.Variables, Variable{Path: p.variable(), Items: maps.Clone(p.blueprint.Config)})
			}
		}
	}
	if r.problems.Err() != nil { // an overlay's
		return Bundle{}, r.problems
	}
	slices.SortFunc(out.Variables, func(a, b Variable) int { return strings.Compare(a.Path, b.Path) })
	return out, r.problems
}
