package platform

import (
	"context"
	"slices"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
)

// Restart restarts the dynos that the selector means, in place: "" all but the runs of crons, "web" a type, "web.1" or an id one.
func (p *Platform) Restart(ctx context.Context, actor dynomad.Actor, ref, selector string) error {
	app, dynos, err := p.dynos(ctx, actor, ref)
	if err != nil {
		return err
	}
	_, formation, _, err := p.Formation(ctx, actor, ref)
	if err != nil {
		return err
	}
	dynos = slices.DeleteFunc(dynos, func(d dynomad.Dyno) bool {
		_, lasts := entry(formation, d.Type)
		return d.State == dynomad.DynoDown || !d.Matches(selector) || selector == "" && !lasts
	})
	if len(dynos) == 0 {
		return noDyno(app, selector)
	}
	if err := p.Cluster.Restart(ctx, dynos); err != nil {
		return err
	}
	words := "Restart "
	if selector == "" {
		words += "all dynos"
	} else {
		words += selector
	}
	return p.Store.Update(ctx, func(tx *store.Tx) error { return p.tell(tx, app, actor, words+" by "+actor.Email) })
}

func noDyno(app dynomad.App, selector string) error {
	if selector == "" {
		return dynomad.Errorf(dynomad.KindNotFound, "%s has no running dynos", app.Name).
			WithHint("`dynomad ps:scale web=1 -a %s` starts one", app.Name)
	}
	return dynomad.Errorf(dynomad.KindNotFound, "%s has no running dyno %q", app.Name, selector).
		WithHint("`dynomad ps -a %s` lists them", app.Name)
}
