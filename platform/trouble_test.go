package platform_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/platform"
	"github.com/dynomad/dynomad/translator"
)

func TestATypeThatLeftBeginsAnew(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.deploy("hello", "web: serve $PORT\nworker: work\n")
	w.settle()
	w.scale("hello", "worker=3")
	w.settle()
	w.deploy("hello", "web: serve2 $PORT\n")
	w.settle()
	w.deploy("hello", "web: serve $PORT\nworker: work\n")
	w.settle()
	w.want("formation", w.formation("hello"), "web=1, worker=0")
}

func TestAScaleWhilePendingKeepsWhatTheReleaseBeforeNeeds(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.deploy("hello", "web: serve $PORT\nworker: work\n")
	w.settle()
	w.scale("hello", "worker=2")
	w.settle()
	w.nomad.Hold()
	w.deploy("hello", "web: exit 1\n")
	w.scale("hello", "web=2")
	w.nomad.Release()
	w.settle()
	w.settle()
	w.want("formation", w.formation("hello"), "web=2, worker=2")
	w.want("dynos", w.running("hello"), []string{"web.1 v2 up", "web.2 v2 up", "worker.1 v2 up", "worker.2 v2 up"})
}

// wire is the way to Nomad. Cut before a call, Nomad does not hear it; cut after, it does, and its answer is lost.
type wire struct {
	platform.Cluster
	before, after bool
}

func (c *wire) Apply(ctx context.Context, b translator.Bundle, since uint64) (translator.Job, error) {
	cut := dynomad.Errorf(dynomad.KindUnavailable, "the connection was reset")
	if c.before {
		return translator.Job{}, cut
	}
	job, err := c.Cluster.Apply(ctx, b, since)
	if c.after {
		return translator.Job{}, cut
	}
	return job, err
}

func TestAnAnswerThatGotLost(t *testing.T) {
	w := newWorld(t)
	to := &wire{Cluster: w.nomad}
	w.Cluster = to
	w.create("hello")
	to.after = true
	w.deploy("hello", "web: serve $PORT\n") // registered, and nobody knows
	to.after = false
	w.want("pending", w.settle(), 1)
	w.want("pending", w.settle(), 0)
	w.want("releases", w.releases("hello"), []string{"v1 succeeded", "v2 succeeded*"})
	to.after = true
	w.scale("hello", "web=2")
	to.after = false
	_, err := w.Sweep(t.Context())
	w.ok(err)
	w.settle()
	w.want("dynos", w.running("hello"), []string{"web.1 v2 up", "web.2 v2 up"})
	w.quiet("hello")
}

func TestTheWayBackFromAFailedReleaseSurvivesALostConnection(t *testing.T) {
	w := newWorld(t)
	to := &wire{Cluster: w.nomad}
	w.Cluster = to
	w.create("hello")
	w.deploy("hello", "web: serve $PORT\n")
	w.settle()
	w.nomad.Hold()
	w.deploy("hello", "web: serve2 $PORT\n")
	w.settle()
	w.pass(time.Hour)
	to.before = true
	_, err := w.Settle(t.Context())
	w.refused(err, dynomad.KindUnavailable)
	w.want("releases", w.releases("hello"), []string{"v1 succeeded", "v2 succeeded*", "v3 failed"})
	to.before = false
	w.nomad.Release()
	_, err = w.Sweep(t.Context())
	w.ok(err)
	w.settle()
	w.want("dynos", w.running("hello"), []string{"web.1 v2 up"})
	w.quiet("hello")
}

func TestManyAtOnce(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.deploy("hello", "web: serve $PORT\nworker: work\n")
	w.settle()
	var group sync.WaitGroup
	try := func(do func(i int) error) {
		group.Go(func() {
			for i := range 10 {
				if err := do(i); err != nil {
					t.Error(err)
				}
			}
		})
	}
	ctx := t.Context()
	try(func(i int) error {
		_, err := w.Scale(ctx, w.ada, "hello", []dynomad.Change{{Type: "web", Quantity: fmt.Sprint(1 + i%3)}})
		return err
	})
	try(func(i int) error {
		value := fmt.Sprint(i)
		_, err := w.Configure(ctx, w.ada, "hello", map[string]*string{"N": &value})
		return err
	})
	try(func(int) error { _, err := w.Settle(ctx); return err })
	try(func(int) error { _, err := w.Sweep(ctx); return err })
	try(func(int) error { return w.Observe(ctx, "hello") })
	group.Wait()
	for range 3 {
		_, err := w.Sweep(ctx)
		w.ok(err)
		w.settle()
	}
	w.want("dynos", w.running("hello"), []string{"web.1 v12 up"})
	w.quiet("hello")
}

func TestADestroyWaitsForNobodyAndNobodyUndoesIt(t *testing.T) {
	w := newWorld(t)
	slow := &slowDestroy{Cluster: w.nomad, inside: make(chan struct{}), leave: make(chan struct{})}
	w.Cluster = slow
	w.create("hello")
	w.deploy("hello", "web: serve $PORT\n")
	w.settle()
	w.scale("hello", "web=2")
	var group sync.WaitGroup
	group.Go(func() {
		if _, err := w.Destroy(t.Context(), w.ada, "hello"); err != nil {
			t.Error(err)
		}
	})
	<-slow.inside
	w.nomad.Purge("hello") // what the Destroy is about to do; the others go on meanwhile
	_, err := w.Sweep(t.Context())
	w.ok(err)
	w.settle()
	_, err = w.nomad.Job(t.Context(), "hello")
	w.refused(err, dynomad.KindNotFound)
	close(slow.leave)
	group.Wait()
	_, err = w.App(t.Context(), w.ada, "hello")
	w.refused(err, dynomad.KindNotFound)
}

// slowDestroy is a Nomad whose dynos take their time to end.
type slowDestroy struct {
	platform.Cluster
	inside, leave chan struct{}
}

func (c *slowDestroy) Destroy(ctx context.Context, id string) error {
	close(c.inside)
	<-c.leave
	return c.Cluster.Destroy(ctx, id)
}
