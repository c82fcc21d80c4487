package platform

import (
	"context"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
	"github.com/dynomad/dynomad/translator"
)

// Destroy ends an app: its dynos, its job and its variables in Nomad, then every row. The rows go last, so that while Nomad
// is away, or when this is interrupted, the app is still there to be destroyed again. It waits for the dynos to end.
func (p *Platform) Destroy(ctx context.Context, actor dynomad.Actor, ref string) (dynomad.App, error) {
	app, err := p.App(ctx, actor, ref)
	if err != nil {
		return app, err
	}
	over, err := p.turns.take(ctx, app.ID) // nobody may register the job again meanwhile
	if err != nil {
		return app, err
	}
	defer over()
	ours, err := p.owns(ctx, app)
	if err != nil {
		return app, err
	}
	if ours {
		if err := p.Cluster.Destroy(ctx, translator.JobID(app.Name)); err != nil {
			return app, err
		}
	}
	return p.edit(ctx, actor, string(app.ID), func(tx *store.Tx, app dynomad.App) error {
		if err := tx.DeleteApp(app.ID); err != nil {
			return err
		}
		return tx.AddEvent(dynomad.Event{
			Time: p.now(), App: app.ID, AppName: app.Name, Actor: actor.Email,
			Source: "app", Process: "api", Text: "Destroy app by " + actor.Email, Key: destroyed + string(app.ID),
		})
	})
}

// owns says whether the job of the app's name may be the app's: not when it is another's, which was there before
// the app came and kept it from ever being registered.
func (p *Platform) owns(ctx context.Context, app dynomad.App) (bool, error) {
	var applied store.Applied
	err := p.Store.View(ctx, func(tx *store.Tx) (err error) {
		applied, err = tx.Applied(app.ID)
		return err
	})
	if err != nil || applied.Index > 0 {
		return err == nil, err
	}
	job, err := p.listed(ctx, app)
	return job.Index > 0 || len(job.Crons) > 0, err
}

// listed is the job of the app's name if Dynomad made it, else the zero Job.
func (p *Platform) listed(ctx context.Context, app dynomad.App) (translator.Job, error) {
	jobs, err := p.Cluster.Jobs(ctx)
	return jobs[translator.JobID(app.Name)], err
}
