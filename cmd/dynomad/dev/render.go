package dev

import (
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cmd/dynomad/cli"
	"github.com/dynomad/dynomad/templates"
)

// RenderCmd prints one of the files that clusters are made of. The Vagrantfile provisions its machines with it, and an
// operator may too.
type RenderCmd struct {
	File   string            `arg:"" optional:"" help:"Which file, such as nomad/client.hcl; without one, all are listed."`
	Values map[string]string `arg:"" optional:"" help:"What the file names, as KEY=VALUE."`
}

// Run is `dynomad dev render`.
func (c *RenderCmd) Run(ui *cli.UI) error {
	if c.File == "" {
		for _, name := range templates.ServiceNames() {
			ui.Line("%s", name)
		}
		return nil
	}
	text, err := templates.Service(c.File, c.Values)
	if err != nil {
		return dynomad.Errorf(dynomad.KindInvalid, "%w", err)
	}
	ui.Line("%s", strings.TrimSuffix(text, "\n"))
	return nil
}
