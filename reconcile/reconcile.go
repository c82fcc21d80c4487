// Package reconcile is the clock as a door. It calls the same verbs as every other door, only that nobody asked: a timer
// or the cluster's event stream did.
//
// Five loops run side by side, and each is written so that missing an event, or hearing it twice, costs only time:
//
//   - sweep: every app whose row or job moved is Synced. It is the truth; everything else only hurries it.
//   - builds: pending builds are run.
//   - releases: pending releases are settled, as succeeded or as failed with the reason in words.
//   - dynos: those that changed are looked at, and what happened to them becomes events.
//   - feed: what happened (Event rows) is delivered as log lines, each once.
//
// The watch reads Nomad's event stream and wakes them for the app that changed.
package reconcile

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/platform"
)

// Reconciler runs the loops. All fields are set by whoever assembles it.
type Reconciler struct {
	Platform *platform.Platform
	// Watch follows the cluster until it breaks or ctx ends, naming each job that changed; "" means that any may have.
	Watch func(ctx context.Context, changed func(jobID string)) error
	// App tells which app a job belongs to, be it the app's own, a cron, or a run of one; false for a job that is none of ours.
	App func(jobID string) (dynomad.AppName, bool)
	// Deliver takes events in their order; those that it took without an error never come again.
	Deliver func(ctx context.Context, events []dynomad.Event) error
	Every   Intervals
	Log     *slog.Logger
}

// Intervals are the pauses between two rounds of a loop that nothing hurried.
type Intervals struct {
	Sweep    time.Duration // of all apps
	Builds   time.Duration // looking for a pending build
	Releases time.Duration // looking at pending releases while there are any
	Feed     time.Duration // looking for new events
	Retry    time.Duration // after a loop's round failed, or the watch broke
}

// DefaultIntervals suit a cluster of any size: an idle round costs one query or one List call.
var DefaultIntervals = Intervals{
	Sweep:    30 * time.Second,
	Builds:   500 * time.Millisecond,
	Releases: 500 * time.Millisecond,
	Feed:     200 * time.Millisecond,
	Retry:    2 * time.Second,
}

// Run runs the loops until ctx ends. A round that fails is logged and tried again; it ends nothing.
func (r *Reconciler) Run(ctx context.Context) error {
	sweep, dynos := newBell(), newUnobserved()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return r.loop(ctx, "sweep", r.Every.Sweep, sweep, r.sweep) })
	group.Go(func() error { return r.loop(ctx, "builds", r.Every.Builds, nil, r.Platform.RunBuilds) })
	group.Go(func() error { return r.loop(ctx, "releases", r.Every.Releases, nil, r.settle) })
	group.Go(func() error { return r.loop(ctx, "feed", r.Every.Feed, nil, r.feed) })
	group.Go(func() error {
		return r.loop(ctx, "dynos", r.Every.Sweep, dynos.bell, func(ctx context.Context) error { return r.observe(ctx, dynos) })
	})
	group.Go(func() error { return r.watch(ctx, sweep, dynos) })
	return group.Wait()
}

// loop runs round at once, then after each pause or ring of the bell, until ctx ends.
func (r *Reconciler) loop(ctx context.Context, name string, every time.Duration, hurry *bell, round func(context.Context) error) error {
	for {
		pause := every
		if err := round(ctx); err != nil && ctx.Err() == nil {
			r.Log.Error("round failed, trying again", "loop", name, "err", err)
			pause = r.Every.Retry
		}
		if !hurry.wait(ctx, pause) {
			return nil
		}
	}
}
