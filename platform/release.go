package platform

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
	"github.com/dynomad/dynomad/translator"
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
	problems, err := p.judge(ctx, slug.App, slug)
	if err := cmp.Or(err, problems.Err()); err != nil {
		return r, err
	}
	app, err := p.edit(ctx, actor, ref, func(tx *store.Tx, app dynomad.App) error {
		r, _, err = p.deploy(tx, actor, app, slug, description)
		return err
	})
	if err != nil {
		return r, err
	}
	p.hurry(ctx, app)
	return p.Release(ctx, actor, string(app.ID), string(r.ID))
}

// deploy makes a release of a slug with the config of today, and gives the app the host names that the slug's manifest wants.
// Notes say in lines what came of those.
func (p *Platform) deploy(
	tx *store.Tx, actor dynomad.Actor, app dynomad.App, slug dynomad.Slug, description string,
) (r dynomad.Release, notes []string, err error) {
	before, err := tx.CurrentRelease(app.ID)
	if err != nil {
		return r, nil, err
	}
	if notes, err = p.settleDomains(tx, actor, app, before, slug); err != nil {
		return r, nil, err
	}
	if description == "" {
		description = deployWords(slug)
	}
	r, err = p.release(tx, actor, app, draft{slug: slug.ID, config: before.Config, description: description})
	return r, notes, err
}

// judge tells what is in the way of a slug here, before anything is released: what the translator makes of it with the
// app's config vars and formation of today, and host names that the app cannot have.
func (p *Platform) judge(ctx context.Context, id dynomad.AppID, slug dynomad.Slug) (problems dynomad.Problems, err error) {
	err = p.Store.View(ctx, func(tx *store.Tx) error {
		plan, err := tx.Blueprint(id)
		if err != nil {
			return err
		}
		last, err := tx.LastVersion(id)
		if err != nil {
			return err
		}
		domains, unfit, err := p.wantedDomains(tx, plan.App, slug)
		if err != nil {
			return err
		}
		for _, name := range domains {
			plan.Domains = append(plan.Domains, dynomad.Domain{App: id, Hostname: name})
		}
		plan.Release = dynomad.Release{App: id, Version: last + 1, Status: dynomad.ReleasePending}
		plan.Slug, plan.Processes = slug, slug.Processes
		plan.Formation = offered(sorted(p.offering(plan.Formation, slug.Processes, p.now())), slug.Processes)
		_, problems = translator.Translate(plan, p.Target)
		problems = append(problems, unfit...)
		return nil
	})
	return problems, err
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
