package cli

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	heroku "github.com/heroku/heroku-go/v6"

	"github.com/dynomad/dynomad"
)

// PsScaleCmd changes the formation, or shows it.
type PsScaleCmd struct {
	AppFlag
	Changes []string `arg:"" optional:"" name:"type=quantity" help:"web=2, web+1, web-1 or web=2:standard-2x; nothing shows what is."`
}

// scaleChange is TYPE=N, TYPE+N or TYPE-N, with :SIZE perhaps.
var scaleChange = regexp.MustCompile(`^([A-Za-z0-9_-]+?)([=+-])([0-9]+)(?::([A-Za-z0-9_-]+))?$`)

// scaleUpdate is a change as the API takes it.
type scaleUpdate struct {
	Type     string `json:"type"`
	Quantity string `json:"quantity"`
	Size     string `json:"size,omitempty"`
}

// Run is `dynomad ps:scale`.
func (c *PsScaleCmd) Run(ctx context.Context, ui *UI, api *Client, here Here) error {
	updates, err := parseChanges(c.Changes)
	if err != nil {
		return err
	}
	name, err := c.in(here.Dir)
	if err != nil {
		return err
	}
	formation := []heroku.Formation{}
	if len(updates) == 0 {
		err = api.get(ctx, at("apps", name, "formation"), &formation)
	} else {
		step := ui.Step("Scaling dynos")
		err = api.patch(ctx, at("apps", name, "formation"), map[string]any{"updates": updates}, &formation)
		if err == nil {
			step.Done("done, now running %s", running(formation, updates))
		}
	}
	if err != nil {
		return err
	}
	if ui.JSON() {
		return ui.Document(formation)
	}
	if len(updates) == 0 {
		printFormation(ui, formation)
	}
	return nil
}

// parseChanges reads all arguments, or says which one is wrong.
func parseChanges(args []string) ([]scaleUpdate, error) {
	var updates []scaleUpdate
	for _, arg := range args {
		m := scaleChange.FindStringSubmatch(arg)
		if m == nil {
			return nil, dynomad.Errorf(dynomad.KindInvalid, "%q does not say how to scale", arg).
				WithHint("write web=2, web+1, web-1 or web=2:standard-2x")
		}
		quantity := m[3]
		if m[2] != "=" {
			quantity = m[2] + quantity
		}
		updates = append(updates, scaleUpdate{Type: m[1], Quantity: quantity, Size: m[4]})
	}
	return updates, nil
}

// running is Heroku's "web at 2:standard-1x, worker at 1:standard-1x" for those types that were changed.
func running(formation []heroku.Formation, updates []scaleUpdate) string {
	var parts []string
	for _, f := range formation {
		if slices.ContainsFunc(updates, func(u scaleUpdate) bool { return u.Type == f.Type }) {
			parts = append(parts, fmt.Sprintf("%s at %d:%s", f.Type, f.Quantity, f.Size))
		}
	}
	return strings.Join(parts, ", ")
}

func printFormation(ui *UI, formation []heroku.Formation) {
	if len(formation) == 0 {
		ui.Note("There are no process types yet. `dynomad deploy` brings them.")
		return
	}
	var parts []string
	for _, f := range formation {
		parts = append(parts, fmt.Sprintf("%s=%d:%s", f.Type, f.Quantity, f.Size))
	}
	ui.Line("%s", strings.Join(parts, " "))
}
