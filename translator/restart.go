package translator

import "github.com/hashicorp/nomad/api"

// restartPolicy is https://developer.hashicorp.com/nomad/docs/job-specification/restart: what happens to a dyno that exits.
// The mode "delay" never gives up: once the attempts of an interval are spent it waits for the next. The mode "fail" hands
// the dyno to the scheduler, which stops trying for good after a failed deployment; what runs to its end has failed then.
func restartPolicy(r restart, mode string) *api.RestartPolicy {
	return &api.RestartPolicy{
		Attempts: new(r.Attempts),
		Delay:    new(r.Delay),
		Interval: new(r.Interval),
		Mode:     new(mode),
	}
}

// reschedulePolicy is https://developer.hashicorp.com/nomad/docs/job-specification/reschedule: how a dyno that cannot run
// where it is moves to another machine, for as long as it takes.
func reschedulePolicy(p *process) *api.ReschedulePolicy {
	return &api.ReschedulePolicy{
		Delay:         new(p.Reschedule.Delay),
		DelayFunction: new("exponential"),
		MaxDelay:      new(p.Reschedule.MaxDelay),
		Unlimited:     new(true),
	}
}

// stay is the reschedulePolicy of what runs to its end: whoever started it hears that it failed, and decides.
func stay() *api.ReschedulePolicy {
	return &api.ReschedulePolicy{Attempts: new(0), Unlimited: new(false)}
}

// disconnect is https://developer.hashicorp.com/nomad/docs/job-specification/disconnect: the dynos of a silent machine are
// replaced at once. Should it come back in time, having only lost its network, its dynos have served on and are kept.
func disconnect(p *process) *api.DisconnectStrategy {
	if p.LostAfter == 0 {
		return nil
	}
	return &api.DisconnectStrategy{
		LostAfter: new(p.LostAfter),
		Replace:   new(true),
		Reconcile: new(api.ReconcileOption("keep_original")),
	}
}
