package cli

import (
	"strings"

	"github.com/dynomad/dynomad/hcl"
)

// HclDocsCmd is the reference of dynomad.hcl for the terminal.
type HclDocsCmd struct {
	Setting string `arg:"" optional:"" help:"A setting such as memory, check.interval or cron, or functions; by default all are listed."`
}

// Run is `dynomad hcl docs`.
func (c *HclDocsCmd) Run(ui *UI) error {
	text, err := hcl.Help(c.Setting)
	if err != nil {
		return err
	}
	ui.stdout.raw(strings.TrimSuffix(text, "\n"))
	return nil
}

// HclSchemaCmd prints the schema.
type HclSchemaCmd struct{}

// Run is `dynomad hcl schema`.
func (*HclSchemaCmd) Run(ui *UI) error {
	ui.stdout.raw(strings.TrimSuffix(string(hcl.JSONSchema()), "\n"))
	return nil
}
