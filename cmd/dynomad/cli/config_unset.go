package cli

import (
	"context"
	"strings"

	"github.com/dynomad/dynomad"
)

// ConfigUnsetCmd removes config vars.
type ConfigUnsetCmd struct {
	AppFlag
	Names []string `arg:"" name:"name" help:"What to remove; one call makes one release."`
}

// Run is `dynomad config:unset`.
func (c *ConfigUnsetCmd) Run(ctx context.Context, ui *UI, api *Client, here Here) error {
	changes := map[string]*string{}
	for _, name := range c.Names {
		if strings.Contains(name, "=") {
			return dynomad.Errorf(dynomad.KindInvalid, "%q is not the name of a config var", name).
				WithHint("`dynomad config:unset` takes names only")
		}
		changes[name] = nil
	}
	app, err := c.in(here.Dir)
	if err != nil {
		return err
	}
	vars, err := configure(ctx, ui, api, app, changes)
	if err != nil {
		return err
	}
	if ui.JSON() {
		return ui.Document(vars)
	}
	return nil
}
