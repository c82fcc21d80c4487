package clustertest

import (
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

// The crons' commands that end.
const (
	ends  = `echo done; exit 0`
	fails = `exit 4`
)

// cronPlan is an app with a worker and a cron of this command.
func cronPlan(command string) plan {
	return plan{
		processes: map[string]string{"worker": works}, crons: map[dynomad.ProcessType]string{"nightly": command},
		config: dynomad.Config{"COLOUR": "green"},
	}
}

func (r *room) cronID() string { return translator.CronJobID(r.app, "nightly") }

// due starts a run of the cron and waits until check is content with its dyno.
func (r *room) due(check func(dynomad.Dyno) bool) dynomad.Dyno {
	r.Helper()
	r.Fire(r.T, r.cronID())
	var found dynomad.Dyno
	r.until(func() string {
		dynos := r.dynos()
		for _, d := range dynos {
			if found = d; d.Type == "nightly" && check(d) {
				return ""
			}
		}
		return differs(false, "the cron has no such dyno among %+v", dynos)
	})
	return found
}

func up(d dynomad.Dyno) bool { return d.State == dynomad.DynoUp }

func cron(r *room) {
	p := cronPlan(works)
	r.deploy(p)
	job, err := r.Cluster.Job(r.ctx, r.id())
	if err != nil || job.Index != r.index || len(job.Crons) != 1 || job.Crons[r.cronID()] == 0 {
		r.Fatalf("the job is %+v, %v", job, err)
	}
	r.dynosUp(1) // nobody but the worker, before the cron is due
	d := r.due(up)
	if d.Name() != "nightly.1" || d.App != r.app || d.Release != 1 || d.Address != "" ||
		!tells(d, "Starting process", "State changed from starting to up") {
		r.Errorf("the run is %+v", d)
	}
	again := r.apply(p)
	if diff := cmp.Diff(job, again); diff != "" {
		r.Errorf("the same once more, and a run, changed the job: %s", diff)
	}
	all, err := r.Cluster.Jobs(r.ctx)
	if diff := cmp.Diff(job, all[r.id()]); diff != "" || err != nil {
		r.Error(diff, err)
	}
	for id := range all {
		if strings.HasPrefix(id, translator.BesidePrefix(r.app)) {
			r.Errorf("%s is told as an app's job", id)
		}
	}
	p.version, p.crons["nightly"] = 2, ends
	next := r.apply(p)
	if next.Crons[r.cronID()] <= job.Crons[r.cronID()] {
		r.Errorf("another command did not move the cron: %+v, then %+v", job, next)
	}
	r.until(func() string {
		for _, one := range r.dynos() {
			if one.ID == d.ID {
				return differs(up(one), "the run of before is %s", one.State)
			}
		}
		return "the run of before is gone"
	})
}

func cronEnds(r *room) {
	r.deploy(cronPlan(ends))
	d := r.due(func(d dynomad.Dyno) bool { return d.State == dynomad.DynoDown })
	if d.ExitStatus == nil || *d.ExitStatus != 0 || d.Reason != "completed" {
		r.Errorf("the run ended as %+v", d)
	}
	if !tells(d, "Starting process", "State changed from starting to up", "Process exited with status 0", "State changed from up to complete") {
		r.Errorf("the run tells %q", texts(d))
	}
	p := cronPlan(fails)
	p.version = 2
	r.deploy(p)
	d = r.due(func(d dynomad.Dyno) bool { return d.State == dynomad.DynoCrashed })
	if d.ExitStatus == nil || *d.ExitStatus != 4 || !strings.HasPrefix(d.Reason, "exited with status 4") || d.Release != 2 {
		r.Errorf("the run ended as %+v", d)
	}
}

func cronGone(r *room) {
	p := cronPlan(works)
	before := r.deploy(p)
	r.due(up)
	p.crons = nil
	r.until(func() string {
		job := r.apply(p) // as often as the platform's sweep does, until it has ended
		return differs(len(job.Crons) == 0, "there is still %v", job.Crons)
	})
	if diff := cmp.Diff(ids(before), ids(r.dynosUp(1))); diff != "" {
		r.Error(diff)
	}
	r.noVariables(r.cronID())
}

func cronOnly(r *room) {
	p := cronPlan(ends)
	p.processes = nil
	job := r.apply(p)
	if job.Index != 0 || !job.Stopped || len(job.Crons) != 1 {
		r.Errorf("the job is %+v", job)
	}
	told, err := r.Cluster.Job(r.ctx, r.id())
	if err != nil || told.Index != 0 || len(told.Crons) != 1 {
		r.Errorf("the job is told as %+v, %v", told, err)
	}
	r.due(func(d dynomad.Dyno) bool { return d.State == dynomad.DynoDown })
	r.deploy(cronPlan(ends))
	index := r.index
	if job = r.apply(p); job.Index <= index || !job.Stopped || len(job.Crons) != 1 {
		r.Errorf("with its workers gone the job is %+v", job)
	}
	r.until(func() string {
		for _, d := range r.dynos() {
			if d.Type == "worker" && d.State != dynomad.DynoDown {
				return d.Name() + " is " + string(d.State)
			}
		}
		return ""
	})
}

func cronDestroyed(r *room) {
	r.deploy(cronPlan(works))
	r.due(up)
	r.until(func() string {
		job, err := r.Cluster.Stop(r.ctx, r.id())
		return differs(err == nil && job.Stopped && len(job.Crons) == 0, "stopped, the job is %+v, %v", job, err)
	})
	r.dynosUp(0)
	r.index = 0
	if job, err := r.Cluster.Job(r.ctx, r.id()); err == nil {
		r.index = job.Index
	}
	r.deploy(cronPlan(works))
	r.due(up)
	if err := r.Cluster.Destroy(r.ctx, r.id()); err != nil {
		r.Fatal(err)
	}
	_, err := r.Cluster.Job(r.ctx, r.id())
	r.wantKind(err, dynomad.KindNotFound)
	if dynos := r.dynos(); len(dynos) > 0 {
		r.Errorf("there are dynos: %+v", dynos)
	}
	r.noVariables(r.id(), r.cronID())
	r.index = 0
}

// noVariables wants nothing to be left under these jobs.
func (r *room) noVariables(jobs ...string) {
	r.Helper()
	for _, path := range r.Variables(r.T) {
		for _, job := range jobs {
			if strings.HasPrefix(path, "nomad/jobs/"+job+"/") {
				r.Errorf("the variable %s is left", path)
			}
		}
	}
}
