package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	heroku "github.com/heroku/heroku-go/v6"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator/procfile"
)

// CreateCmd makes an app and remembers it for the directory.
type CreateCmd struct {
	Name string `arg:"" optional:"" help:"The app's name; one is made up otherwise."`
}

// Run is `dynomad create`.
func (c *CreateCmd) Run(ctx context.Context, ui *UI, api *Client, here Here) error {
	request := map[string]string{}
	if c.Name != "" {
		if err := dynomad.AppName(c.Name).Valid(); err != nil {
			return err
		}
		request["name"] = c.Name
	}
	step := ui.Step("Creating app")
	var app heroku.App
	if err := api.post(ctx, "/apps", request, &app); err != nil {
		return err
	}
	step.Done("done, %s", app.Name)
	if err := remember(ui, here, app.Name); err != nil {
		return err
	}
	if ui.JSON() {
		return ui.Document(app)
	}
	ui.Line("%s", webURL(app))
	return nil
}

// remember writes the name into the directory's .dynomad file, if the directory looks like an app's (a Procfile is there)
// and names no other app yet.
func remember(ui *UI, here Here, name string) error {
	if !exists(filepath.Join(here.Dir, procfile.Name)) {
		return nil
	}
	switch known, err := readAppFile(here.Dir); {
	case err == nil && known != name:
		ui.Warn("%s names %s already, so say --app %s for this one", appFile, known, name)
		return nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	note := filepath.Join(here.Dir, appFile)
	if err := os.WriteFile(note, []byte(name+"\n"), 0o644); err != nil { //nolint:gosec // no secret: it may be committed
		return fmt.Errorf("remember the app's name: %w", err)
	}
	ui.Note("Commands in this directory are for %s from now on (%s says so).", name, appFile)
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// webURL is where the app answers.
func webURL(app heroku.App) string {
	if app.WebURL == nil {
		return ""
	}
	return *app.WebURL
}
