package dev

import (
	"context"

	"github.com/dynomad/dynomad/cmd/dynomad/cli"
	"github.com/dynomad/dynomad/internal/devcluster"
)

// ToolsCmd finds or builds the programs that a cluster is made of.
type ToolsCmd struct {
	Names []string `arg:"" optional:"" help:"Which: consul, nomad, fabio. By default the first two."`
}

// Run is `dynomad dev tools`.
func (c *ToolsCmd) Run(ctx context.Context, ui *cli.UI) error {
	t := &telling{ui: ui}
	finder, err := devcluster.NewFinder(t.say)
	if err != nil {
		return err
	}
	names := c.Names
	if len(names) == 0 {
		names = []string{"consul", "nomad"}
	}
	paths := map[string]string{}
	for _, name := range names {
		if paths[name], err = finder.Find(ctx, name); err != nil {
			return err
		}
		if !ui.JSON() {
			ui.Line("%s", paths[name])
		}
	}
	if ui.JSON() {
		return ui.Document(paths)
	}
	return nil
}
