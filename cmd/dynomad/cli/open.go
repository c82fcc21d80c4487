package cli

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strings"

	heroku "github.com/heroku/heroku-go/v6"
	"golang.org/x/term"

	"github.com/dynomad/dynomad"
)

// OpenCmd opens the app in a browser.
type OpenCmd struct {
	AppFlag
	Path string `arg:"" optional:"" help:"A path within the app."`
}

// Run is `dynomad open`. The address is printed in any case; a browser is started only by somebody at a terminal.
func (c *OpenCmd) Run(ctx context.Context, ui *UI, api *Client, here Here) error {
	name, err := c.in(here.Dir)
	if err != nil {
		return err
	}
	var app heroku.App
	if err := api.get(ctx, at("apps", name), &app); err != nil {
		return err
	}
	address, err := within(webURL(app), c.Path)
	if err != nil {
		return err
	}
	if ui.JSON() {
		return ui.Document(map[string]string{"url": address})
	}
	ui.Line("%s", address)
	if in, ok := here.Stdin.(*os.File); !ok || !term.IsTerminal(int(in.Fd())) {
		return nil
	}
	program := "xdg-open"
	if runtime.GOOS == "darwin" {
		program = "open"
	}
	if found, err := exec.LookPath(program); err == nil {
		if err := exec.CommandContext(context.WithoutCancel(ctx), found, address).Start(); err != nil {
			return fmt.Errorf("start the browser: %w", err)
		}
	}
	return nil
}

// within is an address within the app; a path cannot lead out of it.
func within(base, path string) (string, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return "", dynomad.Errorf(dynomad.KindInternal, "the app's address %q cannot be read", base)
	}
	p, err := url.Parse("/" + strings.TrimLeft(path, "/"))
	if err != nil {
		return "", dynomad.Errorf(dynomad.KindInvalid, "%q is not a path: %w", path, err)
	}
	return u.ResolveReference(p).String(), nil
}
