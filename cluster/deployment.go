package cluster

import (
	"context"
	"slices"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

// Deployment tells how the registration at exactly this JobModifyIndex went; a NotFound error where Nomad made no deployment
// of it, or not yet. It is one request, and one or two more where something is wrong.
func (c *Cluster) Deployment(ctx context.Context, jobID string, index uint64) (translator.Deployment, error) {
	opts, cancel := c.read(ctx)
	defer cancel()
	all, _, err := c.nomad.Jobs().Deployments(jobID, false, opts)
	if err != nil {
		return translator.Deployment{}, request{doing: "read the deployments of " + jobID, needs: "read-job"}.failed(ctx, err)
	}
	i := slices.IndexFunc(all, func(d *api.Deployment) bool { return d.JobSpecModifyIndex == index })
	if i < 0 {
		return c.forgotten(ctx, jobID, index)
	}
	return c.deployment(ctx, all[i])
}

func (c *Cluster) deployment(ctx context.Context, d *api.Deployment) (translator.Deployment, error) {
	told := translator.Deployment{
		ID: d.ID, Status: statusOf(d.Status), Progress: map[dynomad.ProcessType]translator.Progress{},
	}
	for group, state := range d.TaskGroups {
		told.Progress[translator.TypeOf(group)] = translator.Progress{
			Wanted: state.DesiredTotal, Placed: state.PlacedAllocs, Healthy: state.HealthyAllocs, Unhealthy: state.UnhealthyAllocs,
		}
	}
	var err error
	told.Reason, err = c.reason(ctx, d)
	return told, err
}

// forgotten looks for a deployment that is not in the list. Every five minutes Nomad drops those that have ended and of
// whose dynos none runs, also when they ended a moment ago. The evaluation of the registration still names it: such a
// deployment failed, for a successful one has dynos.
func (c *Cluster) forgotten(ctx context.Context, jobID string, index uint64) (translator.Deployment, error) {
	asked := request{doing: "read the evaluations of " + jobID, needs: "read-job"}
	opts, cancel := c.read(ctx)
	defer cancel()
	evals, _, err := c.nomad.Jobs().Evaluations(jobID, opts)
	if err != nil {
		return translator.Deployment{}, asked.failed(ctx, err)
	}
	i := slices.IndexFunc(evals, func(e *api.Evaluation) bool { return e.JobModifyIndex == index && e.DeploymentID != "" })
	if i < 0 {
		return translator.Deployment{}, dynomad.Errorf(dynomad.KindNotFound, "nomad made no deployment of %s at index %d", jobID, index)
	}
	d, _, err := c.nomad.Deployments().Info(evals[i].DeploymentID, opts)
	if err == nil {
		return c.deployment(ctx, d) // it has only just been made
	}
	if err = asked.failed(ctx, err); dynomad.KindOf(err) != dynomad.KindNotFound {
		return translator.Deployment{}, err
	}
	return translator.Deployment{
		ID: evals[i].DeploymentID, Status: translator.DeploymentFailed, Reason: "none of its dynos runs, and nomad has forgotten why",
	}, nil
}

func statusOf(status string) translator.DeploymentStatus {
	switch s := translator.DeploymentStatus(status); s {
	case translator.DeploymentSuccessful, translator.DeploymentFailed, translator.DeploymentCancelled:
		return s
	}
	return translator.DeploymentRunning // also paused, pending, blocked: it has not ended
}

func ended(status string) bool { return statusOf(status) != translator.DeploymentRunning }
