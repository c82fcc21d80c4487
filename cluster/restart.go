package cluster

import (
	"context"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

// How a restart goes round: a quarter of a type's dynos at a time, then a wait until their processes run again, at most
// restartTimeout, and restartPause more for the checks to see it. A type with one dyno has to be away for that long.
const (
	restartRounds  = 4
	restartTimeout = 30 * time.Second
	restartPause   = 2 * time.Second
	restartPoll    = 200 * time.Millisecond
)

// Restart restarts the main tasks of these dynos in place, a few at a time, and returns when the last have been told to. A
// dyno whose process does not run, because it crashed and waits for its next start, is replaced instead, which starts it
// at once.
func (c *Cluster) Restart(ctx context.Context, dynos []dynomad.Dyno) error {
	for i, batch := range batches(dynos) {
		if i > 0 {
			if err := sleep(ctx, restartPause); err != nil {
				return err
			}
		}
		before, err := c.started(ctx, batch)
		if err != nil {
			return err
		}
		for _, d := range batch {
			if err := c.restart(ctx, d); err != nil {
				return err
			}
		}
		if len(batch) < len(dynos) {
			if err := c.waitForStart(ctx, batch, before); err != nil {
				return err
			}
		}
	}
	return nil
}

// batches deals the dynos of each type out to at most restartRounds rounds, so that of two or more some always run.
func batches(dynos []dynomad.Dyno) [][]dynomad.Dyno {
	total, seen := map[dynomad.ProcessType]int{}, map[dynomad.ProcessType]int{}
	for _, d := range dynos {
		total[d.Type]++
	}
	var rounds [][]dynomad.Dyno
	for _, d := range dynos {
		share := (total[d.Type] + restartRounds - 1) / restartRounds
		round := seen[d.Type] / share
		seen[d.Type]++
		for len(rounds) <= round {
			rounds = append(rounds, nil)
		}
		rounds[round] = append(rounds[round], d)
	}
	return rounds
}

func (c *Cluster) restart(ctx context.Context, d dynomad.Dyno) error {
	opts, cancel := c.read(ctx)
	defer cancel()
	alloc := &api.Allocation{ID: string(d.ID)}
	var err error
	if d.State == dynomad.DynoUp || d.State == dynomad.DynoStarting {
		err = c.nomad.Allocations().Restart(alloc, translator.Task(d.Release), opts)
	} else {
		_, err = c.nomad.Allocations().Stop(alloc, opts)
	}
	if err != nil {
		return request{doing: "restart " + d.Name(), needs: "alloc-lifecycle"}.failed(ctx, err)
	}
	return nil
}

// waitForStart waits until the processes of a batch run that did not run before. What does not come back in time is left to
// Nomad: the others get their restart all the same.
func (c *Cluster) waitForStart(ctx context.Context, batch []dynomad.Dyno, before map[dynomad.DynoID]time.Time) error {
	deadline := time.Now().Add(restartTimeout)
	for time.Now().Before(deadline) {
		now, err := c.started(ctx, batch)
		if err != nil {
			return err
		}
		back := true
		for id, start := range now {
			back = back && start.After(before[id])
		}
		if back {
			return nil
		}
		if err := sleep(ctx, restartPoll); err != nil {
			return err
		}
	}
	return nil
}

// started tells when the processes of those dynos that have not ended were started last.
func (c *Cluster) started(ctx context.Context, dynos []dynomad.Dyno) (map[dynomad.DynoID]time.Time, error) {
	asked, apps := map[dynomad.DynoID]bool{}, map[dynomad.AppName]bool{}
	for _, d := range dynos {
		asked[d.ID], apps[d.App] = true, true
	}
	starts := map[dynomad.DynoID]time.Time{}
	for app := range apps {
		stubs, err := c.allocations(ctx, translator.JobID(app))
		if err != nil {
			return nil, err
		}
		for _, stub := range stubs {
			id := dynomad.DynoID(stub.ID)
			if _, task := mainTask(stub); task != nil && asked[id] && runs(stub) {
				starts[id] = task.StartedAt
			}
		}
	}
	return starts, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
