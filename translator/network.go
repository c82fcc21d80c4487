package translator

import "github.com/hashicorp/nomad/api"

// portLabel names a service's port; Nomad chooses its number, and the dyno reads it as $PORT.
const portLabel = "http"

// network is https://developer.hashicorp.com/nomad/docs/job-specification/network: one port of the machine's. Where a
// container listens on a port of its own choice, the machine's leads there.
func network(p *process) *api.NetworkResource {
	return &api.NetworkResource{DynamicPorts: []api.Port{{Label: portLabel, To: p.Port}}}
}
