package cluster

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

// Dynos tells the job's dynos that run or should, plus for each name without one the last that ended; of the crons beside it
// the runs that go on and the last that ended. It is two requests, one more while a deployment decides on the health of new
// dynos, one for each dyno never seen before, and a few for each cron.
func (c *Cluster) Dynos(ctx context.Context, jobID string) ([]dynomad.Dyno, error) {
	stubs, err := c.jobAllocations(ctx, jobID)
	if err != nil {
		return nil, err
	}
	judge, err := c.judge(ctx, jobID, stubs)
	if err != nil {
		return nil, err
	}
	crons, err := c.cronAllocations(ctx, jobID)
	if err != nil {
		return nil, err
	}
	crons = telling(crons)
	known, err := c.traits(ctx, jobID, slices.Concat(stubs, crons))
	if err != nil {
		return nil, err
	}
	var dynos []dynomad.Dyno
	for _, stub := range stubs {
		if d, ok := dynoOf(stub, judge.verdict(stub, known[stub.ID])); ok {
			dynos = append(dynos, d)
		}
	}
	for _, stub := range crons {
		if d, ok := dynoOf(stub, verdict{trait: known[stub.ID], ends: true}); ok {
			dynos = append(dynos, d)
		}
	}
	slices.SortStableFunc(dynos, func(a, b dynomad.Dyno) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Index, b.Index), a.CreatedAt.Compare(b.CreatedAt))
	})
	return dynos, nil
}

// jobAllocations are the allocations of the job itself that tell something.
func (c *Cluster) jobAllocations(ctx context.Context, jobID string) ([]*api.AllocationListStub, error) {
	stubs, err := c.allocations(ctx, jobID)
	if err != nil {
		return nil, err
	}
	stubs = telling(stubs)
	if !slices.ContainsFunc(stubs, wanted) {
		// Nomad tells the allocations of a purged job, too.
		if _, err := c.own(ctx, jobID); err != nil {
			return nil, ignore(err, dynomad.KindNotFound)
		}
	}
	return stubs, nil
}

func ignore(err error, kind dynomad.Kind) error {
	if dynomad.KindOf(err) == kind {
		return nil
	}
	return err
}

// allocations are those of this job, and not of a job of the same name that was purged before it.
func (c *Cluster) allocations(ctx context.Context, jobID string) ([]*api.AllocationListStub, error) {
	opts, cancel := c.read(ctx)
	defer cancel()
	stubs, _, err := c.nomad.Jobs().Allocations(jobID, false, opts)
	if err != nil {
		return nil, request{doing: "read the dynos of " + jobID, needs: "read-job"}.failed(ctx, err)
	}
	return stubs, nil
}

// wanted says whether an allocation runs or should.
func wanted(stub *api.AllocationListStub) bool {
	return runs(stub) || stub.DesiredStatus == api.AllocDesiredStatusRun && stub.ClientStatus != api.AllocClientStatusComplete
}

// telling leaves out the ended allocations whose name another one carries on.
func telling(stubs []*api.AllocationListStub) []*api.AllocationListStub {
	newest := map[string]*api.AllocationListStub{}
	taken := map[string]bool{}
	for _, stub := range stubs {
		taken[stub.Name] = taken[stub.Name] || wanted(stub)
		if last := newest[stub.Name]; last == nil || stub.CreateIndex > last.CreateIndex {
			newest[stub.Name] = stub
		}
	}
	return slices.DeleteFunc(stubs, func(stub *api.AllocationListStub) bool {
		return !wanted(stub) && (taken[stub.Name] || newest[stub.Name] != stub)
	})
}

// dynoOf reads an allocation. It is no dyno where its name or its main task is none of ours.
func dynoOf(stub *api.AllocationListStub, v verdict) (dynomad.Dyno, bool) {
	app, kind, index, ok := nameOf(stub)
	if !ok {
		return dynomad.Dyno{}, false
	}
	d := dynomad.Dyno{
		ID: dynomad.DynoID(stub.ID), App: app, Type: kind, Index: index, Node: stub.NodeName, Release: v.release,
		CreatedAt: moment(stub.CreateTime), UpdatedAt: moment(stub.ModifyTime),
	}
	version, task := mainTask(stub)
	if version != 0 {
		d.Release = version
	}
	b := read(task, v)
	d.ExitStatus, d.History = b.exit, b.moments
	d.State, d.Reason = stateOf(stub, b)
	if d.State == dynomad.DynoUp || d.State == dynomad.DynoStarting {
		d.Address = v.address
	}
	return d, true
}

// nameOf is the dyno that an allocation is. A cron runs once at a time, unless it may overlap: then several have its name.
func nameOf(stub *api.AllocationListStub) (app dynomad.AppName, t dynomad.ProcessType, index int, ok bool) {
	if app, t, ok := translator.CronOf(stub.JobID); ok {
		return app, t, 1, true
	}
	return translator.DynoOf(stub.Name)
}

// mainTask finds the task that is the dyno itself, by its name. A client that has not reported yet has told of no task.
func mainTask(stub *api.AllocationListStub) (dynomad.Version, *api.TaskState) {
	for name, task := range stub.TaskStates {
		if version, ok := translator.VersionOf(name); ok {
			return version, task
		}
	}
	return 0, nil
}

func moment(nanoseconds int64) time.Time {
	return time.Unix(0, nanoseconds).UTC().Truncate(time.Microsecond)
}
