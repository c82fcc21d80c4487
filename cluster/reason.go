package cluster

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

// reason says in words why a deployment failed or cannot go on: the trouble of its first dyno in trouble, or else what could
// not be placed. One that has succeeded or has no trouble gets "".
func (c *Cluster) reason(ctx context.Context, d *api.Deployment) (string, error) {
	sick, lacking := false, false
	for _, state := range d.TaskGroups {
		sick = sick || state.UnhealthyAllocs > 0
		lacking = lacking || state.PlacedAllocs < max(state.DesiredTotal, state.DesiredCanaries)
	}
	status := statusOf(d.Status)
	if status != translator.DeploymentFailed && (ended(d.Status) || !sick && !lacking) {
		return "", nil
	}
	if sick {
		if trouble, err := c.trouble(ctx, d.ID); err != nil || trouble != "" {
			return trouble, err
		}
	}
	if lacking {
		if unplaced, err := c.unplaced(ctx, d); err != nil || unplaced != "" {
			return unplaced, err
		}
	}
	if status == translator.DeploymentFailed {
		return cleaned(d.StatusDescription), nil
	}
	return "", nil
}

// trouble is "web.1 exited with status 1": the first unhealthy allocation of a deployment, by name.
func (c *Cluster) trouble(ctx context.Context, deploymentID string) (string, error) {
	opts, cancel := c.read(ctx)
	defer cancel()
	stubs, _, err := c.nomad.Deployments().Allocations(deploymentID, opts)
	if err != nil {
		return "", request{doing: "read the dynos of a deployment", needs: "read-job"}.failed(ctx, err)
	}
	slices.SortFunc(stubs, func(a, b *api.AllocationListStub) int { return cmp.Compare(a.Name, b.Name) })
	for _, stub := range stubs {
		if s := stub.DeploymentStatus; s == nil || s.Healthy == nil || *s.Healthy {
			continue
		}
		t, err := c.trait(ctx, stub.ID)
		if err != nil {
			return "", err
		}
		_, kind, index, ok := translator.DynoOf(stub.Name)
		if !ok {
			continue
		}
		_, task := mainTask(stub)
		life := read(task, judge{}.verdict(stub, t))
		return dynomad.DynoName(kind, index) + " " + cmp.Or(life.reason, "did not become healthy"), nil
	}
	return "", nil
}

// unplaced is "web does not fit: memory exhausted on 2 of 2 machines": the newest evaluation that could not place something.
func (c *Cluster) unplaced(ctx context.Context, d *api.Deployment) (string, error) {
	opts, cancel := c.read(ctx)
	defer cancel()
	evals, _, err := c.nomad.Jobs().Evaluations(d.JobID, opts)
	if err != nil {
		return "", request{doing: "read the evaluations of " + d.JobID, needs: "read-job"}.failed(ctx, err)
	}
	slices.SortFunc(evals, func(a, b *api.Evaluation) int { return cmp.Compare(b.CreateIndex, a.CreateIndex) })
	for _, eval := range evals {
		if eval.CreateIndex < d.JobSpecModifyIndex {
			break
		}
		for _, group := range slices.Sorted(maps.Keys(eval.FailedTGAllocs)) {
			return group + " does not fit: " + obstacles(eval.FailedTGAllocs[group]), nil
		}
	}
	return "", nil
}

// obstacles says what kept Nomad from placing a dyno, on how many machines.
func obstacles(m *api.AllocationMetric) string {
	if m.NodesEvaluated == 0 {
		return "no machine is ready"
	}
	var words []string
	for _, what := range slices.Sorted(maps.Keys(m.DimensionExhausted)) {
		words = append(words, fmt.Sprintf("%s exhausted on %d of %d machines", what, m.DimensionExhausted[what], m.NodesEvaluated))
	}
	for _, what := range slices.Sorted(maps.Keys(m.ConstraintFiltered)) {
		words = append(words, fmt.Sprintf("%s on %d of %d machines", what, m.ConstraintFiltered[what], m.NodesEvaluated))
	}
	words = append(words, m.QuotaExhausted...)
	if len(words) == 0 {
		return fmt.Sprintf("none of %d machines can take it", m.NodesEvaluated)
	}
	return strings.Join(words, ", ")
}
