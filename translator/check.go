package translator

import "github.com/hashicorp/nomad/api"

// inHome is how a script starts as a dyno's command does: in the slug's folder, which is its home.
const inHome = `export HOME="$NOMAD_TASK_DIR/` + home + `"; cd "$HOME" && exec ` + shell + ` "$NOMAD_TASK_DIR/` + checkFile + `"`

// serviceCheck is https://developer.hashicorp.com/nomad/docs/job-specification/check: how Consul knows that a dyno serves.
// The command of a script travels as a file, byte for byte as a dyno's own does, and runs in the dyno.
func serviceCheck(p *process) api.ServiceCheck {
	c := p.Check
	out := api.ServiceCheck{Type: c.Kind, Path: c.Path, GRPCService: c.GRPCService, PortLabel: portLabel, Interval: c.Interval, Timeout: c.Timeout}
	if c.Kind == "script" {
		out.PortLabel = ""
		out.TaskName = Task(p.blueprint.Release.Version)
		out.Command, out.Args = shell, []string{"-c", inHome}
		if p.Image != "" {
			out.Args = []string{taskDir + checkFile}
		}
	}
	if c.Failures > 0 {
		out.CheckRestart = &api.CheckRestart{Limit: c.Failures, Grace: new(c.Grace)}
	}
	return out
}
