package translator

import (
	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
)

// The names in a job's meta. Nomad restarts every dyno of a job when any meta changes, so that only what changes with a
// release may stand there.
const (
	MetaApp     = "app"     // the app's name
	MetaRelease = "release" // "v12"
)

// job is https://developer.hashicorp.com/nomad/docs/job-specification/job.
func job(bp *dynomad.Blueprint, t *Target, processes []*process, beside process) *api.Job {
	id := JobID(bp.App.Name)
	out := &api.Job{
		ID:          new(id),
		Name:        new(id),
		Type:        new(api.JobTypeService),
		Datacenters: t.Datacenters,
		Spreads:     spread(),
		Meta:        map[string]string{MetaApp: string(bp.App.Name), MetaRelease: bp.Release.Version.String()},
		TaskGroups:  make([]*api.TaskGroup, len(processes)),
	}
	if len(out.Datacenters) == 0 {
		out.Datacenters = []string{"*"}
	}
	if t.Namespace != "" {
		out.Namespace = new(t.Namespace)
	}
	for i, p := range processes {
		out.TaskGroups[i] = group(p, beside)
	}
	return out
}

// spread puts the dynos of a type on as many machines as there are. Without it Nomad fills one machine first, and its loss
// takes the app down.
func spread() []*api.Spread {
	return []*api.Spread{api.NewSpread("${node.unique.id}", 100, nil)}
}
