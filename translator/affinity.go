package translator

import "github.com/hashicorp/nomad/api"

// affinities is https://developer.hashicorp.com/nomad/docs/job-specification/affinity: what a machine had better have.
func affinities(p *process) []*api.Affinity {
	var out []*api.Affinity
	for _, a := range p.Affinities {
		affinity := &api.Affinity{LTarget: value(a.Attribute), Operand: operator(a.Operator), RTarget: value(a.Value)}
		if a.Weight != nil {
			affinity.Weight = new(int8(*a.Weight))
		}
		out = append(out, affinity)
	}
	return out
}
