package translator

import "github.com/hashicorp/nomad/api"

// group is https://developer.hashicorp.com/nomad/docs/job-specification/group: one process type, with the log
// sidecar beside each of its dynos.
func group(p *process, beside process) *api.TaskGroup {
	out := &api.TaskGroup{
		Name:             new(Group(p.Type)),
		Count:            new(p.Count),
		Update:           updateStrategy(p),
		RestartPolicy:    restartPolicy(p.Restart),
		ReschedulePolicy: reschedulePolicy(p),
		Disconnect:       disconnect(p),
		Volumes:          volumes(p.target),
		Tasks:            []*api.Task{task(p)},
	}
	if p.Drain > 0 {
		// Between losing the route and the signal. No request is lost only as long as this is longer than Consul and the
		// router take to hear of it.
		out.ShutdownDelay = new(p.Drain)
	}
	if p.Routed() {
		out.Networks = []*api.NetworkResource{network()}
		out.Services = []*api.Service{service(p)}
	}
	if p.target.Agent != nil {
		out.Tasks = append(out.Tasks, sidecar(p.target, beside))
	}
	return out
}
