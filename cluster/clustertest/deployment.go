package clustertest

import (
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

func release(r *room) {
	one := r.deploy(plan{version: 1, processes: map[string]string{"web=2": serves}})
	two := r.deploy(plan{version: 2, processes: map[string]string{"web=2": serves}, pending: true})
	for _, d := range two {
		if d.Release != 2 || d.ID == ids(one)[d.Name()] {
			r.Errorf("%s was not replaced: %+v", d.Name(), d)
		}
	}
}

func revert(r *room) {
	r.reverts(plan{version: 2, processes: map[string]string{"worker": crashes}, pending: true},
		plan{version: 1, processes: map[string]string{"worker": works}}, "worker.1 exited with status 3")
}

func deaf(r *room) {
	r.reverts(plan{version: 2, processes: map[string]string{"web": works}, pending: true},
		plan{version: 1, processes: map[string]string{"web": serves}}, "web.1 did not listen on $PORT")
}

// reverts deploys a good release and a bad one over it, and wants the good one's dynos to have run on.
func (r *room) reverts(bad, good plan, reason string) {
	r.Helper()
	before := r.deploy(good)
	job := r.apply(bad)
	d := r.settle(job.Index)
	if d.Status != translator.DeploymentFailed || !strings.HasPrefix(d.Reason, reason) {
		r.Errorf("the deployment is %s: %q, want failed: %q", d.Status, d.Reason, reason)
	}
	r.until(func() string {
		now, err := r.Cluster.Job(r.ctx, r.id())
		if err != nil {
			return err.Error()
		}
		r.index = now.Index
		return differs(now.Index > job.Index, "the job was not reverted: %+v", now)
	})
	if d := r.settle(r.index); d.Status != translator.DeploymentSuccessful {
		r.Errorf("the revert's own deployment is %s: %s", d.Status, d.Reason)
	}
	if d := r.settle(job.Index); d.Status != translator.DeploymentFailed {
		r.Errorf("after the revert the failed deployment is %s", d.Status)
	}
	if diff := cmp.Diff(ids(before), ids(r.dynosUp(1))); diff != "" {
		r.Errorf("the good release's dynos did not run on: %s", diff)
	}
}

func firstFails(r *room) {
	job := r.apply(plan{processes: map[string]string{"worker": crashes}, pending: true})
	d := r.settle(job.Index)
	if d.Status != translator.DeploymentFailed || !strings.HasPrefix(d.Reason, "worker.1 exited with status 3") {
		r.Errorf("the deployment is %s: %q", d.Status, d.Reason)
	}
	now, err := r.Cluster.Job(r.ctx, r.id())
	if diff := cmp.Diff(job, now); diff != "" || err != nil {
		r.Errorf("nothing to go back to, and yet the job moved: %s %v", diff, err)
	}
}

// unfit asks for more memory than any machine has.
func unfit(r *room) {
	job := r.apply(plan{processes: map[string]string{"worker": works}, memory: 100_000_000})
	r.until(func() string {
		d, err := r.Cluster.Deployment(r.ctx, r.id(), job.Index)
		if err != nil {
			return err.Error()
		}
		fine := d.Progress["worker"].Placed == 0 && strings.HasPrefix(d.Reason, "worker does not fit: memory exhausted on ")
		return differs(fine, "the deployment does not say what is short: %+v", d)
	})
	if dynos := r.dynos(); len(dynos) > 0 {
		r.Errorf("there are dynos: %v", dynos)
	}
}

func crash(r *room) {
	r.apply(plan{processes: map[string]string{"worker": crashes}})
	r.until(func() string {
		for _, d := range r.dynos() {
			if d.State != dynomad.DynoCrashed {
				continue
			}
			if d.ExitStatus == nil || *d.ExitStatus != 3 || !strings.HasPrefix(d.Reason, "exited with status 3") {
				r.Fatalf("it ended otherwise: %+v", d)
			}
			return differs(tells(d, "Starting process", "Process exited with status 3"), "it tells %q", texts(d))
		}
		return "no dyno has crashed"
	})
}
