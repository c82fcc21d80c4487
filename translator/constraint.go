package translator

import "github.com/hashicorp/nomad/api"

// constraints is https://developer.hashicorp.com/nomad/docs/job-specification/constraint: what a machine must have.
func constraints(p *process) []*api.Constraint {
	var out []*api.Constraint
	for _, c := range p.Constraints {
		out = append(out, api.NewConstraint(value(c.Attribute), operator(c.Operator), value(c.Value)))
	}
	return out
}

// operator is how Nomad compares where nothing is said.
func operator(said *string) string {
	if said == nil || *said == "" {
		return "="
	}
	return *said
}
