package platform

import (
	"context"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
)

// Apps tells the apps that the actor may see, by name.
func (p *Platform) Apps(ctx context.Context, actor dynomad.Actor) (apps []dynomad.App, err error) {
	owner := actor.User
	if actor.Admin {
		owner = "" // everybody's
	} else if owner == "" {
		return nil, nil
	}
	err = p.Store.View(ctx, func(tx *store.Tx) error {
		apps, err = tx.Apps(owner)
		return err
	})
	return apps, err
}

// App tells one app. Here and in every verb, ref is an app's id or its name.
func (p *Platform) App(ctx context.Context, actor dynomad.Actor, ref string) (dynomad.App, error) {
	return p.view(ctx, actor, ref, func(*store.Tx, dynomad.App) error { return nil })
}

// AppID tells the id of an app, for the platform's own use: no actor is asked for.
func (p *Platform) AppID(ctx context.Context, name dynomad.AppName) (dynomad.AppID, error) {
	app, err := p.App(ctx, dynomad.System, string(name))
	return app.ID, err
}

// view runs read with the app, if the actor may see it.
func (p *Platform) view(
	ctx context.Context, actor dynomad.Actor, ref string, read func(*store.Tx, dynomad.App) error,
) (app dynomad.App, err error) {
	err = p.Store.View(ctx, func(tx *store.Tx) error {
		if app, err = find(tx, actor, ref); err != nil {
			return err
		}
		return read(tx, app)
	})
	return app, err
}

// edit runs write with the app, if the actor may change it, in one transaction.
func (p *Platform) edit(
	ctx context.Context, actor dynomad.Actor, ref string, write func(*store.Tx, dynomad.App) error,
) (app dynomad.App, err error) {
	err = p.Store.Update(ctx, func(tx *store.Tx) error {
		if app, err = find(tx, actor, ref); err != nil {
			return err
		}
		return write(tx, app)
	})
	return app, err
}

// find reads an app by id or name. An app that the actor may not see is as good as absent.
func find(tx *store.Tx, actor dynomad.Actor, ref string) (dynomad.App, error) {
	app, err := tx.AppByName(dynomad.AppName(ref))
	if dynomad.KindOf(err) == dynomad.KindNotFound {
		app, err = tx.App(dynomad.AppID(ref))
	}
	if dynomad.KindOf(err) == dynomad.KindNotFound || err == nil && app.Visible(actor) != nil {
		return dynomad.App{}, dynomad.NoSuchApp(ref)
	}
	return app, err
}

// tell writes what an actor did to an app as an event of the API.
func (p *Platform) tell(tx *store.Tx, app dynomad.App, actor dynomad.Actor, text string) error {
	return tx.AddEvent(dynomad.Event{
		Time: p.now(), App: app.ID, AppName: app.Name, Actor: actor.Email,
		Source: "app", Process: "api", Text: text,
	})
}

// hurry Syncs an app after a verb. The verb has done its part when its transaction commits, so a Sync that cannot be done
// now is only told to the operator: the sweep tries again until it is done.
func (p *Platform) hurry(ctx context.Context, app dynomad.App) {
	if err := p.Sync(ctx, app.ID); err != nil {
		p.Log.Warn("the app is not synced yet, the sweep will try again", "app", string(app.Name), "err", err)
	}
}
