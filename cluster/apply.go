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

// Apply writes the bundle's variables, then registers the app's job, provided that it still has JobModifyIndex since (0: that
// it does not exist), then the cron jobs beside it, and ends those that the bundle does not have. It tells the registration
// that it made; a job that is the same already is told as it is. Without the app's own job in the bundle, that is stopped.
func (c *Cluster) Apply(ctx context.Context, b translator.Bundle, since uint64) (translator.Job, error) {
	id, own, crons := parts(b)
	if id == "" {
		return translator.Job{}, dynomad.Errorf(dynomad.KindInternal, "there is no job of an app in the bundle")
	}
	if err := c.writeVariables(ctx, id, b.Variables, since); err != nil {
		return translator.Job{}, err
	}
	var job translator.Job
	var err error
	if own != nil {
		job, err = c.applyOwn(ctx, own, since)
	} else if err = c.expect(ctx, id, since); err == nil {
		job, err = c.stop(ctx, id)
	}
	if err != nil {
		return translator.Job{}, err
	}
	job.Crons, err = c.applyCrons(ctx, id, crons)
	return job, err
}

// parts takes a bundle apart: the id of the app's job, that job (nil: it has none) and the cron jobs beside it.
func parts(b translator.Bundle) (id string, own *api.Job, crons []*api.Job) {
	for _, job := range b.Jobs {
		app, ours := translator.OwnerOf(*job.ID)
		switch {
		case !ours:
			return "", nil, nil
		case *job.ID == translator.JobID(app):
			own = job
		default:
			crons = append(crons, job)
		}
		id = translator.JobID(app)
	}
	return id, own, crons
}

func (c *Cluster) applyOwn(ctx context.Context, job *api.Job, since uint64) (translator.Job, error) {
	index, err := c.register(ctx, job, since)
	if err != nil {
		return translator.Job{}, err
	}
	if since == 0 {
		return translator.Job{ID: *job.ID, Index: index}, nil
	}
	// Nomad's answer to an unchanged job is another index than the job's.
	now, err := c.own(ctx, *job.ID)
	if err == nil && now.Index == since {
		return now, nil
	}
	return translator.Job{ID: *job.ID, Index: index}, err
}

func (c *Cluster) register(ctx context.Context, spec *api.Job, since uint64) (uint64, error) {
	copied := *spec
	job := &copied // the caller's stays as it is
	if c.namespace != "" {
		job.Namespace = &c.namespace
	}
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
	if err := c.expect(ctx, jobID, since); err != nil {
		return err
	}
	for _, v := range missing {
		if err := c.writeVariable(ctx, v); err != nil {
			return err
		}
	}
	return nil
}

// expect is a Conflict where a job has another index than since.
func (c *Cluster) expect(ctx context.Context, jobID string, since uint64) error {
	job, err := c.own(ctx, jobID)
	if err != nil && dynomad.KindOf(err) != dynomad.KindNotFound {
		return err
	}
	if job.Index != since {
		return dynomad.Errorf(dynomad.KindConflict, "the job %s is at index %d, not at %d: somebody else changed it",
			jobID, job.Index, since)
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
