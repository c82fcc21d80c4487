package cli

import (
	"context"

	heroku "github.com/heroku/heroku-go/v6"

	"github.com/dynomad/dynomad"
)

// DomainsRemoveCmd takes a host name away from an app.
type DomainsRemoveCmd struct {
	AppFlag
	Hostname string `arg:"" help:"As dynomad domains prints it."`
}

// Run is `dynomad domains:remove`.
func (c *DomainsRemoveCmd) Run(ctx context.Context, ui *UI, api *Client, here Here) error {
	hostname, err := dynomad.ParseHostname(c.Hostname)
	if err != nil {
		return err
	}
	name, err := c.in(here.Dir)
	if err != nil {
		return err
	}
	step := ui.Step("Removing %s from %s", hostname, name)
	var domain heroku.Domain
	if err := api.delete(ctx, at("apps", name, "domains", hostname), &domain); err != nil {
		return err
	}
	step.Done("done")
	if ui.JSON() {
		return ui.Document(domain)
	}
	return nil
}
