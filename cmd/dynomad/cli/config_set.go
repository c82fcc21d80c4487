package cli

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/dynomad/dynomad"
)

// ConfigSetCmd sets config vars.
type ConfigSetCmd struct {
	AppFlag
	Vars []string `arg:"" name:"name=value" help:"What to set; one call makes one release."`
}

// Run is `dynomad config:set`.
func (c *ConfigSetCmd) Run(ctx context.Context, ui *UI, api *Client, here Here) error {
	changes := map[string]*string{}
	for _, text := range c.Vars {
		key, value, ok := strings.Cut(text, "=")
		if !ok {
			return dynomad.Errorf(dynomad.KindInvalid, "%q does not say what to set the config var to", text).
				WithHint("write NAME=value")
		}
		if err := dynomad.ValidConfigName(key); err != nil {
			return err
		}
		changes[key] = &value
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
	set := map[string]string{}
	for key := range changes {
		set[key] = vars[key]
	}
	printConfig(ui, set)
	return nil
}

// configure sends changes (nil removes) and tells which release they made.
func configure(ctx context.Context, ui *UI, api *Client, app string, changes map[string]*string) (map[string]string, error) {
	doing := "Setting"
	for _, value := range changes {
		if value == nil {
			doing = "Removing"
		}
	}
	step := ui.Step("%s %s and restarting %s", doing, strings.Join(slices.Sorted(maps.Keys(changes)), ", "), app)
	before, err := newestRelease(ctx, api, app)
	if err != nil {
		return nil, err
	}
	vars := map[string]string{}
	if err := api.patch(ctx, at("apps", app, "config-vars"), changes, &vars); err != nil {
		return nil, err
	}
	after, err := newestRelease(ctx, api, app)
	if err != nil {
		return nil, err
	}
	if after.Version == before.Version {
		step.Done("nothing to change, still v%d", after.Version)
	} else {
		step.Done("done, v%d", after.Version)
	}
	return vars, nil
}
