package translator

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dynomad/dynomad"
)

// What Nomad 1.11 refuses, or changes without a word. It is said here first, in the user's words and before anything has
// been submitted.
const (
	minCheck       = time.Second      // a check's interval and timeout
	minRestart     = 5 * time.Second  // restart.interval
	minReschedule  = 5 * time.Second  // reschedule.delay
	maxKillTimeout = 30 * time.Second // a client's max_kill_timeout, unless its operator says otherwise
	minCPU         = 1                // MHz
	minMemory      = 10               // MiB
)

var (
	drivers = []string{"exec", "raw_exec"}
	checks  = []string{"http", "tcp"}
	signals = []string{"SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2"}
)

// checkTarget finds what is wrong with the cluster's description, before any process is to blame.
func (r *resolver) checkTarget() {
	t := r.target
	target := func(hint, format string, args ...any) {
		r.problems = append(r.problems, dynomad.Problem{Message: fmt.Sprintf(format, args...), Hint: hint})
	}
	if !slices.Contains(drivers, t.Driver) {
		target("choose one of "+strings.Join(drivers, ", "), "the driver %q cannot run dynos", t.Driver)
	}
	if t.Driver == "exec" && (t.Exec.User == "" || len(t.Exec.Volumes) == 0) {
		target("mend templates/process/exec.hcl", "the driver exec needs a user and host volumes to isolate dynos with")
	}
	if _, ok := t.Templates[fallback]; !ok {
		target("it has "+strings.Join(slices.Sorted(maps.Keys(t.Templates)), ", "), "the target has no process template %q", fallback)
	}
	if t.Init == "" {
		target("mend templates/process/dyno.sh", "the target does not say what dynos start under")
	}
}

// check takes over a routed type's check; no other type may have one, since nothing would ever look at it.
func (r *resolver) check(p *process, c *dynomad.Check) {
	if !p.Routed() {
		if c != nil {
			r.fail("only web dynos are routed and checked; a dyno of any other type is up while it runs", "has a check")
		}
		return
	}
	if need(r, "check", c); c == nil {
		return
	}
	p.Check = check{
		Kind: need(r, "check.kind", c.Kind), Interval: need(r, "check.interval", c.Interval), Timeout: need(r, "check.timeout", c.Timeout),
	}
	if c.Path != nil {
		p.Check.Path = *c.Path
	}
	switch {
	case !slices.Contains(checks, p.Check.Kind):
		r.fail("use "+strings.Join(checks, " or "), fmt.Sprintf("has a check of the kind %q, which there is not", p.Check.Kind))
	case p.Check.Kind == "http" && !strings.HasPrefix(p.Check.Path, "/"):
		r.fail(`say path = "/" or another path that answers 200`, "has an http check without a path")
	case p.Check.Kind == "tcp" && p.Check.Path != "":
		r.fail(`say kind = "http" as well`, "has a check with a path that is not an http check")
	}
	r.atLeast("check.interval", p.Check.Interval, minCheck)
	r.atLeast("check.timeout", p.Check.Timeout, minCheck)
}

// limits finds values that Nomad would refuse or cap.
func (r *resolver) limits(p *process) {
	r.atLeast("drain_delay", p.Drain, 0)
	r.atLeast("kill_timeout", p.Kill.Timeout, 0)
	if p.Kill.Timeout > maxKillTimeout {
		r.warn("Nomad clients shorten it to their max_kill_timeout, 30s unless the operator has raised it",
			fmt.Sprintf("has a kill_timeout of %v", p.Kill.Timeout))
	}
	r.atLeast("restart.attempts", time.Duration(p.Restart.Attempts), 0)
	r.atLeast("restart.delay", p.Restart.Delay, 0)
	r.atLeast("restart.interval", p.Restart.Interval, minRestart)
	r.atLeast("reschedule.delay", p.Reschedule.Delay, minReschedule)
	r.atLeast("reschedule.max_delay", p.Reschedule.MaxDelay, p.Reschedule.Delay)
	r.atLeast("disconnect.lost_after", p.LostAfter, 0)
	if u := p.Update; u.MinHealthy < 0 || u.MinHealthy >= u.HealthyDeadline || u.HealthyDeadline >= u.ProgressDeadline {
		r.fail("make min_healthy_time shorter than healthy_deadline and that shorter than progress_deadline",
			fmt.Sprintf("has update times of %v, %v and %v, which cannot all be kept", u.MinHealthy, u.HealthyDeadline, u.ProgressDeadline))
	}
	if p.Size.CPU < minCPU || p.Size.Memory < minMemory {
		r.fail(fmt.Sprintf("give it at least cpu = %d and memory = %d", minCPU, minMemory),
			fmt.Sprintf("has cpu = %d and memory = %d, too little to run", p.Size.CPU, p.Size.Memory))
	}
	if p.Count < 0 || p.Count > dynomad.MaxQuantity {
		r.fail(fmt.Sprintf("use 0 to %d", dynomad.MaxQuantity), fmt.Sprintf("has %d dynos", p.Count))
	}
}

func (r *resolver) atLeast(name string, value, least time.Duration) {
	if value < least {
		r.fail(fmt.Sprintf("use %v or more", least), fmt.Sprintf("has the %s %v", name, value))
	}
}
