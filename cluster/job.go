package cluster

import (
	"context"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

// Jobs tells every app's job by its id, with the cron jobs beside it, in one List call. A job without our meta is somebody
// else's.
func (c *Cluster) Jobs(ctx context.Context) (map[string]translator.Job, error) {
	stubs, err := c.list(ctx, "", roots)
	jobs := map[string]translator.Job{}
	for _, stub := range stubs {
		app := dynomad.AppName(stub.Meta[translator.MetaApp])
		id := translator.JobID(app)
		job := jobs[id]
		switch {
		case stub.ID == id:
			job.Index, job.Stopped = stub.JobModifyIndex, stub.Stop
		case isCron(stub, app):
			if job.Crons == nil {
				job.Crons = map[string]uint64{}
			}
			job.Crons[stub.ID] = stub.JobModifyIndex
		default:
			continue
		}
		job.ID = id
		jobs[id] = job
	}
	return jobs, err
}

// roots are the jobs that somebody registered. The others are those that Nomad makes of a cron job each time it runs, and
// keeps for hours.
const roots = `ParentID == ""`

// list tells the jobs whose id begins with this prefix, and for which the filter holds, in Nomad's words.
func (c *Cluster) list(ctx context.Context, prefix, filter string) ([]*api.JobListStub, error) {
	opts, cancel := c.read(ctx)
	defer cancel()
	opts.Prefix, opts.Filter = prefix, filter
	stubs, _, err := c.nomad.Jobs().ListOptions(&api.JobListOptions{Fields: &api.JobListFields{Meta: true}}, opts)
	if err != nil {
		return nil, request{doing: "list the jobs", needs: "list-jobs"}.failed(ctx, err)
	}
	return stubs, nil
}

// Job tells the job of an app, with the cron jobs beside it; a NotFound error where there is neither.
func (c *Cluster) Job(ctx context.Context, id string) (translator.Job, error) {
	job, err := c.own(ctx, id)
	if err != nil && dynomad.KindOf(err) != dynomad.KindNotFound {
		return job, err
	}
	var failed error
	if job.Crons, failed = c.crons(ctx, id); failed != nil {
		return job, failed
	}
	if len(job.Crons) > 0 {
		return job, nil
	}
	return job, err
}

// own tells one job and nothing beside it.
func (c *Cluster) own(ctx context.Context, id string) (translator.Job, error) {
	opts, cancel := c.read(ctx)
	defer cancel()
	job, _, err := c.nomad.Jobs().Info(id, opts)
	if err != nil {
		return translator.Job{ID: id}, request{doing: "read the job " + id, needs: "read-job"}.failed(ctx, err)
	}
	return translator.Job{ID: id, Index: *job.JobModifyIndex, Stopped: *job.Stop}, nil
}

// Stop ends the job's dynos and keeps the job; stopping what is stopped or absent is no error. The cron jobs beside it are
// ended for good.
func (c *Cluster) Stop(ctx context.Context, id string) (translator.Job, error) {
	job, err := c.stop(ctx, id)
	if err != nil {
		return translator.Job{}, err
	}
	job.Crons, err = c.applyCrons(ctx, id, nil)
	return job, err
}

// stop is Stop for the job alone.
func (c *Cluster) stop(ctx context.Context, id string) (translator.Job, error) {
	job, err := c.own(ctx, id)
	if dynomad.KindOf(err) == dynomad.KindNotFound {
		return translator.Job{ID: id, Stopped: true}, nil
	}
	if err != nil || job.Stopped {
		return job, err
	}
	if err := c.deregister(ctx, id, false); err != nil {
		return translator.Job{}, err
	}
	return c.own(ctx, id)
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
