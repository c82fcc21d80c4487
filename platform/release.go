package platform

import (
	"context"
	"strconv"
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
)

// Releases tells an app's releases, oldest first.
func (p *Platform) Releases(ctx context.Context, actor dynomad.Actor, ref string) (releases []dynomad.Release, err error) {
	_, err = p.view(ctx, actor, ref, func(tx *store.Tx, app dynomad.App) error {
		releases, err = tx.Releases(app.ID)
		return err
	})
	return releases, err
}

// Release tells one release, by its id or its version as "3" or "v3".
func (p *Platform) Release(ctx context.Context, actor dynomad.Actor, ref, release string) (r dynomad.Release, err error) {
	_, err = p.view(ctx, actor, ref, func(tx *store.Tx, app dynomad.App) error {
		r, err = findRelease(tx, app, release)
		return err
	})
	return r, err
}

// ReleaseSlug releases a slug of the app's with the config of today. Without a description, that says what was deployed.
func (p *Platform) ReleaseSlug(
	ctx context.Context, actor dynomad.Actor, ref string, id dynomad.SlugID, description string,
) (r dynomad.Release, err error) {
	slug, err := p.checkedSlug(ctx, actor, ref, id)
	if err != nil {
		return r, err
	}
	app, err := p.edit(ctx, actor, ref, func(tx *store.Tx, app dynomad.App) error {
		r, err = p.deploy(tx, actor, app, slug, description)
		return err
	})
	if err != nil {
		return r, err
	}
	p.hurry(ctx, app)
	return p.Release(ctx, actor, string(app.ID), string(r.ID))
}

// deploy makes a release of a slug with the config of today.
func (p *Platform) deploy(
	tx *store.Tx, actor dynomad.Actor, app dynomad.App, slug dynomad.Slug, description string,
) (dynomad.Release, error) {
	before, err := tx.CurrentRelease(app.ID)
	if err != nil {
		return dynomad.Release{}, err
	}
	if description == "" {
		description = deployWords(slug)
	}
	return p.release(tx, actor, app, draft{slug: slug.ID, config: before.Config, description: description})
}

// deployWords is Heroku's "Deploy 582fc95": the commit, or where the deployer named none, the tarball's digest.
func deployWords(slug dynomad.Slug) string {
	for _, name := range []string{slug.Commit, slug.SHA256, string(slug.ID)} {
		if name != "" {
			return "Deploy " + name[:min(len(name), 7)]
		}
	}
	return "Deploy"
}

func findRelease(tx *store.Tx, app dynomad.App, ref string) (r dynomad.Release, err error) {
	if version, notNumber := strconv.Atoi(strings.TrimPrefix(ref, "v")); notNumber == nil {
		r, err = tx.ReleaseByVersion(app.ID, dynomad.Version(version))
	} else {
		r, err = tx.Release(dynomad.ReleaseID(ref))
	}
	if dynomad.KindOf(err) == dynomad.KindNotFound || err == nil && r.App != app.ID {
		return dynomad.Release{}, dynomad.Errorf(dynomad.KindNotFound, "%s has no release %q", app.Name, ref).
			WithHint("`dynomad releases -a %s` lists them", app.Name)
	}
	return r, err
}
