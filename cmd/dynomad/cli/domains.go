package cli

import (
	"context"

	heroku "github.com/heroku/heroku-go/v6"
)

// DomainsCmd lists host names.
type DomainsCmd struct{ AppFlag }

// Run is `dynomad domains`.
func (c *DomainsCmd) Run(ctx context.Context, ui *UI, api *Client, here Here) error {
	name, err := c.in(here.Dir)
	if err != nil {
		return err
	}
	domains := []heroku.Domain{}
	if err := api.get(ctx, at("apps", name, "domains"), &domains); err != nil {
		return err
	}
	if ui.JSON() {
		return ui.Document(domains)
	}
	ui.Heading("%s Domains", name)
	for _, d := range domains {
		ui.Line("%s", d.Hostname)
	}
	return nil
}
