package httpapi

import (
	"slices"

	heroku "github.com/heroku/heroku-go/v6"

	"github.com/dynomad/dynomad"
)

// dyno is Heroku's dyno, where it runs, and why if it does not.
type dyno struct {
	heroku.Dyno
	Node       string `json:"node"`        // the Nomad client's name
	Reason     string `json:"reason"`      // why it is not up, in words, or ""
	ExitStatus *int   `json:"exit_status"` // of its last end, or null
}

func (a *API) dynos(c *call) (any, error) {
	shown, err := a.listDynos(c)
	if err != nil {
		return nil, err
	}
	return page(c, shown, field[dyno]{"name", func(d dyno) string { return d.Name }},
		field[dyno]{"id", func(d dyno) string { return d.ID }})
}

func (a *API) dyno(c *call) (any, error) {
	shown, err := a.listDynos(c)
	if err != nil {
		return nil, err
	}
	ref := c.r.PathValue("dyno")
	at := slices.IndexFunc(shown, func(d dyno) bool { return d.ID == ref || d.Name == ref })
	if at < 0 {
		return nil, dynomad.Errorf(dynomad.KindNotFound, "there is no dyno %q", ref)
	}
	return shown[at], nil
}

// restart restarts all dynos, or those of the type, name or id in the path.
func (a *API) restart(c *call) (any, error) {
	return nothing{}, a.Platform.Restart(c.ctx(), c.actor, c.app(), c.r.PathValue("dyno"))
}

func (a *API) listDynos(c *call) ([]dyno, error) {
	app, err := a.Platform.App(c.ctx(), c.actor, c.app())
	if err != nil {
		return nil, err
	}
	dynos, err := a.Platform.Dynos(c.ctx(), c.actor, c.app())
	if err != nil {
		return nil, err
	}
	releases, err := a.Platform.Releases(c.ctx(), c.actor, c.app())
	if err != nil {
		return nil, err
	}
	ids := make(map[dynomad.Version]dynomad.ReleaseID, len(releases))
	for _, r := range releases {
		ids[r.Version] = r.ID
	}
	shown := make([]dyno, len(dynos))
	for i, d := range dynos {
		shown[i] = showDyno(app, d)
		shown[i].Release.ID = string(ids[d.Release])
	}
	return shown, nil
}

func showDyno(app dynomad.App, d dynomad.Dyno) dyno {
	shown := dyno{Node: d.Node, Reason: d.Reason, ExitStatus: d.ExitStatus}
	shown.Dyno = heroku.Dyno{
		ID: string(d.ID), Name: d.Name(), Type: string(d.Type), State: string(d.State), Command: d.Command, Size: d.Size,
		CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt,
	}
	shown.App.ID, shown.App.Name = string(app.ID), string(app.Name)
	shown.Release.Version = int(d.Release)
	return shown
}
