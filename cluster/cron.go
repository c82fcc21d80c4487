package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/nomad/api"
	"golang.org/x/sync/errgroup"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

// This file is about the jobs beside an app's own: its crons, and what Nomad makes of one each time it runs, a job whose
// parent the cron job is. Nomad ends none of those when their parent goes.

// cronGrace is how long an Apply waits for the runs of a cron job that it ends. Those that take longer leave a stopped job,
// which the next Apply or Stop removes.
const cronGrace = 3 * time.Second

// dead is what Nomad calls a job of which nothing runs, or which was told to end.
const dead = "dead"

// callsAtOnce bounds the calls where one is needed for each of many jobs.
const callsAtOnce = 8

func isCron(stub *api.JobListStub, app dynomad.AppName) bool {
	return stub.Meta[translator.MetaApp] == string(app) && app != "" && strings.HasPrefix(stub.ID, translator.CronPrefix(app))
}

// crons tells the index of each cron job beside an app's job.
func (c *Cluster) crons(ctx context.Context, jobID string) (map[string]uint64, error) {
	app, ok := translator.AppOf(jobID)
	if !ok {
		return nil, nil
	}
	stubs, err := c.list(ctx, translator.CronPrefix(app), roots)
	var found map[string]uint64
	for _, stub := range stubs {
		if isCron(stub, app) {
			if found == nil {
				found = map[string]uint64{}
			}
			found[stub.ID] = stub.JobModifyIndex
		}
	}
	return found, err
}

// applyCrons registers the cron jobs beside an app's job and ends all others that there are. It tells those that there are then.
func (c *Cluster) applyCrons(ctx context.Context, jobID string, wanted []*api.Job) (map[string]uint64, error) {
	had, err := c.crons(ctx, jobID)
	if err != nil || len(had) == 0 && len(wanted) == 0 {
		return had, err
	}
	superfluous := make(map[string]bool, len(had))
	for id := range had {
		superfluous[id] = true
	}
	for _, job := range wanted {
		if _, err := c.register(ctx, job, had[*job.ID]); err != nil {
			return nil, err
		}
		delete(superfluous, *job.ID)
	}
	for id := range superfluous {
		if err := c.endCron(ctx, jobID, id); err != nil {
			return nil, err
		}
	}
	return c.crons(ctx, jobID)
}

// endCron ends a cron job, its runs included, and removes it with its variables.
func (c *Cluster) endCron(ctx context.Context, jobID, id string) error {
	app, _ := translator.AppOf(jobID)
	var stopped bool
	for deadline := time.Now().Add(cronGrace); ; {
		family, err := c.family(ctx, app, id)
		if err != nil {
			return err
		}
		now, err := c.endAll(ctx, family)
		if err != nil {
			return err
		}
		stopped = stopped || now
		left, err := c.running(ctx, family)
		switch {
		case err != nil:
			return err
		case left == 0 && !now: // otherwise it may just have started one more
			return c.remove(ctx, family)
		case !stopped || time.Now().After(deadline):
			return nil // told to end before; whoever comes next looks again
		}
		if err := sleep(ctx, endPoll); err != nil {
			return err
		}
	}
}

// family is a job of an app's and those that Nomad made of it, the parents before the children; with an id that ends like
// translator.BesidePrefix, all jobs beside the app's.
func (c *Cluster) family(ctx context.Context, app dynomad.AppName, id string) ([]*api.JobListStub, error) {
	stubs, err := c.list(ctx, id, "")
	family := slices.DeleteFunc(stubs, func(stub *api.JobListStub) bool {
		related := stub.ID == id || strings.HasPrefix(stub.ID, id+"/") || id == translator.BesidePrefix(app)
		return !related || stub.Meta[translator.MetaApp] != string(app)
	})
	slices.SortStableFunc(family, func(a, b *api.JobListStub) int { return strings.Compare(a.ParentID, b.ParentID) })
	return family, err
}

// endAll tells every job that it has to end, unless it has ended by itself or was told before.
func (c *Cluster) endAll(ctx context.Context, family []*api.JobListStub) (told bool, err error) {
	for _, stub := range family {
		if stub.Stop || stub.Status == dead {
			continue
		}
		if err := c.deregister(ctx, stub.ID, false); err != nil {
			return told, err
		}
		stub.Stop, told = true, true
	}
	return told, nil
}

// running counts the processes that jobs which were told to end still have. A job that ended by itself has none, and Nomad
// calls one dead as soon as it has been told.
func (c *Cluster) running(ctx context.Context, family []*api.JobListStub) (int, error) {
	left := 0
	for _, stub := range family {
		if !stub.Stop {
			continue
		}
		allocs, err := c.allocations(ctx, stub.ID)
		if err != nil {
			return 0, err
		}
		for _, alloc := range allocs {
			if runs(alloc) {
				left++
			}
		}
	}
	return left, nil
}

// remove makes Nomad forget jobs that have ended, and deletes their variables.
func (c *Cluster) remove(ctx context.Context, family []*api.JobListStub) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(callsAtOnce)
	for _, stub := range family {
		group.Go(func() error {
			if err := c.deregister(ctx, stub.ID, true); err != nil || stub.ParentID != "" {
				return err
			}
			return c.deleteVariables(ctx, stub.ID)
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("remove what has ended: %w", err)
	}
	return nil
}

// recentRuns is how many of a cron's runs that have ended are told, so that those that came and went between two looks are
// not missed.
const recentRuns = 3

// cronAllocations are the allocations of an app's crons: of every run that goes on, and of the last that ended.
func (c *Cluster) cronAllocations(ctx context.Context, jobID string) ([]*api.AllocationListStub, error) {
	app, ok := translator.AppOf(jobID)
	if !ok {
		return nil, nil
	}
	alive, err := c.list(ctx, translator.CronPrefix(app), `Status != "`+dead+`"`)
	if err != nil {
		return nil, err
	}
	asked := map[string]bool{}
	for _, stub := range alive {
		switch {
		case !isCron(stub, app):
		case stub.ParentID != "":
			asked[stub.ID] = true
		default:
			if err := c.recent(ctx, stub.ID, asked); err != nil {
				return nil, err
			}
		}
	}
	var all []*api.AllocationListStub
	for id := range asked {
		stubs, err := c.allocations(ctx, id)
		if err != nil {
			return nil, err
		}
		all = append(all, stubs...)
	}
	return all, nil
}

// recent adds the ids of a cron job's last runs. Nomad names each by the second of its start, so that the last is the last
// by name, too.
func (c *Cluster) recent(ctx context.Context, id string, into map[string]bool) error {
	opts, cancel := c.read(ctx)
	defer cancel()
	opts.Prefix, opts.Reverse, opts.PerPage = id+"/", true, recentRuns
	stubs, _, err := c.nomad.Jobs().List(opts)
	if err != nil {
		return request{doing: "list the runs of " + id, needs: "list-jobs"}.failed(ctx, err)
	}
	for _, stub := range stubs {
		into[stub.ID] = true
	}
	return nil
}
