package dev

import (
	"context"
	"os"
	"path/filepath"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cmd/dynomad/cli"
	"github.com/dynomad/dynomad/internal/devcluster"
)

// ImageCmd makes the image that docker dynos run in.
type ImageCmd struct {
	Fresh    bool `help:"Make it anew, with the security updates of today; running dynos keep the old one."`
	NameOnly bool `help:"Print its name and make nothing."`
}

// Run is `dynomad dev image`. It prints the image's name.
func (c *ImageCmd) Run(ctx context.Context, ui *cli.UI) error {
	if !c.NameOnly {
		docker, err := devcluster.FindDocker(ctx)
		if err != nil {
			return err
		}
		cache, err := os.UserCacheDir()
		if err != nil {
			return dynomad.Errorf(dynomad.KindInternal, "finding the cache folder: %w", err)
		}
		t := &telling{ui: ui}
		if err := devcluster.MakeStack(ctx, docker, filepath.Join(cache, "dynomad"), c.Fresh, t.say); err != nil {
			return err
		}
	}
	if ui.JSON() {
		return ui.Document(map[string]string{"image": devcluster.StackImage})
	}
	ui.Line("%s", devcluster.StackImage)
	return nil
}
