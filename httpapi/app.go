package httpapi

import (
	"slices"

	heroku "github.com/heroku/heroku-go/v6"

	"github.com/dynomad/dynomad"
)

// Heroku's apps have a region, a stack and a generation. We have one of each, with ids of our own. The region is named as
// Heroku's default one, because its clients ask for that and then expect to find it.
const (
	regionID, regionName         = "5a7e1c4e-6d0f-4b1a-9a35-0c5d2f6b8e01", "us"
	stackID, stackName           = "5a7e1c4e-6d0f-4b1a-9a35-0c5d2f6b8e02", "dynomad"
	generationID, generationName = "5a7e1c4e-6d0f-4b1a-9a35-0c5d2f6b8e03", "cedar"
)

// apps answers every app that the caller may see.
func (a *API) apps(c *call) (any, error) {
	apps, err := a.Platform.Apps(c.ctx(), c.actor)
	if err != nil {
		return nil, err
	}
	return a.listApps(c, apps)
}

// ownApps answers the caller's own ones.
func (a *API) ownApps(c *call) (any, error) {
	if err := c.self(); err != nil {
		return nil, err
	}
	apps, err := a.Platform.Apps(c.ctx(), c.actor)
	if err != nil {
		return nil, err
	}
	return a.listApps(c, slices.DeleteFunc(apps, func(app dynomad.App) bool { return app.Owner != c.actor.User }))
}

func (a *API) listApps(c *call, apps []dynomad.App) (any, error) {
	shown := make([]heroku.App, len(apps))
	for i, app := range apps {
		shown[i] = a.showApp(app)
	}
	return page(c, shown,
		field[heroku.App]{"name", func(app heroku.App) string { return app.Name }},
		field[heroku.App]{"id", func(app heroku.App) string { return app.ID }},
		field[heroku.App]{"updated_at", func(app heroku.App) string { return stamp(app.UpdatedAt) }})
}

func (a *API) createApp(c *call) (any, error) {
	var in struct {
		Name   *string `json:"name"`
		Region *string `json:"region"`
		Stack  *string `json:"stack"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := oneOf("region", in.Region, regionName, regionID); err != nil {
		return nil, err
	}
	if err := oneOf("stack", in.Stack, stackName, stackID); err != nil {
		return nil, err
	}
	var name dynomad.AppName
	if in.Name != nil {
		name = dynomad.AppName(*in.Name)
	}
	app, err := a.Platform.CreateApp(c.ctx(), c.actor, name)
	return a.showApp(app), err
}

// oneOf refuses a wish for something of which there is only one sort.
func oneOf(what string, wish *string, name, id string) error {
	if wish == nil || *wish == "" || *wish == name || *wish == id {
		return nil
	}
	return dynomad.Errorf(dynomad.KindInvalid, "there is no %s %q here", what, *wish).
		WithHint("leave it out, or use %q, the only one", name)
}

func (a *API) app(c *call) (any, error) {
	app, err := a.Platform.App(c.ctx(), c.actor, c.app())
	return a.showApp(app), err
}

func (a *API) maintain(c *call) (any, error) {
	var in struct {
		Maintenance *bool   `json:"maintenance"`
		Name        *string `json:"name"`
		BuildStack  *string `json:"build_stack"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := oneOf("stack", in.BuildStack, stackName, stackID); err != nil {
		return nil, err
	}
	app, err := a.Platform.App(c.ctx(), c.actor, c.app())
	if err == nil && in.Name != nil && *in.Name != string(app.Name) {
		return nil, dynomad.Errorf(dynomad.KindInvalid, "an app cannot be renamed").
			WithHint("its name is part of every address it has; create an app with the new name and deploy to it")
	}
	if err == nil && in.Maintenance != nil {
		app, err = a.Platform.Maintain(c.ctx(), c.actor, c.app(), *in.Maintenance)
	}
	return a.showApp(app), err
}

func (a *API) destroy(c *call) (any, error) {
	app, err := a.Platform.Destroy(c.ctx(), c.actor, c.app())
	return a.showApp(app), err
}

func (a *API) showApp(app dynomad.App) heroku.App {
	shown := heroku.App{
		ID: string(app.ID), Name: string(app.Name), Maintenance: app.Maintenance, WebURL: text(a.Platform.WebURL(app.Name)),
		CreatedAt: app.CreatedAt, UpdatedAt: app.UpdatedAt,
	}
	shown.Owner.ID, shown.Owner.Email = string(app.Owner), app.OwnerEmail
	shown.Region.ID, shown.Region.Name = regionID, regionName
	shown.Stack.ID, shown.Stack.Name = stackID, stackName
	shown.BuildStack = shown.Stack
	shown.Generation.ID, shown.Generation.Name = generationID, generationName
	return shown
}

// host is where an app is reached without a domain of its own.
func (a *API) host(app dynomad.AppName) string { return string(app) + "." + a.Platform.Target.Domain }
