package clustertest

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

func stop(r *room) {
	p := plan{processes: map[string]string{"worker": works}}
	before := r.deploy(p)
	index := r.index
	job, err := r.Cluster.Stop(r.ctx, r.id())
	if err != nil || !job.Stopped || job.Index <= index {
		r.Fatalf("stop: %+v, %v", job, err)
	}
	r.dynosUp(0)
	for _, d := range r.dynos() {
		if d.State != dynomad.DynoDown || !tells(d, "Stopping all processes with SIGTERM", "State changed from up to down") {
			r.Errorf("%s is %s and tells %q", d.Name(), d.State, texts(d))
		}
	}
	again, err := r.Cluster.Stop(r.ctx, r.id())
	if diff := cmp.Diff(job, again); diff != "" || err != nil {
		r.Error(diff, err)
	}
	all, err := r.Cluster.Jobs(r.ctx)
	if diff := cmp.Diff(job, all[r.id()]); diff != "" || err != nil {
		r.Error(diff, err)
	}
	r.index = job.Index
	if after := r.deploy(p); after[0].ID == before[0].ID {
		r.Error("a stopped dyno came back")
	}
}

func destroy(r *room) {
	other := *r
	other.app, other.index = r.app+"bar", 0
	p := plan{processes: map[string]string{"worker": works}, config: dynomad.Config{"COLOUR": "green"}}
	other.deploy(p)
	defer func() {
		if err := r.Cluster.Destroy(r.ctx, other.id()); err != nil {
			r.Error(err)
		}
	}()
	r.deploy(p)
	if err := r.Cluster.Destroy(r.ctx, r.id()); err != nil {
		r.Fatal(err)
	}
	_, err := r.Cluster.Job(r.ctx, r.id())
	r.wantKind(err, dynomad.KindNotFound)
	if dynos := r.dynos(); len(dynos) > 0 {
		r.Errorf("there are dynos: %v", dynos)
	}
	neighbour := false
	for _, path := range r.Variables(r.T) {
		if strings.HasPrefix(path, translator.VariablePrefix(r.app)) {
			r.Errorf("the variable %s is left", path)
		}
		neighbour = neighbour || strings.HasPrefix(path, translator.VariablePrefix(other.app))
	}
	if !neighbour {
		r.Errorf("the variables of %s are gone, too", other.app)
	}
	other.dynosUp(1)
	if err := r.Cluster.Destroy(r.ctx, r.id()); err != nil {
		r.Errorf("destroying again: %v", err)
	}
	r.index = 0
	r.deploy(p)
}

func restart(r *room) {
	before := r.deploy(plan{processes: map[string]string{"worker=2": works}})
	if err := r.Cluster.Restart(r.ctx, before[:1]); err != nil {
		r.Fatal(err)
	}
	var after []dynomad.Dyno
	r.until(func() string {
		after = r.dynosUp(2)
		restarted := tells(after[0], "Restarting", "State changed from up to starting", "Starting process")
		return differs(restarted, "it tells %q", texts(after[0]))
	})
	if diff := cmp.Diff(ids(before), ids(after)); diff != "" {
		r.Errorf("the dynos were replaced: %s", diff)
	}
	if tells(after[1], "Restarting") {
		r.Errorf("%s was restarted, too: %q", after[1].Name(), texts(after[1]))
	}
	if err := r.Cluster.Restart(r.ctx, after); err != nil {
		r.Fatal(err)
	}
	r.until(func() string {
		for _, d := range r.dynosUp(2) {
			if !tells(d, "Restarting", "State changed from up to starting", "State changed from starting to up") {
				return d.Name() + " was not restarted"
			}
		}
		return ""
	})
}

func watch(r *room) {
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	var mu sync.Mutex
	var heard []string
	ended := make(chan error, 1)
	go func() {
		ended <- r.Cluster.Watch(ctx, func(jobID string) {
			mu.Lock()
			defer mu.Unlock()
			heard = append(heard, jobID)
		})
	}()
	count := func(id string) (n int) {
		mu.Lock()
		defer mu.Unlock()
		for _, one := range heard {
			if one == id {
				n++
			}
		}
		return n
	}
	r.until(func() string { return differs(count("") > 0, "nothing was said about the time before") })
	r.deploy(plan{processes: map[string]string{"worker": works}})
	r.until(func() string { return differs(count(r.id()) > 0, "nothing was heard of the registration") })
	before := count(r.id())
	if _, err := r.Cluster.Stop(r.ctx, r.id()); err != nil {
		r.Fatal(err)
	}
	r.until(func() string { return differs(count(r.id()) > before, "nothing was heard of the stop") })
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		r.Errorf("watch ended with %v", err)
	}
}

func cancelled(r *room) {
	ctx, cancel := context.WithCancel(r.ctx)
	cancel()
	_, err := r.Cluster.Jobs(ctx)
	if !errors.Is(err, context.Canceled) {
		r.Errorf("jobs: %v", err)
	}
	_, err = r.Cluster.Apply(ctx, r.bundle(plan{processes: map[string]string{"worker": works}}), 0)
	if !errors.Is(err, context.Canceled) {
		r.Errorf("apply: %v", err)
	}
	_, err = r.Cluster.Job(r.ctx, r.id())
	r.wantKind(err, dynomad.KindNotFound)
}
