package translator

import "github.com/dynomad/dynomad"

// fallback is the template of every process type that has none of its own name.
const fallback = "worker"

// Settings is what holds for a process on this cluster: what its manifest says, over what the template of its type says.
// Platform reads Quantity and Size in it when a type is deployed for the first time.
func Settings(p dynomad.Process, t Target) dynomad.Settings {
	return p.Settings.Over(t.template(p.Type))
}

func (t Target) template(pt dynomad.ProcessType) dynomad.Settings {
	if s, ok := t.Templates[string(pt)]; ok {
		return s
	}
	return t.Templates[fallback]
}
