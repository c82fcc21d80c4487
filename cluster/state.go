package cluster

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
)

// verdict is what Nomad has decided about an allocation's health, together with what is needed to say it in words.
type verdict struct {
	trait
	open  bool      // its deployment has not decided yet
	sick  bool      // its deployment gave it up
	ends  bool      // it is no trouble that it ends: a run of a cron
	since time.Time // what ended before was not up yet; zero: no deployment asked
}

// up says whether a run of the process counts as up. It does from its start on, unless a deployment asked for its health and
// the run ended before the answer was yes. end is zero for the run that goes on.
func (v verdict) up(end time.Time) bool {
	return !v.open && !v.sick && (end.IsZero() || end.After(v.since))
}

// stateOf joins what the servers think of an allocation with the biography of its main task.
func stateOf(stub *api.AllocationListStub, b biography) (dynomad.DynoState, string) {
	switch stub.ClientStatus {
	case api.AllocClientStatusLost:
		return dynomad.DynoDown, "its machine " + stub.NodeName + " was lost"
	case api.AllocClientStatusUnknown:
		return dynomad.DynoDown, "nomad has lost sight of its machine " + stub.NodeName
	case api.AllocClientStatusComplete:
		if b.verdict.ends && stub.DesiredStatus == api.AllocDesiredStatusRun {
			return dynomad.DynoDown, "completed"
		}
		return dynomad.DynoDown, "stopped"
	case api.AllocClientStatusFailed:
		return dynomad.DynoCrashed, cmp.Or(b.reason, stub.ClientDescription)
	}
	if stub.DesiredStatus != api.AllocDesiredStatusRun {
		return dynomad.DynoDown, "stopping"
	}
	if b.state == dynomad.DynoUp {
		return b.state, ""
	}
	return b.state, b.reason
}

// judge is the deployment that decides about new allocations, or nobody.
type judge struct{ deployment *api.Deployment }

// judge asks for the job's deployment only where an allocation waits for its verdict. A deployment's end puts the verdict
// into the allocation; allocations placed without a deployment never get one.
func (c *Cluster) judge(ctx context.Context, jobID string, stubs []*api.AllocationListStub) (judge, error) {
	waits := func(s *api.AllocationListStub) bool {
		return runs(s) && (s.DeploymentStatus == nil || s.DeploymentStatus.Healthy == nil)
	}
	if !slices.ContainsFunc(stubs, waits) {
		return judge{}, nil
	}
	opts, cancel := c.read(ctx)
	defer cancel()
	d, _, err := c.nomad.Jobs().LatestDeployment(jobID, opts)
	if err != nil {
		return judge{}, request{doing: "read the deployment of " + jobID, needs: "read-job"}.failed(ctx, err)
	}
	return judge{d}, nil
}

// verdict is what is known about an allocation's health. One that the deployment took over from the version before, older
// than itself, was up then and is up now, whatever its earlier runs were.
func (j judge) verdict(stub *api.AllocationListStub, t trait) verdict {
	v := verdict{trait: t}
	if s := stub.DeploymentStatus; s != nil && s.Healthy != nil {
		v.sick, v.since = !*s.Healthy, s.Timestamp
		return v
	}
	d := j.deployment
	if d == nil || ended(d.Status) || d.TaskGroups[stub.TaskGroup] == nil || stub.JobVersion != d.JobVersion {
		return v
	}
	v.open = stub.CreateIndex >= d.CreateIndex
	v.since = moment(stub.ModifyTime)
	return v
}
