package platform

import (
	"context"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
)

// Maintain turns an app's maintenance mode on or off: its dynos run on, but without a route.
func (p *Platform) Maintain(ctx context.Context, actor dynomad.Actor, ref string, on bool) (dynomad.App, error) {
	app, err := p.edit(ctx, actor, ref, func(tx *store.Tx, app dynomad.App) error {
		if app.Maintenance == on {
			return nil
		}
		app.Maintenance = on
		if err := tx.PutApp(app); err != nil {
			return err
		}
		if err := tx.ReviseApp(app.ID, p.now()); err != nil {
			return err
		}
		words := "Disable maintenance mode by "
		if on {
			words = "Enable maintenance mode by "
		}
		return p.tell(tx, app, actor, words+actor.Email)
	})
	if err != nil {
		return dynomad.App{}, err
	}
	p.hurry(ctx, app)
	return p.App(ctx, actor, string(app.ID))
}
