package reconcile

import (
	"context"
	"time"

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

// watch turns the cluster's events into Observe calls, and into a sweep where events may have been missed.
func (r *Reconciler) watch(ctx context.Context, sweep *bell) error {
	var never *bell
	for more := true; more; more = never.wait(ctx, r.Every.Retry) {
		err := r.Watch(ctx, func(jobID string) { r.changed(ctx, jobID, sweep) })
		if ctx.Err() == nil {
			r.Log.Warn("the cluster's event stream broke, following it again", "err", err)
		}
	}
	return nil
}

func (r *Reconciler) changed(ctx context.Context, jobID string, sweep *bell) {
	if jobID == "" {
		sweep.ring()
		r.observeAll(ctx)
		return
	}
	if app, ours := r.App(jobID); ours {
		r.observe(ctx, app)
	}
}

func (r *Reconciler) observeAll(ctx context.Context) {
	apps, err := r.Platform.Apps(ctx, dynomad.System)
	if err != nil {
		r.Log.Error("apps cannot be listed", "err", err)
	}
	for _, app := range apps {
		r.observe(ctx, app.Name)
	}
}

func (r *Reconciler) observe(ctx context.Context, app dynomad.AppName) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	err := r.Platform.Observe(ctx, app)
	if err != nil && ctx.Err() == nil && dynomad.KindOf(err) != dynomad.KindNotFound {
		r.Log.Error("dynos cannot be observed", "app", string(app), "err", err)
	}
}
