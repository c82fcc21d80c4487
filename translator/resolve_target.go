package translator

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dynomad/dynomad"
)

// Nomad's drivers that dynos run under.
const (
	docker  = "docker"
	isolate = "exec"
	rawExec = "raw_exec"
)

var drivers = []string{docker, isolate, rawExec}

// checkTarget finds what is wrong with the cluster's description, before any process is to blame.
func (r *resolver) checkTarget() {
	t := r.target
	target := func(hint, format string, args ...any) {
		r.problems = append(r.problems, dynomad.Problem{Message: fmt.Sprintf(format, args...), Hint: hint})
	}
	if !slices.Contains(drivers, t.Driver) {
		target("choose one of "+strings.Join(drivers, ", "), "the driver %q cannot run dynos", t.Driver)
	}
	if t.Driver == isolate && (t.Exec.User == "" || len(t.Exec.Volumes) == 0) {
		target("mend templates/process/exec.hcl", "the driver exec needs a user and host volumes to isolate dynos with")
	}
	if t.Driver == docker && t.Docker.User == "" {
		target("mend templates/process/docker.hcl", "the driver docker needs a user to isolate dynos with")
	}
	if _, ok := t.Templates[fallback]; !ok {
		target("it has "+strings.Join(slices.Sorted(maps.Keys(t.Templates)), ", "), "the target has no process template %q", fallback)
	}
	if t.Init == "" {
		target("mend templates/process/dyno.sh", "the target does not say what dynos start under")
	}
}

// checkSidecar reads what the log sidecar may use; of a process it has only a kill, a size and a restart.
func (r *resolver) checkSidecar() process {
	if r.target.Agent == nil {
		return process{}
	}
	s := r.target.Sidecar
	r.of("process", "sidecar") // as its template calls it
	size := Size{CPU: need(r, "cpu", s.CPU), Memory: need(r, "memory", s.Memory)}
	return process{Kill: r.kill(s), Restart: r.restart(s), Size: size}
}

// sidecarPlace is where the log sidecar of a process stands.
func (r *resolver) sidecarPlace(s dynomad.Settings) string {
	places := []string{dynomad.SidecarPoststart, dynomad.SidecarPrestart, dynomad.SidecarNone}
	if s.Sidecar == nil {
		return dynomad.SidecarPoststart
	}
	if !slices.Contains(places, *s.Sidecar) {
		r.fail("say one of "+strings.Join(places, ", "), fmt.Sprintf("has the sidecar %q, which there is not", *s.Sidecar), "sidecar")
	}
	return *s.Sidecar
}
