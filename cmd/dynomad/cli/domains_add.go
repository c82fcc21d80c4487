package cli

import (
	"context"

	heroku "github.com/heroku/heroku-go/v6"

	"github.com/dynomad/dynomad"
)

// DomainsAddCmd gives an app another host name.
type DomainsAddCmd struct {
	AppFlag
	Hostname string `arg:"" help:"For example www.example.com or *.example.com."`
}

// Run is `dynomad domains:add`.
func (c *DomainsAddCmd) Run(ctx context.Context, ui *UI, api *Client, here Here) error {
	hostname, err := dynomad.ParseHostname(c.Hostname)
	if err != nil {
		return err
	}
	name, err := c.in(here.Dir)
	if err != nil {
		return err
	}
	step := ui.Step("Adding %s to %s", hostname, name)
	var domain heroku.Domain
	request := map[string]any{"hostname": hostname, "sni_endpoint": nil}
	if err := api.post(ctx, at("apps", name, "domains"), request, &domain); err != nil {
		return err
	}
	step.Done("done")
	if ui.JSON() {
		return ui.Document(domain)
	}
	if domain.CName != nil {
		ui.Note("Point its DNS record at %s.", *domain.CName)
	}
	return nil
}
