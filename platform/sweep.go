package platform

import (
	"context"
	"maps"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
	"github.com/dynomad/dynomad/translator"
)

const syncsAtOnce = 4

// SweepReport counts what a sweep did.
type SweepReport struct {
	Apps, Synced int
	Failed       map[dynomad.AppName]error
}

// Sweep Syncs every app whose rows or whose job moved since the last Sync. It finds them with one query and one call to
// Nomad, however many apps there are. An app that cannot be Synced is reported and does not hold up the others.
func (p *Platform) Sweep(ctx context.Context) (SweepReport, error) {
	jobs, err := p.Cluster.Jobs(ctx)
	if err != nil {
		return SweepReport{}, err
	}
	var apps []store.Standing
	err = p.Store.View(ctx, func(tx *store.Tx) (err error) {
		apps, err = tx.Standings()
		return err
	})
	if err != nil {
		return SweepReport{}, err
	}
	report := SweepReport{Apps: len(apps), Failed: map[dynomad.AppName]error{}}
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(syncsAtOnce)
	for _, app := range apps {
		if !due(app, jobs[translator.JobID(app.Name)]) {
			continue
		}
		group.Go(func() error {
			err := p.syncInTurn(ctx, app.App)
			mu.Lock()
			defer mu.Unlock()
			report.Synced++
			if err != nil {
				report.Failed[app.Name] = err
			}
			return nil
		})
	}
	return report, group.Wait()
}

// due says whether an app has to be Synced, given its job as Nomad lists it (the zero Job where there is none).
func due(app store.Standing, job translator.Job) bool {
	running := app.Applied.Digest != "" && !app.Applied.Stopped
	return app.Revision != app.Applied.Revision || job.Index != app.Applied.Index || running && job.Stopped ||
		!maps.Equal(job.Crons, app.Applied.Crons)
}

// syncInTurn leaves out an app that somebody is at work on, which may take as long as a Destroy.
func (p *Platform) syncInTurn(ctx context.Context, app dynomad.AppID) error {
	over, _ := p.turns.try(app)
	if over == nil {
		return nil
	}
	defer over()
	return ignoreNotFound(p.sync(ctx, app)) // destroyed meanwhile
}
