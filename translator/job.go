package translator

import (
	"slices"

	"github.com/hashicorp/nomad/api"
)

// The names in a job's meta. Nomad restarts every dyno of a job when any meta changes, so that only what changes with a
// release may stand there.
const (
	MetaApp     = "app"     // the app's name
	MetaRelease = "release" // "v12"
)

// job is https://developer.hashicorp.com/nomad/docs/job-specification/job: all dynos of an app, or one cron or run.
func (r *resolver) job(id string, processes []*process, beside process) *api.Job {
	out := &api.Job{
		ID:          new(id),
		Name:        new(id),
		Type:        new(api.JobTypeService),
		Datacenters: r.target.Datacenters,
		Meta:        map[string]string{MetaApp: string(r.blueprint.App.Name), MetaRelease: r.blueprint.Release.Version.String()},
		TaskGroups:  make([]*api.TaskGroup, len(processes)),
	}
	if len(out.Datacenters) == 0 {
		out.Datacenters = []string{"*"}
	}
	if r.target.Namespace != "" {
		out.Namespace = new(r.target.Namespace)
	}
	for i, p := range processes {
		out.TaskGroups[i] = r.group(p, beside)
	}
	first := processes[0]
	if first.ends() {
		out.Type = new(api.JobTypeBatch)
		out.Periodic = schedule(first)
	}
	r.overlayJob(out, r.blueprint.Slug.Overlay, "nomad")
	if first.ends() {
		out.Update = nil // the overlay means the dynos; nothing ever replaces these
	}
	return out
}

// group is a process's group with its own overlay over it, which has the last word.
func (r *resolver) group(p *process, beside process) *api.TaskGroup {
	out := group(p, beside)
	if p.Overlay == nil {
		return out
	}
	setting := slices.Concat(p.setting, []string{"nomad"})
	r.overlayGroup(out, p.Overlay, Task(r.blueprint.Release.Version), Service(r.blueprint.App.Name, p.Type), setting...)
	return out
}
