package translator

import (
	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
)

// updateStrategy is https://developer.hashicorp.com/nomad/docs/job-specification/update: how a release replaces the dynos
// of the one before.
//
// With surge a full second set starts beside the first, and takes over once all of it is healthy; Nomad refuses that for
// 0 dynos. Only a pending release may be reverted by Nomad: afterwards a scale or a domain registers the same job again,
// and its failure must not throw away the release. Digest therefore leaves this block out.
func updateStrategy(p *process) *api.UpdateStrategy {
	out := &api.UpdateStrategy{
		MaxParallel:      new(1),
		HealthCheck:      new("task_states"),
		MinHealthyTime:   new(p.Update.MinHealthy),
		HealthyDeadline:  new(p.Update.HealthyDeadline),
		ProgressDeadline: new(p.Update.ProgressDeadline),
		Canary:           new(0),
		AutoPromote:      new(false),
		AutoRevert:       new(p.blueprint.Release.Status == dynomad.ReleasePending),
	}
	if p.Service {
		out.HealthCheck = new("checks")
	}
	if p.Surge && p.Count > 0 {
		out.Canary = new(p.Count)
		out.AutoPromote = new(true)
	}
	return out
}
