package translator

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dynomad/dynomad"
)

type (
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
	periodic   struct {
		Specs   []string
		Zone    string // "": UTC
		Overlap bool
	}
)

// What Nomad 1.11 refuses, or changes without a word. It is said here first, in the user's words and before anything has
// been submitted.
const (
	minRestart     = 5 * time.Second  // restart.interval
	minReschedule  = 5 * time.Second  // reschedule.delay
	minTimeout     = time.Second      // what sleep counts in
	maxKillTimeout = 30 * time.Second // a client's max_kill_timeout, unless its operator says otherwise
)

var signals = []string{"SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2"}

// life decides when a process starts, starts anew, and is given up.
func (r *resolver) life(p *process, s dynomad.Settings) {
	if p.Kill.Timeout > maxKillTimeout {
		r.warn("Nomad clients shorten it to their max_kill_timeout, 30s unless the operator has raised it",
			fmt.Sprintf("has a kill_timeout of %v", p.Kill.Timeout), "kill_timeout")
	}
	p.Restart = r.restart(s)
	if p.kind == due {
		p.Periodic = r.schedule(s)
	}
	if p.ends() {
		return // it is never replaced and never moved
	}
	if u := need(r, "update", s.Update); s.Update != nil {
		p.Update = r.update(u)
	}
	if a := need(r, "reschedule", s.Reschedule); s.Reschedule != nil {
		p.Reschedule = reschedule{need(r, "reschedule.delay", a.Delay), need(r, "reschedule.max_delay", a.MaxDelay)}
		r.atLeast("reschedule.delay", p.Reschedule.Delay, minReschedule)
		r.atLeast("reschedule.max_delay", p.Reschedule.MaxDelay, p.Reschedule.Delay)
	}
	if s.Disconnect != nil {
		p.LostAfter = need(r, "disconnect.lost_after", s.Disconnect.LostAfter)
		r.atLeast("disconnect.lost_after", p.LostAfter, 0)
	}
}

func (r *resolver) kill(s dynomad.Settings) kill {
	k := kill{need(r, "kill_signal", s.KillSignal), need(r, "kill_timeout", s.KillTimeout)}
	if s.KillSignal != nil && !slices.Contains(signals, k.Signal) {
		r.fail("use one of "+strings.Join(signals, ", "), fmt.Sprintf("has the kill_signal %q, which cannot be sent", k.Signal), "kill_signal")
	}
	r.atLeast("kill_timeout", k.Timeout, 0)
	return k
}

func (r *resolver) restart(s dynomad.Settings) restart {
	from := need(r, "restart", s.Restart)
	if s.Restart == nil {
		return restart{}
	}
	out := restart{
		Attempts: need(r, "restart.attempts", from.Attempts),
		Delay:    need(r, "restart.delay", from.Delay),
		Interval: need(r, "restart.interval", from.Interval),
	}
	if out.Attempts < 0 {
		r.fail("use 0 or more", fmt.Sprintf("has the restart.attempts %d", out.Attempts), "restart", "attempts")
	}
	r.atLeast("restart.delay", out.Delay, 0)
	r.atLeast("restart.interval", out.Interval, minRestart)
	return out
}

func (r *resolver) update(u dynomad.Update) update {
	out := update{
		need(r, "update.min_healthy_time", u.MinHealthyTime), need(r, "update.healthy_deadline", u.HealthyDeadline),
		need(r, "update.progress_deadline", u.ProgressDeadline),
	}
	if out.MinHealthy < 0 || out.MinHealthy >= out.HealthyDeadline || out.HealthyDeadline >= out.ProgressDeadline {
		r.fail("make min_healthy_time shorter than healthy_deadline and that shorter than progress_deadline",
			fmt.Sprintf("has update times of %v, %v and %v, which cannot all be kept", out.MinHealthy, out.HealthyDeadline, out.ProgressDeadline), "update")
	}
	return out
}

// surge is whether a second set of dynos starts beside the first. Where it cannot work, because both would need the same
// volume, port or machine, the manifest has to ask for it.
func (r *resolver) surge(p *process, said, s dynomad.Settings) bool {
	if p.ends() {
		return false
	}
	wanted := need(r, "surge", s.Surge)
	for _, v := range p.Volumes {
		if value(v.PerAlloc) && said.Surge != nil && wanted {
			r.fail("leave surge out: the old dyno gives its volume to the new one", fmt.Sprintf("has surge and a volume %q for each dyno", v.Name), "surge")
		}
	}
	if said.Surge == nil && r.exclusive(p) {
		return false
	}
	return wanted
}

// exclusive says whether a dyno needs something to itself that its successor needs too.
func (r *resolver) exclusive(p *process) bool {
	return slices.ContainsFunc(p.Volumes, func(v dynomad.Volume) bool { return value(v.PerAlloc) }) ||
		slices.ContainsFunc(p.Constraints, func(c dynomad.Constraint) bool {
			return value(c.Operator) == "distinct_hosts" || value(c.Operator) == "distinct_property"
		}) || staticPort(p.Overlay)
}

func (r *resolver) atLeast(name string, value, least time.Duration) {
	if value < least {
		r.fail(fmt.Sprintf("use %v or more", least), fmt.Sprintf("has the %s %v", name, value), strings.Split(name, ".")...)
	}
}

// staticPort says whether an overlay wants a port of the machine's by its number.
func staticPort(overlay json.RawMessage) bool {
	type patch struct {
		Networks []*struct{ ReservedPorts []any }
	}
	var all []*patch
	if json.Unmarshal(overlay, &all) != nil {
		var one patch
		_ = json.Unmarshal(overlay, &one) // what is no overlay is told elsewhere
		all = []*patch{&one}
	}
	for _, p := range all {
		if p == nil {
			continue
		}
		for _, network := range p.Networks {
			if network != nil && len(network.ReservedPorts) > 0 {
				return true
			}
		}
	}
	return false
}
