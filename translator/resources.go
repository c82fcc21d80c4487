package translator

import "github.com/hashicorp/nomad/api"

// resources is https://developer.hashicorp.com/nomad/docs/job-specification/resources.
func resources(s Size) *api.Resources {
	out := &api.Resources{MemoryMB: new(s.Memory)}
	if s.Cores > 0 {
		out.Cores = new(s.Cores)
	} else {
		out.CPU = new(s.CPU)
	}
	if s.MemoryMax > 0 {
		out.MemoryMaxMB = new(s.MemoryMax)
	}
	return out
}
