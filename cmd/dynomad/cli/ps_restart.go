package cli

import (
	"context"
	"strings"
)

// PsRestartCmd restarts dynos.
type PsRestartCmd struct {
	AppFlag
	Dyno string `arg:"" optional:"" help:"A dyno (web.1) or a process type (web); nothing means all."`
}

// Run is `dynomad ps:restart`.
func (c *PsRestartCmd) Run(ctx context.Context, ui *UI, api *Client, here Here) error {
	name, err := c.in(here.Dir)
	if err != nil {
		return err
	}
	target, what := at("apps", name, "dynos"), "all dynos"
	switch {
	case strings.Contains(c.Dyno, "."):
		target, what = at("apps", name, "dynos", c.Dyno), c.Dyno
	case c.Dyno != "":
		target, what = at("apps", name, "formations", c.Dyno), c.Dyno+" dynos"
	}
	step := ui.Step("Restarting %s on %s", what, name)
	if err := api.delete(ctx, target, nil); err != nil {
		return err
	}
	step.Done("done")
	if ui.JSON() {
		return ui.Document(map[string]string{"app": name, "restarted": what})
	}
	return nil
}
