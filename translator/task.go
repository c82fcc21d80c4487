package translator

import (
	"strings"

	"github.com/hashicorp/nomad/api"
)

// task is https://developer.hashicorp.com/nomad/docs/job-specification/task: the dyno itself.
//
// Its command is not in the driver's arguments. There the client would read it once more as an HCL template: ${HOME} would
// be replaced, %{ would kill the task and decomposed Unicode would be composed. A template file is handed on byte for byte,
// and so the shell in the dyno reads what the Procfile says.
func task(p *process) *api.Task {
	out := &api.Task{
		Name:        Task(p.blueprint.Release.Version),
		Driver:      p.target.Driver,
		Config:      program(p.target, "/bin/sh", initFile, strings.TrimPrefix(p.Kill.Signal, "SIG")),
		KillSignal:  p.Kill.Signal,
		KillTimeout: new(p.Kill.Timeout),
		Resources:   resources(p.Size),
		Artifacts:   slug(p),
		Templates:   []*api.Template{textFile(initFile, p.target.Init), textFile(commandFile, p.Command)},
	}
	if p.Routed() {
		out.Env = map[string]string{"PORT": "${NOMAD_PORT_" + portLabel + "}"}
	}
	if len(p.Env) > 0 {
		out.Templates = append(out.Templates, configFile(p))
	}
	isolate(p.target, out)
	return out
}

// CommandOf is the command that a dyno's main task runs, or "" where the task is none of ours.
func CommandOf(t *api.Task) string {
	for _, file := range t.Templates {
		if file.DestPath != nil && *file.DestPath == commandFile && file.EmbeddedTmpl != nil {
			return unescapeText(*file.EmbeddedTmpl)
		}
	}
	return ""
}

// program is the driver's configuration for running a program.
func program(t *Target, command string, args ...string) map[string]any {
	config := map[string]any{"command": command}
	if len(args) > 0 {
		config["args"] = args
	}
	if t.Driver == "exec" {
		config["cap_drop"] = []string{"all"}
	}
	return config
}

// isolate gives the exec driver what it needs to keep a dyno apart: a user without rights and the system's folders, read
// only. raw_exec cannot isolate.
func isolate(t *Target, task *api.Task) {
	if t.Driver != "exec" {
		return
	}
	task.User = t.Exec.User
	for _, name := range t.Exec.Volumes {
		task.VolumeMounts = append(task.VolumeMounts, &api.VolumeMount{
			Volume:      new(name),
			Destination: new("/" + name),
			ReadOnly:    new(true),
		})
	}
}
