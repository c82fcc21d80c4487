package cluster

import (
	"context"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

// Jobs tells every job of Dynomad's by job id, in one List call. A job without our meta is somebody else's.
func (c *Cluster) Jobs(ctx context.Context) (map[string]translator.Job, error) {
	opts, cancel := c.read(ctx)
	defer cancel()
	stubs, _, err := c.nomad.Jobs().ListOptions(&api.JobListOptions{Fields: &api.JobListFields{Meta: true}}, opts)
	if err != nil {
		return nil, request{doing: "list the jobs", needs: "list-jobs"}.failed(ctx, err)
	}
	jobs := make(map[string]translator.Job, len(stubs))
	for _, stub := range stubs {
		if stub.Meta[translator.MetaApp] == stub.ID {
			jobs[stub.ID] = translator.Job{ID: stub.ID, Index: stub.JobModifyIndex, Stopped: stub.Stop}
		}
	}
	return jobs, nil
}

// Job tells one job; a NotFound error where there is none.
func (c *Cluster) Job(ctx context.Context, id string) (translator.Job, error) {
	opts, cancel := c.read(ctx)
	defer cancel()
	job, _, err := c.nomad.Jobs().Info(id, opts)
	if err != nil {
		return translator.Job{}, request{doing: "read the job " + id, needs: "read-job"}.failed(ctx, err)
	}
	return translator.Job{ID: id, Index: *job.JobModifyIndex, Stopped: *job.Stop}, nil
}

// Stop ends the job's dynos and keeps the job; stopping what is stopped or absent is no error.
func (c *Cluster) Stop(ctx context.Context, id string) (translator.Job, error) {
	job, err := c.Job(ctx, id)
	if dynomad.KindOf(err) == dynomad.KindNotFound {
		return translator.Job{ID: id, Stopped: true}, nil
	}
	if err != nil || job.Stopped {
		return job, err
	}
	if err := c.deregister(ctx, id, false); err != nil {
		return translator.Job{}, err
	}
	return c.Job(ctx, id)
}

// deregister ends a job's dynos, and with purge makes Nomad forget the job.
func (c *Cluster) deregister(ctx context.Context, id string, purge bool) error {
	opts, cancel := c.write(ctx)
	defer cancel()
	if _, _, err := c.nomad.Jobs().DeregisterOpts(id, &api.DeregisterOptions{Purge: purge}, opts); err != nil {
		return request{doing: "stop the job " + id, needs: "submit-job"}.failed(ctx, err)
	}
	return nil
}
