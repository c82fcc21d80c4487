package translator

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dynomad/dynomad"
)

// process is one process type, cron or run with everything about it decided. Stanzas are made of these values and of
// nothing else.
type process struct {
	blueprint *dynomad.Blueprint
	target    *Target
	kind      kind
	setting   []string // where its settings stand in a dynomad.hcl

	Type  dynomad.ProcessType // "" of a run
	Job   string              // the id of the job that it stands in
	Group string
	Dyno  string // its $DYNO where it has only one dyno, else ""

	Command string   // for the shell, where Exec is nil
	Exec    []string // without a shell; empty: what the image runs by itself
	Image   string   // "": it runs in its slug
	Count   int
	Size    Size
	Env     map[string]string // the manifest's; the config vars are in the app's variable

	Service bool
	Port    int // on which a container listens; 0: on $PORT
	Routes  []dynomad.Route
	Check   check
	Drain   time.Duration

	Kill       kill
	Surge      bool
	Update     update
	Restart    restart
	Reschedule reschedule
	LostAfter  time.Duration // 0: a silent machine is lost at once
	Timeout    time.Duration // 0: as long as it takes
	Periodic   periodic

	Constraints []dynomad.Constraint
	Affinities  []dynomad.Affinity
	Spreads     []dynomad.Spread
	Volumes     []dynomad.Volume
	Sidecar     string
	Overlay     json.RawMessage
}

// kind is how long something runs and what starts it.
type kind int

const (
	stays kind = iota // a dyno: it runs until it is told to end
	due               // a cron: it runs to its end whenever its time has come
	once              // a run: it runs to its end
)

// ends says whether the process runs to its end; its job is then a batch job of its own.
func (p *process) ends() bool { return p.kind != stays }

// resolver walks over a Blueprint and keeps every problem that it meets.
type resolver struct {
	blueprint *dynomad.Blueprint
	target    *Target
	problems  dynomad.Problems
	formation map[dynomad.ProcessType]dynomad.FormationEntry
	routes    map[string]dynomad.ProcessType // which process has a path

	who     string   // whose settings are being read: `process "web"`
	setting []string // and where they stand
}

// of lets the problems to come be those of a process, a cron or a run.
func (r *resolver) of(setting ...string) {
	r.setting = setting
	r.who = fmt.Sprintf("%s %q", setting[0], setting[1])
}

// processes are resolved in the order of their types, so that the order in which they were stored changes nothing. The
// release phase is none of them: TranslateRun makes it.
func (r *resolver) processes() (dynos, crons []*process) {
	sorted := slices.Clone(r.blueprint.Processes)
	slices.SortStableFunc(sorted, func(a, b dynomad.Process) int { return strings.Compare(string(a.Type), string(b.Type)) })
	r.formation = make(map[dynomad.ProcessType]dynomad.FormationEntry, len(r.blueprint.Formation))
	for _, e := range r.blueprint.Formation {
		r.formation[e.Type] = e
	}
	for i, p := range sorted {
		if p.Type == dynomad.ReleasePhase && !p.Scheduled() {
			continue
		}
		r.of(place(p)...)
		switch {
		case i > 0 && sorted[i-1].Type == p.Type:
			r.fail("", "is there twice")
		case p.Type == "" || len(p.Type) > MaxTypeLength:
			r.fail("", fmt.Sprintf("has a name of %d letters; use 1 to %d", len(p.Type), MaxTypeLength))
		}
		if out := r.process(p); out.kind == due {
			crons = append(crons, out)
		} else {
			dynos = append(dynos, out)
		}
	}
	return dynos, crons
}

// place is where a process stands in a dynomad.hcl.
func place(p dynomad.Process) []string {
	if p.Scheduled() {
		return []string{"cron", string(p.Type)}
	}
	return []string{"process", string(p.Type)}
}

