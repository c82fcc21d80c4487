package translator

import (
	"maps"
	"strings"

	"github.com/hashicorp/nomad/api"
)

// task is https://developer.hashicorp.com/nomad/docs/job-specification/task: the dyno itself.
//
// Its command is a template file and not among the driver's arguments, which Nomad reads once more (see driver.go). A file
// is handed on byte for byte, and so the shell in the dyno reads what the Procfile says.
func task(p *process) *api.Task {
	out := &api.Task{
		Name:        Task(p.blueprint.Release.Version),
		Driver:      p.target.Driver,
		Config:      config(p),
		Env:         environment(p),
		KillSignal:  p.Kill.Signal,
		KillTimeout: new(p.Kill.Timeout),
		Resources:   resources(p.Size),
		Artifacts:   slug(p),
	}
	if p.Exec == nil {
		out.Templates = append(out.Templates, textFile(localDir+initFile, p.target.Init), textFile(localDir+commandFile, p.Command))
	}
	if p.Check.Command != "" {
		out.Templates = append(out.Templates, textFile(localDir+checkFile, p.Check.Command))
	}
	if len(p.blueprint.Config) > 0 {
		out.Templates = append(out.Templates, configFile(p))
	}
	confine(p, out)
	out.VolumeMounts = append(out.VolumeMounts, mounts(p)...)
	return out
}

// environment is what the manifest and the platform say to a dyno. Its name it knows from dyno.sh, which counts from 1, unless there is only
// one of it; its home too, unless it runs without dyno.sh: then it is told here, though the driver exec puts its user's in the
// place.
func environment(p *process) map[string]string {
	out := maps.Clone(p.Env)
	if p.Service {
		out["PORT"] = "${NOMAD_PORT_" + portLabel + "}"
	}
	if p.Dyno != "" {
		out["DYNO"] = p.Dyno
	}
	if p.Exec != nil && inSlug(p) {
		out["HOME"] = taskDir + home
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// CommandOf is the command that a dyno's main task runs: for the shell, or the words of one without a shell. "" where the
// task is none of ours, or runs what its image runs by itself.
func CommandOf(t *api.Task) string {
	for _, file := range t.Templates {
		if file.DestPath != nil && *file.DestPath == localDir+commandFile && file.EmbeddedTmpl != nil {
			return unescapeText(*file.EmbeddedTmpl)
		}
	}
	program, _ := t.Config["command"].(string)
	words := []string{program}
	switch args := t.Config["args"].(type) {
	case []string:
		words = append(words, args...)
	case []any: // as Nomad answers
		for _, arg := range args {
			word, _ := arg.(string)
			words = append(words, word)
		}
	}
	return unescaped.Replace(strings.Join(words, " "))
}

var unescaped = strings.NewReplacer("$${", "${", "%%{", "%{")
