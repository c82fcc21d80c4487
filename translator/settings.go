package translator

import (
	"slices"

	"github.com/dynomad/dynomad"
)

// The templates that are no process type's own name.
const (
	fallback     = "worker" // of every process type that has none of its own name
	cronTemplate = "cron"   // of every cron
)

// inner are the templates of what is no process type. A type that happens to have such a name is an ordinary one.
var inner = []string{"run", cronTemplate, "build"}

// Settings is what holds for a process on this cluster: what its manifest says, over what the template of its type says.
// Platform reads Quantity and Size in it when a type is deployed for the first time.
func Settings(p dynomad.Process, t Target) dynomad.Settings {
	return p.Settings.Over(t.template(p))
}

// TemplateOf is the name of the process template that a process starts from.
func TemplateOf(p dynomad.Process, t Target) string {
	if p.Scheduled() {
		return cronTemplate
	}
	if _, ok := t.Templates[string(p.Type)]; ok && !slices.Contains(inner, string(p.Type)) {
		return string(p.Type)
	}
	return fallback
}

func (t Target) template(p dynomad.Process) dynomad.Settings { return t.Templates[TemplateOf(p, t)] }
