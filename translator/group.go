package translator

import (
	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
)

// group is https://developer.hashicorp.com/nomad/docs/job-specification/group: one process type, with the log
// sidecar beside each of its dynos. What runs to its end is replaced by nothing, and so has fewer blocks.
func group(p *process, beside process) *api.TaskGroup {
	out := &api.TaskGroup{
		Name:        new(p.Group),
		Count:       new(p.Count),
		Constraints: constraints(p),
		Affinities:  affinities(p),
		Spreads:     spreads(p),
		Volumes:     volumes(p),
		Tasks:       []*api.Task{task(p)},
	}
	if p.ends() {
		out.RestartPolicy, out.ReschedulePolicy = restartPolicy(p.Restart, "fail"), stay()
	} else {
		out.RestartPolicy, out.ReschedulePolicy = restartPolicy(p.Restart, "delay"), reschedulePolicy(p)
		out.Update, out.Disconnect = updateStrategy(p), disconnect(p)
	}
	if p.Drain > 0 {
		// Between losing the route and the signal. No request is lost only as long as this is longer than Consul and the
		// router take to hear of it.
		out.ShutdownDelay = new(p.Drain)
	}
	if p.Service {
		out.Networks = []*api.NetworkResource{network(p)}
		out.Services = []*api.Service{service(p)}
	}
	if p.target.Agent != nil && p.Sidecar != dynomad.SidecarNone {
		out.Tasks = append(out.Tasks, sidecar(p, beside))
	}
	return out
}
