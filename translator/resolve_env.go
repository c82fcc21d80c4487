package translator

import (
	"maps"
	"slices"

	"github.com/dynomad/dynomad"
)

// env is what the manifest and the templates say of the environment and no config var says otherwise. It is no secret, for
// it stands in the source: so it stands in the job as well, where people see it, and an app without config vars
// needs no variable.
func (r *resolver) env(said map[string]string) map[string]string {
	out := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(said)) {
		if err := dynomad.ValidConfigName(name); err != nil {
			r.fail(dynomad.HintOf(err), "has in its env a name that cannot be used: "+err.Error(), "env", name)
		}
		if _, overruled := r.blueprint.Config[name]; !overruled {
			out[name] = said[name]
		}
	}
	return out
}
