package platform

import (
	"context"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
)

// CreateBuild takes up an uploaded source for building. The build is a row and pending; RunBuilds does it.
func (p *Platform) CreateBuild(
	ctx context.Context, actor dynomad.Actor, ref, sourceURL, commit string,
) (b dynomad.Build, err error) {
	_, err = p.edit(ctx, actor, ref, func(tx *store.Tx, app dynomad.App) error {
		key, ok := p.Links.SourceKey(sourceURL)
		if !ok {
			return dynomad.Errorf(dynomad.KindInvalid, "the source %q was not uploaded here", sourceURL).
				WithHint("create a source, PUT the tarball to its put_url, and build from its get_url")
		}
		b = dynomad.Build{
			ID: dynomad.BuildID(p.NewID()), App: app.ID, User: actor.User, UserEmail: actor.Email, Status: dynomad.BuildPending,
			SourceKey: key, Commit: commit, CreatedAt: p.now(), UpdatedAt: p.now(),
		}
		if err := tx.PutBuild(b); err != nil {
			return err
		}
		return p.tell(tx, app, actor, "Build started by "+actor.Email)
	})
	return b, err
}

// Builds tells an app's builds, oldest first.
func (p *Platform) Builds(ctx context.Context, actor dynomad.Actor, ref string) (builds []dynomad.Build, err error) {
	_, err = p.view(ctx, actor, ref, func(tx *store.Tx, app dynomad.App) error {
		builds, err = tx.Builds(app.ID)
		return err
	})
	return builds, err
}

// Build tells one of an app's builds.
func (p *Platform) Build(ctx context.Context, actor dynomad.Actor, ref string, id dynomad.BuildID) (b dynomad.Build, err error) {
	_, err = p.view(ctx, actor, ref, func(tx *store.Tx, app dynomad.App) error {
		b, err = tx.Build(id)
		if dynomad.KindOf(err) == dynomad.KindNotFound || err == nil && b.App != app.ID {
			return dynomad.Errorf(dynomad.KindNotFound, "%s has no build %q", app.Name, string(id))
		}
		return err
	})
	return b, err
}
