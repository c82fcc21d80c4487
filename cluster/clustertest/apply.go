package clustertest

import (
	"maps"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

func absent(r *room) {
	_, err := r.Cluster.Job(r.ctx, r.id())
	r.wantKind(err, dynomad.KindNotFound)
	_, err = r.Cluster.Deployment(r.ctx, r.id(), 7)
	r.wantKind(err, dynomad.KindNotFound)
	if dynos := r.dynos(); len(dynos) > 0 {
		r.Errorf("an absent job has dynos: %v", dynos)
	}
	if job, err := r.Cluster.Stop(r.ctx, r.id()); err != nil || !job.Stopped {
		r.Errorf("stopping an absent job: %+v, %v", job, err)
	}
	if err := r.Cluster.Destroy(r.ctx, r.id()); err != nil {
		r.Errorf("destroying an absent job: %v", err)
	}
}

func first(r *room) {
	bundle := r.bundle(plan{processes: map[string]string{"web": serves, "worker=2": works}})
	before := translator.Digest(bundle.Jobs[0])
	job, err := r.Cluster.Apply(r.ctx, bundle, 0)
	if err != nil {
		r.Fatal(err)
	}
	if after := translator.Digest(bundle.Jobs[0]); after != before {
		r.Error("apply changed the caller's job")
	}
	d := r.settle(job.Index)
	if d.Status != translator.DeploymentSuccessful || d.Reason != "" {
		r.Fatalf("the deployment is %s: %s", d.Status, d.Reason)
	}
	progress := map[dynomad.ProcessType]translator.Progress{
		"web": {Wanted: 1, Placed: 1, Healthy: 1}, "worker": {Wanted: 2, Placed: 2, Healthy: 2},
	}
	if diff := cmp.Diff(progress, d.Progress); diff != "" {
		r.Error(diff)
	}
	r.checkFirst(r.dynosUp(3))
	if job.ID != r.id() || job.Index == 0 || job.Stopped {
		r.Errorf("the job is %+v", job)
	}
	told, err := r.Cluster.Job(r.ctx, r.id())
	if diff := cmp.Diff(job, told); diff != "" || err != nil {
		r.Error(diff, err)
	}
	all, err := r.Cluster.Jobs(r.ctx)
	if diff := cmp.Diff(job, all[r.id()]); diff != "" || err != nil {
		r.Error(diff, err)
	}
}

func (r *room) checkFirst(dynos []dynomad.Dyno) {
	r.Helper()
	names := []string{}
	for _, d := range dynos {
		names = append(names, d.Name())
		if d.App != r.app || d.Release != 1 || d.Node == "" || d.ID == "" || d.CreatedAt.IsZero() || d.ExitStatus != nil {
			r.Errorf("a dyno lacks something: %+v", d)
		}
		if (d.Address != "") != (d.Type == dynomad.Web) {
			r.Errorf("%s has the address %q", d.Name(), d.Address)
		}
		if !tells(d, "Starting process", "State changed from starting to up") {
			r.Errorf("%s tells %q", d.Name(), texts(d))
		}
	}
	if diff := cmp.Diff([]string{"web.1", "worker.1", "worker.2"}, names); diff != "" {
		r.Error(diff)
	}
}

func variables(r *room) {
	p := plan{processes: map[string]string{"worker": works}, config: dynomad.Config{"COLOUR": "green"}}
	r.deploy(p)
	path := translator.VariablePath(r.app, "worker", 1)
	if all := r.Variables(r.T); !slices.Contains(all, path) {
		r.Errorf("there is no variable %s among %v", path, all)
	}
	p.version, p.config = 2, dynomad.Config{"COLOUR": "blue"}
	r.deploy(p)
	if all := r.Variables(r.T); !slices.Contains(all, path) || !slices.Contains(all, translator.VariablePath(r.app, "worker", 2)) {
		r.Errorf("both releases need their variables: %v", all)
	}
}

func conflict(r *room) {
	p := plan{processes: map[string]string{"worker": works}}
	_, err := r.Cluster.Apply(r.ctx, r.bundle(p), 3)
	r.wantKind(err, dynomad.KindConflict)
	_, err = r.Cluster.Job(r.ctx, r.id())
	r.wantKind(err, dynomad.KindNotFound)

	old := r.apply(p)
	p.version, p.config = 2, dynomad.Config{"LATE": "yes"}
	for _, since := range []uint64{0, old.Index - 1, old.Index + 1} {
		_, err = r.Cluster.Apply(r.ctx, r.bundle(p), since)
		r.wantKind(err, dynomad.KindConflict)
	}
	now, err := r.Cluster.Job(r.ctx, r.id())
	if diff := cmp.Diff(old, now); diff != "" || err != nil {
		r.Errorf("a refused registration moved the job: %s %v", diff, err)
	}
	for _, path := range r.Variables(r.T) {
		if strings.HasPrefix(path, translator.VariablePrefix(r.app)) {
			r.Errorf("a refused registration wrote %s", path)
		}
	}
}

func unchanged(r *room) {
	p := plan{processes: map[string]string{"worker": works}}
	dynos := r.deploy(p)
	index := r.index
	if again := r.apply(p); again.Index != index {
		r.Errorf("the index moved from %d to %d", index, again.Index)
	}
	if diff := cmp.Diff(ids(dynos), ids(r.dynosUp(1))); diff != "" {
		r.Error(diff)
	}
}

func scale(r *room) {
	before := r.deploy(plan{processes: map[string]string{"web": serves, "worker": works}})
	index := r.index
	after := ids(r.deploy(plan{processes: map[string]string{"web": serves, "worker=3": works}}))
	if r.index <= index {
		r.Errorf("the index went from %d to %d", index, r.index)
	}
	for name, id := range ids(before) {
		if after[name] != id {
			r.Errorf("%s was replaced by a scale of workers", name)
		}
	}
	if diff := cmp.Diff([]string{"web.1", "worker.1", "worker.2", "worker.3"}, slices.Sorted(maps.Keys(after))); diff != "" {
		r.Error(diff)
	}
	down := ids(r.deploy(plan{processes: map[string]string{"web": serves, "worker": works}}))
	if diff := cmp.Diff(ids(before), down); diff != "" {
		r.Errorf("scaling down left others: %s", diff)
	}
}

func zero(r *room) {
	job := r.apply(plan{processes: map[string]string{"web=0": serves}})
	_, err := r.Cluster.Deployment(r.ctx, r.id(), job.Index)
	r.wantKind(err, dynomad.KindNotFound)
	if dynos := r.dynos(); len(dynos) > 0 {
		r.Errorf("there are dynos: %v", dynos)
	}
	r.deploy(plan{processes: map[string]string{"web": serves}})
	r.apply(plan{processes: map[string]string{"web=0": serves}})
	r.dynosUp(0)
}
