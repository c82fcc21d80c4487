package translator

import "github.com/hashicorp/nomad/api"

// resources is https://developer.hashicorp.com/nomad/docs/job-specification/resources.
func resources(s Size) *api.Resources {
	return &api.Resources{CPU: new(s.CPU), MemoryMB: new(s.Memory)}
}
