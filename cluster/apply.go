package cluster

import (
	"context"
	"errors"
	"maps"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/hcl"
	"github.com/dynomad/dynomad/translator"
)

// Apply writes the bundle's variables, then registers its first job, provided that the job still has JobModifyIndex since
// (0: that it does not exist). It tells the registration that it made; a job that is the same already is told as it is.
func (c *Cluster) Apply(ctx context.Context, b translator.Bundle, since uint64) (translator.Job, error) {
	if len(b.Jobs) == 0 {
		return translator.Job{}, dynomad.Errorf(dynomad.KindInternal, "there is no job in the bundle")
	}
	job := *b.Jobs[0]
	if c.namespace != "" {
		job.Namespace = &c.namespace
	}
	if err := c.writeVariables(ctx, *job.ID, b.Variables, since); err != nil {
		return translator.Job{}, err
	}
	index, err := c.register(ctx, &job, since)
	if err != nil {
		return translator.Job{}, err
	}
	if since == 0 {
		return translator.Job{ID: *job.ID, Index: index}, nil
	}
	// Nomad's answer to an unchanged job is another index than the job's.
	now, err := c.Job(ctx, *job.ID)
	if err == nil && now.Index == since {
		return now, nil
	}
	return translator.Job{ID: *job.ID, Index: index}, err
}

func (c *Cluster) register(ctx context.Context, job *api.Job, since uint64) (uint64, error) {
	opts, cancel := c.write(ctx)
	defer cancel()
	answer, _, err := c.nomad.Jobs().RegisterOpts(job, &api.RegisterOptions{
		EnforceIndex: true,
		ModifyIndex:  since,
		Submission:   &api.JobSubmission{Source: string(hcl.FormatJob(job)), Format: "hcl2"},
	}, opts)
	if err != nil {
		return 0, request{doing: "register the job " + *job.ID, needs: "submit-job"}.failed(ctx, err)
	}
	if answer.Warnings != "" {
		c.log.Warn("nomad has doubts about a job", "job", *job.ID, "warnings", cleaned(answer.Warnings))
	}
	return answer.JobModifyIndex, nil
}

// writeVariables writes what differs. The index is compared first, because the job of that name may be somebody else's,
// and so may its variables.
func (c *Cluster) writeVariables(ctx context.Context, jobID string, variables []translator.Variable, since uint64) error {
	var missing []translator.Variable
	for _, v := range variables {
		same, err := c.holds(ctx, v)
		if err != nil {
			return err
		}
		if !same {
			missing = append(missing, v)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	job, err := c.Job(ctx, jobID)
	if err != nil && dynomad.KindOf(err) != dynomad.KindNotFound {
		return err
	}
	if job.Index != since {
		return dynomad.Errorf(dynomad.KindConflict, "the job %s is at index %d, not at %d: somebody else changed it",
			jobID, job.Index, since)
	}
	for _, v := range missing {
		if err := c.writeVariable(ctx, v); err != nil {
			return err
		}
	}
	return nil
}

// holds says whether a variable is there already. The variable of a release never changes, so it nearly always is.
func (c *Cluster) holds(ctx context.Context, v translator.Variable) (bool, error) {
	opts, cancel := c.read(ctx)
	defer cancel()
	items, _, err := c.nomad.Variables().GetVariableItems(v.Path, opts)
	switch {
	case errors.Is(err, api.ErrVariablePathNotFound):
		return false, nil
	case err != nil:
		return false, request{doing: "read the variable " + v.Path, needs: "read on variables nomad/jobs/*"}.failed(ctx, err)
	}
	return maps.Equal(items, v.Items), nil
}

func (c *Cluster) writeVariable(ctx context.Context, v translator.Variable) error {
	opts, cancel := c.write(ctx)
	defer cancel()
	_, _, err := c.nomad.Variables().Update(&api.Variable{Path: v.Path, Items: v.Items}, opts)
	if err != nil {
		return request{doing: "write the variable " + v.Path, needs: "write on variables nomad/jobs/*"}.failed(ctx, err)
	}
	return nil
}
