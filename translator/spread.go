package translator

import "github.com/hashicorp/nomad/api"

// spreads is https://developer.hashicorp.com/nomad/docs/job-specification/spread: over what the dynos of a type are shared
// out. The templates spread them over the machines: otherwise Nomad fills one first, and its loss takes the app down.
func spreads(p *process) []*api.Spread {
	var out []*api.Spread
	for _, s := range p.Spreads {
		spread := &api.Spread{Attribute: value(s.Attribute)}
		if s.Weight != nil {
			spread.Weight = new(int8(*s.Weight))
		}
		for _, t := range s.Targets {
			spread.SpreadTarget = append(spread.SpreadTarget, &api.SpreadTarget{Value: t.Value, Percent: uint8(value(t.Percent))})
		}
		out = append(out, spread)
	}
	return out
}
