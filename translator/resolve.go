package translator

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dynomad/dynomad"
)

// process is one process type with everything about it decided. Stanzas are made of these values and of nothing else.
type process struct {
	blueprint *dynomad.Blueprint
	target    *Target

	Type       dynomad.ProcessType
	Command    string
	Count      int
	Size       Size
	Env        map[string]string // the manifest's env under the config vars; empty: no variable
	Check      check             // only of a routed type
	Drain      time.Duration
	Kill       kill
	Surge      bool
	Update     update
	Restart    restart
	Reschedule reschedule
	LostAfter  time.Duration // 0: a silent machine is lost at once
}

type (
	check struct {
		Kind, Path        string
		Interval, Timeout time.Duration
	}
	kill struct {
		Signal  string
		Timeout time.Duration
	}
	update  struct{ MinHealthy, HealthyDeadline, ProgressDeadline time.Duration }
	restart struct {
		Attempts        int
		Delay, Interval time.Duration
	}
	reschedule struct{ Delay, MaxDelay time.Duration }
)

// Routed says whether requests reach the type: it then has a port, a check and a Consul service with Fabio's tags.
func (p *process) Routed() bool { return p.Type == dynomad.Web }

// resolver walks over a Blueprint and keeps every problem that it meets.
type resolver struct {
	blueprint *dynomad.Blueprint
	target    *Target
	problems  dynomad.Problems
	current   dynomad.ProcessType // whose settings are being read
	formation map[dynomad.ProcessType]dynomad.FormationEntry
}

// processes are resolved in the order of their types, so that the order in which they were stored changes nothing.
func (r *resolver) processes() []*process {
	sorted := slices.Clone(r.blueprint.Processes)
	slices.SortStableFunc(sorted, func(a, b dynomad.Process) int { return strings.Compare(string(a.Type), string(b.Type)) })
	r.formation = make(map[dynomad.ProcessType]dynomad.FormationEntry, len(r.blueprint.Formation))
	for _, e := range r.blueprint.Formation {
		r.formation[e.Type] = e
	}
	out := make([]*process, 0, len(sorted))
	for i, p := range sorted {
		r.current = p.Type
		switch {
		case i > 0 && sorted[i-1].Type == p.Type:
			r.fail("", "is there twice")
		case p.Type == "" || len(p.Type) > MaxTypeLength:
			r.fail("", fmt.Sprintf("has a name of %d letters; use 1 to %d", len(p.Type), MaxTypeLength))
		}
		out = append(out, r.process(p))
	}
	return out
}

func (r *resolver) process(p dynomad.Process) *process {
	s := Settings(p, *r.target)
	out := &process{
		blueprint: r.blueprint,
		target:    r.target,
		Type:      p.Type,
		Command:   p.Command,
		Count:     r.formation[p.Type].Quantity,
		Size:      r.size(s),
		Env:       r.env(s.Env),
		Drain:     need(r, "drain_delay", s.DrainDelay),
		Kill:      r.kill(s),
		Surge:     need(r, "surge", s.Surge),
		Restart:   r.restart(s),
	}
	if s.Command != nil {
		out.Command = *s.Command
	}
	if u := need(r, "update", s.Update); s.Update != nil {
		out.Update = update{
			need(r, "update.min_healthy_time", u.MinHealthyTime), need(r, "update.healthy_deadline", u.HealthyDeadline),
			need(r, "update.progress_deadline", u.ProgressDeadline),
		}
	}
	if a := need(r, "reschedule", s.Reschedule); s.Reschedule != nil {
		out.Reschedule = reschedule{need(r, "reschedule.delay", a.Delay), need(r, "reschedule.max_delay", a.MaxDelay)}
	}
	if s.Disconnect != nil {
		out.LostAfter = need(r, "disconnect.lost_after", s.Disconnect.LostAfter)
	}
	r.check(out, s.Check)
	r.limits(out)
	return out
}

