package platform

import (
	"context"
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
)

// Config tells an app's config values: those of the release that should be running.
func (p *Platform) Config(ctx context.Context, actor dynomad.Actor, ref string) (config dynomad.Config, err error) {
	_, err = p.view(ctx, actor, ref, func(tx *store.Tx, app dynomad.App) error {
		release, err := tx.CurrentRelease(app.ID)
		if err != nil {
			return err
		}
		config, err = tx.Config(app.ID, release.Config)
		return err
	})
	return config, err
}

// ReleaseConfig tells the config values that one release runs with.
func (p *Platform) ReleaseConfig(
	ctx context.Context, actor dynomad.Actor, ref, release string,
) (config dynomad.Config, err error) {
	_, err = p.view(ctx, actor, ref, func(tx *store.Tx, app dynomad.App) error {
		r, err := findRelease(tx, app, release)
		if err != nil {
			return err
		}
		config, err = tx.Config(app.ID, r.Config)
		return err
	})
	return config, err
}

// Configure sets config values (nil removes one) and makes a release that runs with them, one for all changes together.
// Where nothing changes, there is no release. It returns all values as they are then.
func (p *Platform) Configure(
	ctx context.Context, actor dynomad.Actor, ref string, changes map[string]*string,
) (config dynomad.Config, err error) {
	released := false
	app, err := p.edit(ctx, actor, ref, func(tx *store.Tx, app dynomad.App) error {
		before, err := tx.CurrentRelease(app.ID)
		if err != nil {
			return err
		}
		values, err := tx.Config(app.ID, before.Config)
		if err != nil {
			return err
		}
		var changed []string
		if config, changed, err = values.Patch(changes); err != nil || len(changed) == 0 {
			return err
		}
		version, err := tx.AddConfig(app.ID, config)
		if err != nil {
			return err
		}
		_, err = p.release(tx, actor, app, draft{slug: before.Slug, config: version, description: configWords(config, changed)})
		released = true
		return err
	})
	if err == nil && released {
		p.hurry(ctx, app)
	}
	return config, err
}

// configWords says which names were set and which removed, as a release's description: never a value.
func configWords(after dynomad.Config, changed []string) string {
	var set, removed []string
	for _, name := range changed {
		if _, ok := after[name]; ok {
			set = append(set, name)
		} else {
			removed = append(removed, name)
		}
	}
	switch {
	case len(removed) == 0:
		return "Set " + strings.Join(set, ", ") + " config vars"
	case len(set) == 0:
		return "Remove " + strings.Join(removed, ", ") + " config vars"
	}
	return "Set " + strings.Join(set, ", ") + ", remove " + strings.Join(removed, ", ") + " config vars"
}