func (r *resolver) process(p dynomad.Process) *process {
	app := r.blueprint.App.Name
	out := &process{kind: stays, Type: p.Type, Job: JobID(app), Group: Group(p.Type), Command: p.Command, Count: r.formation[p.Type].Quantity}
	if p.Scheduled() {
		out.kind, out.Job, out.Group, out.Count = due, CronJobID(app, p.Type), cronGroup, 1
		out.Dyno = dynomad.DynoName(p.Type, 1)
	}
	r.decide(out, p.Settings, r.target.template(p))
	return out
}

// decide reads everything that is said of a process: said is what its manifest says, over a template.
func (r *resolver) decide(p *process, said, template dynomad.Settings) {
	s := said.Over(template)
	p.blueprint, p.target, p.setting, p.Overlay = r.blueprint, r.target, r.setting, s.Nomad
	r.fits(p, said)
	r.command(p, said, s)
	p.Size = r.size(p, s)
	p.Env = r.env(s.Env)
	p.Kill = r.kill(s)
	r.life(p, s)
	r.service(p, said, s)
	p.Constraints, p.Affinities, p.Spreads = r.constraints(s.Constraints), r.affinities(s.Affinities), r.spreads(s.Spreads)
	p.Volumes = r.volumes(p, s.Volumes)
	p.Sidecar = r.sidecarPlace(s)
	p.Surge = r.surge(p, said, s)
	if p.Count < 0 || p.Count > dynomad.MaxQuantity {
		r.fail(fmt.Sprintf("use 0 to %d", dynomad.MaxQuantity), fmt.Sprintf("has %d dynos", p.Count))
	}
}

// fits refuses what the manifest says of a process that nothing would ever heed.
func (r *resolver) fits(p *process, said dynomad.Settings) {
	refuse := func(set bool, name, hint string) {
		if set {
			r.fail(hint, "has "+name, name)
		}
	}
	if p.ends() {
		const hint = "only what runs on until it is told to end can have it"
		refuse(said.Quantity != nil && *said.Quantity != 1, "quantity", "it is one dyno, whenever it runs")
		refuse(said.Service != nil && *said.Service, "service", hint)
		refuse(said.Port != nil, "port", hint)
		refuse(len(said.Routes) > 0, "route", hint)
		refuse(said.Check != nil, "check", hint)
		refuse(said.DrainDelay != nil, "drain_delay", hint)
		refuse(said.Surge != nil, "surge", hint)
		refuse(said.Update != nil, "update", hint)
		refuse(said.Reschedule != nil, "reschedule", hint)
		refuse(said.Disconnect != nil, "disconnect", hint)
	} else {
		refuse(said.Timeout != nil, "timeout", "only what ends by itself can have it: the release phase, a cron, a run")
	}
	if p.kind != due {
		refuse(said.TimeZone != nil, "time_zone", "only a cron has it: cron \"NAME\" { … }")
		refuse(said.Overlap != nil, "overlap", "only a cron has it: cron \"NAME\" { … }")
	}
}

// need is the value of a setting that a template has to give where the manifest is silent.
func need[T any](r *resolver, name string, value *T) T {
	if value == nil {
		r.problems = append(r.problems, dynomad.Problem{
			Message: r.who + " has no " + name + ", neither in the manifest nor in its template",
			Hint:    "mend the operator's process template of this type",
		})
		return *new(T)
	}
	return *value
}

// value is what a setting says, or nothing where it is silent.
func value[T any](setting *T) T {
	if setting == nil {
		return *new(T)
	}
	return *setting
}

// fail keeps a problem of the current process; setting is which of its settings is to blame.
func (r *resolver) fail(hint, text string, setting ...string) {
	r.problems = append(r.problems, dynomad.Problem{
		Message: r.who + " " + text, Hint: hint, Setting: slices.Concat(r.setting, setting),
	})
}

func (r *resolver) warn(hint, text string, setting ...string) {
	r.fail(hint, text, setting...)
	r.problems[len(r.problems)-1].Warning = true
}