// sidecar reads what the log sidecar may use; of a process it has only a kill, a size and a restart.
func (r *resolver) sidecar() process {
	if r.target.Agent == nil {
		return process{}
	}
	s := r.target.Sidecar
	r.current = "sidecar" // as its template calls it
	size := Size{CPU: need(r, "cpu", s.CPU), Memory: need(r, "memory", s.Memory)}
	return process{Kill: r.kill(s), Restart: r.restart(s), Size: size}
}

func (r *resolver) kill(s dynomad.Settings) kill {
	k := kill{need(r, "kill_signal", s.KillSignal), need(r, "kill_timeout", s.KillTimeout)}
	if s.KillSignal != nil && !slices.Contains(signals, k.Signal) {
		r.fail("use one of "+strings.Join(signals, ", "), fmt.Sprintf("has the kill_signal %q, which cannot be sent", k.Signal))
	}
	return k
}

func (r *resolver) restart(s dynomad.Settings) restart {
	from := need(r, "restart", s.Restart)
	if s.Restart == nil {
		return restart{}
	}
	return restart{
		Attempts: need(r, "restart.attempts", from.Attempts),
		Delay:    need(r, "restart.delay", from.Delay),
		Interval: need(r, "restart.interval", from.Interval),
	}
}

// size is the formation's where ps:scale has named one, else cpu and memory where the manifest names them, else its size.
func (r *resolver) size(s dynomad.Settings) Size {
	name := r.formation[r.current].Size
	scaled := name != ""
	if !scaled && s.Size != nil {
		name = *s.Size
	}
	size, known := r.target.Sizes[strings.ToLower(name)]
	if !scaled {
		size.CPU = override(s.CPU, size.CPU)
		size.Memory = override(s.Memory, size.Memory)
	}
	if !known && (name != "" || size.CPU == 0 || size.Memory == 0) {
		r.fail("the sizes here are "+strings.Join(slices.Sorted(maps.Keys(r.target.Sizes)), ", "),
			fmt.Sprintf("has the size %q, which this cluster does not know", name))
		return Size{CPU: minCPU, Memory: minMemory} // one problem is enough
	}
	return size
}

func override(wanted *int, otherwise int) int {
	if wanted != nil {
		return *wanted
	}
	return otherwise
}

// env joins the manifest's env and the config vars into what the dyno's variable will hold; the config vars win.
func (r *resolver) env(manifest map[string]string) map[string]string {
	for _, name := range slices.Sorted(maps.Keys(manifest)) {
		if err := dynomad.ValidConfigName(name); err != nil {
			r.fail(dynomad.HintOf(err), "has in its env a name that cannot be used: "+err.Error())
		}
	}
	config := r.blueprint.Config
	if len(manifest) == 0 {
		return config
	}
	env := maps.Clone(manifest)
	maps.Copy(env, config)
	bytes := 0
	for name, value := range env {
		bytes += len(name) + len(value)
	}
	if bytes > dynomad.MaxConfigBytes {
		r.fail("keep large values in a file or a bucket",
			fmt.Sprintf("has env and config vars of %d bytes, more than the %d that Nomad holds for a task", bytes, dynomad.MaxConfigBytes))
	}
	return env
}

// need is the value of a setting that a template has to give where the manifest is silent.
func need[T any](r *resolver, name string, value *T) T {
	if value == nil {
		r.fail("mend the operator's process template of this type", "has no "+name+", neither in the manifest nor in its template")
		return *new(T)
	}
	return *value
}

// fail keeps a problem of the current process.
func (r *resolver) fail(hint, text string) {
	r.problems = append(r.problems, dynomad.Problem{Message: fmt.Sprintf("process %q %s", string(r.current), text), Hint: hint})
}

func (r *resolver) warn(hint, text string) {
	r.fail(hint, text)
	r.problems[len(r.problems)-1].Warning = true
}
