package cli

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// ConfigCmd shows config vars.
type ConfigCmd struct {
	AppFlag
	Shell bool `short:"s" help:"Print NAME='value' lines for a shell."`
}

// Run is `dynomad config`.
func (c *ConfigCmd) Run(ctx context.Context, ui *UI, api *Client, here Here) error {
	name, err := c.in(here.Dir)
	if err != nil {
		return err
	}
	vars := map[string]string{}
	if err := api.get(ctx, at("apps", name, "config-vars"), &vars); err != nil {
		return err
	}
	switch {
	case ui.JSON():
		return ui.Document(vars)
	case c.Shell:
		for _, key := range slices.Sorted(maps.Keys(vars)) {
			ui.Line("%s=%s", key, quote(vars[key]))
		}
	default:
		ui.Heading("%s Config Vars", name)
		printConfig(ui, vars)
	}
	return nil
}

// printConfig prints names and values, sorted.
func printConfig(ui *UI, vars map[string]string) {
	pairs := make([][2]string, 0, len(vars))
	for _, key := range slices.Sorted(maps.Keys(vars)) {
		pairs = append(pairs, [2]string{key, vars[key]})
	}
	ui.Pairs(pairs)
}

// quote makes any value one word of a POSIX shell.
func quote(value string) string { return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'" }
