package reconcile

import (
	"context"
	"errors"
	"fmt"

	"github.com/dynomad/dynomad"
)

// sweep makes every app's job what its rows say.
func (r *Reconciler) sweep(ctx context.Context) error {
	report, err := r.Platform.Sweep(ctx)
	if err != nil {
		return err
	}
	for app, err := range report.Failed {
		r.Log.Error("app cannot be synced", "app", string(app), "err", err, "hint", dynomad.HintOf(err))
	}
	if report.Synced > 0 {
		r.Log.Info("swept", "apps", report.Apps, "synced", report.Synced)
	}
	return nil
}

// settle looks at the pending releases.
func (r *Reconciler) settle(ctx context.Context) error {
	_, err := r.Platform.Settle(ctx)
	return err
}

// feedBatch bounds how many events are delivered at once.
const feedBatch = 500

// feed delivers what happened since the last round.
func (r *Reconciler) feed(ctx context.Context) error {
	for {
		n, err := r.Platform.Feed(ctx, "log", feedBatch, func(events []dynomad.Event) error {
			return r.Deliver(ctx, events)
		})
		if err != nil || n < feedBatch {
			return err
		}
	}
}

// watch notes for the other loops what the cluster's events tell.
func (r *Reconciler) watch(ctx context.Context, sweep *bell, dynos *unobserved) error {
	var never *bell
	for more := true; more; more = never.wait(ctx, r.Every.Retry) {
		err := r.Watch(ctx, func(jobID string) { r.changed(jobID, sweep, dynos) })
		if ctx.Err() == nil {
			r.Log.Warn("the cluster's event stream broke, following it again", "err", err)
		}
	}
	return nil
}

// changed is one event: a job of ours, or "" where events may have been missed.
func (r *Reconciler) changed(jobID string, sweep *bell, dynos *unobserved) {
	if jobID == "" {
		sweep.ring()
		dynos.addAll()
	} else if app, ours := r.App(jobID); ours {
		dynos.add(app)
	}
	dynos.ring()
}

// observe looks at the dynos that changed. Those that cannot be looked at are kept for the next round.
func (r *Reconciler) observe(ctx context.Context, dynos *unobserved) error {
	names, all := dynos.take()
	if all {
		apps, err := r.Platform.Apps(ctx, dynomad.System)
		if err != nil {
			dynos.addAll()
			return err
		}
		for _, app := range apps {
			names = append(names, app.Name)
		}
	}
	var failures []error
	for _, name := range names {
		err := r.Platform.Observe(ctx, name)
		if err != nil && dynomad.KindOf(err) != dynomad.KindNotFound {
			dynos.add(name)
			failures = append(failures, fmt.Errorf("%s: %w", name, err))
		}
	}
	return errors.Join(failures...)
}
