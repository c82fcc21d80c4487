package cli

import (
	"context"
	"strconv"

	heroku "github.com/heroku/heroku-go/v6"
)

// InfoCmd shows one app.
type InfoCmd struct{ AppFlag }

// Run is `dynomad info`.
func (c *InfoCmd) Run(ctx context.Context, ui *UI, api *Client, here Here) error {
	app, formation, err := c.load(ctx, api, here)
	if err != nil {
		return err
	}
	if ui.JSON() {
		return ui.Document(map[string]any{"app": app, "formation": formation})
	}
	ui.Heading("%s", app.Name)
	pairs := [][2]string{{"Web URL", webURL(app)}, {"Owner", app.Owner.Email}, {"Created", when(app.CreatedAt)}}
	if app.ReleasedAt != nil {
		pairs = append(pairs, [2]string{"Released", when(*app.ReleasedAt)})
	}
	if app.SlugSize != nil {
		pairs = append(pairs, [2]string{"Slug size", bytesText(int64(*app.SlugSize))})
	}
	if app.Maintenance {
		pairs = append(pairs, [2]string{"Maintenance", "on"})
	}
	for _, f := range formation {
		pairs = append(pairs, [2]string{"Dynos " + f.Type, strconv.Itoa(f.Quantity) + " × " + f.Size})
	}
	ui.Pairs(pairs)
	return nil
}

func (c *InfoCmd) load(ctx context.Context, api *Client, here Here) (app heroku.App, formation []heroku.Formation, err error) {
	name, err := c.in(here.Dir)
	if err != nil {
		return app, nil, err
	}
	if err := api.get(ctx, at("apps", name), &app); err != nil {
		return app, nil, err
	}
	err = api.get(ctx, at("apps", name, "formation"), &formation)
	return app, formation, err
}
