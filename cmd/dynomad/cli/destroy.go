package cli

import (
	"bufio"
	"context"
	"os"
	"path/filepath"

	heroku "github.com/heroku/heroku-go/v6"
	"golang.org/x/term"

	"github.com/dynomad/dynomad"
)

// DestroyCmd removes an app with everything it has.
type DestroyCmd struct {
	AppFlag
	Confirm string `short:"c" placeholder:"NAME" help:"The app's name again, instead of being asked for it."`
}

// Run is `dynomad destroy`.
func (c *DestroyCmd) Run(ctx context.Context, ui *UI, api *Client, here Here) error {
	name, err := c.in(here.Dir)
	if err != nil {
		return err
	}
	if err := c.confirmed(ui, here, name); err != nil {
		return err
	}
	step := ui.Step("Destroying %s: its dynos, releases, config and log", name)
	var app heroku.App
	if err := api.delete(ctx, at("apps", name), &app); err != nil {
		return err
	}
	step.Done("done")
	if known, err := readAppFile(here.Dir); err == nil && known == name {
		if err := os.Remove(filepath.Join(here.Dir, appFile)); err != nil {
			ui.Warn("%s still names the app: %v", appFile, err)
		}
	}
	if ui.JSON() {
		return ui.Document(app)
	}
	return nil
}

// confirmed asks for the name again, since nothing brings a destroyed app back.
func (c *DestroyCmd) confirmed(ui *UI, here Here, name string) error {
	typed := c.Confirm
	if typed == "" {
		in, ok := here.Stdin.(*os.File)
		if !ok || !term.IsTerminal(int(in.Fd())) {
			return dynomad.Errorf(dynomad.KindInvalid, "destroying %s needs a confirmation", name).
				WithHint("say --confirm %s", name)
		}
		ui.Warn("this destroys %s with everything it has, and nothing brings it back", name)
		ui.Ask("Type its name to go on: ")
		line, err := readLine(bufio.NewReader(here.Stdin))
		if err != nil {
			return err
		}
		typed = line
	}
	if typed != name {
		return dynomad.Errorf(dynomad.KindInvalid, "%q is not %q, so nothing was destroyed", typed, name)
	}
	return nil
}
