package translator

import "github.com/hashicorp/nomad/api"

// portLabel names a web dyno's port; Nomad chooses its number, and the dyno reads it as $PORT.
const portLabel = "http"

// network is https://developer.hashicorp.com/nomad/docs/job-specification/network: one port of the machine's.
func network() *api.NetworkResource {
	return &api.NetworkResource{DynamicPorts: []api.Port{{Label: portLabel}}}
}
