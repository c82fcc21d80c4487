package platform

import (
	"context"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
)

// Rollback makes a new release of an old one's slug and config values. With "" that is the last one that succeeded before
// the current.
func (p *Platform) Rollback(ctx context.Context, actor dynomad.Actor, ref, release string) (r dynomad.Release, err error) {
	app, err := p.edit(ctx, actor, ref, func(tx *store.Tx, app dynomad.App) error {
		old, err := rollbackTo(tx, app, release)
		if err != nil {
			return err
		}
		r, err = p.release(tx, actor, app, draft{
			slug: old.Slug, config: old.Config, description: "Rollback to " + old.Version.String(),
		})
		return err
	})
	if err != nil {
		return r, err
	}
	p.hurry(ctx, app)
	return p.Release(ctx, actor, string(app.ID), string(r.ID))
}

func rollbackTo(tx *store.Tx, app dynomad.App, ref string) (dynomad.Release, error) {
	if ref == "" {
		return runnableBefore(tx, app)
	}
	old, err := findRelease(tx, app, ref)
	if err == nil && !old.Runnable() {
		return old, dynomad.Errorf(dynomad.KindInvalid, "%s of %s cannot be rolled back to: it never ran", old.Version, app.Name).
			WithHint("`dynomad releases -a %s` tells which releases succeeded", app.Name)
	}
	return old, err
}

func runnableBefore(tx *store.Tx, app dynomad.App) (dynomad.Release, error) {
	releases, err := tx.Releases(app.ID)
	if err != nil {
		return dynomad.Release{}, err
	}
	var before dynomad.Release
	for _, r := range releases { // oldest first
		if r.Current {
			break
		}
		if r.Runnable() {
			before = r
		}
	}
	if before.ID == "" {
		return before, dynomad.Errorf(dynomad.KindInvalid, "%s has no earlier release to roll back to", app.Name).
			WithHint("`dynomad releases -a %s` lists them", app.Name)
	}
	return before, nil
}
