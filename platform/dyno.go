package platform

import (
	"context"
	"slices"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
	"github.com/dynomad/dynomad/translator"
)

// Dynos tells an app's dynos as the cluster has them, with the command and size that the platform knows them by. Those that
// have ended because the app was scaled down are not among them.
func (p *Platform) Dynos(ctx context.Context, actor dynomad.Actor, ref string) ([]dynomad.Dyno, error) {
	_, dynos, err := p.dynos(ctx, actor, ref)
	if err != nil {
		return nil, err
	}
	_, formation, _, err := p.Formation(ctx, actor, ref)
	return slices.DeleteFunc(dynos, func(d dynomad.Dyno) bool {
		ended := d.State == dynomad.DynoDown || d.State == dynomad.DynoCrashed
		return ended && d.Index > formation.Quantity(d.Type)
	}), err
}

func (p *Platform) dynos(ctx context.Context, actor dynomad.Actor, ref string) (dynomad.App, []dynomad.Dyno, error) {
	app, err := p.App(ctx, actor, ref)
	if err != nil {
		return app, nil, err
	}
	dynos, err := p.Cluster.Dynos(ctx, translator.JobID(app.Name))
	if err != nil || len(dynos) == 0 {
		return app, nil, err
	}
	err = p.Store.View(ctx, func(tx *store.Tx) error { return p.describe(tx, app, dynos) })
	return app, dynos, err
}

// describe fills in what Nomad does not know as the user wrote it.
func (p *Platform) describe(tx *store.Tx, app dynomad.App, dynos []dynomad.Dyno) error {
	formation, err := tx.Formation(app.ID)
	if err != nil {
		return err
	}
	processes := map[dynomad.Version][]dynomad.Process{}
	for i := range dynos {
		d := &dynos[i]
		if _, ok := processes[d.Release]; !ok {
			if processes[d.Release], err = processesOf(tx, app, d.Release); err != nil {
				return err
			}
		}
		at := slices.IndexFunc(processes[d.Release], func(process dynomad.Process) bool { return process.Type == d.Type })
		if at < 0 {
			continue
		}
		process := processes[d.Release][at]
		settings := translator.Settings(process, p.Target)
		d.App, d.Command, d.Size = app.Name, process.Command, value(settings.Size)
		if settings.Command != nil {
			d.Command = *settings.Command
		}
		if e, ok := entry(formation, d.Type); ok && e.Size != "" {
			d.Size = e.Size
		}
	}
	return nil
}

// processesOf reads what a release offered; nothing for one that the store does not know.
func processesOf(tx *store.Tx, app dynomad.App, v dynomad.Version) ([]dynomad.Process, error) {
	release, err := tx.ReleaseByVersion(app.ID, v)
	if err == nil && release.Slug != "" {
		var slug dynomad.Slug
		slug, err = tx.Slug(release.Slug)
		return slug.Processes, err
	}
	if dynomad.KindOf(err) == dynomad.KindNotFound {
		err = nil
	}
	return nil, err
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
