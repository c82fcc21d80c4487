package dev

import (
	"bufio"
	"context"
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cmd/dynomad/cli"
)

// ResetCmd ends a platform and deletes its data.
type ResetCmd struct {
	Place `embed:""`
	Yes   bool `short:"y" help:"Do not ask."`
}

// Run is `dynomad dev reset`.
func (c *ResetCmd) Run(ctx context.Context, ui *cli.UI, here cli.Here) error {
	dir, err := c.dir()
	if err != nil {
		return err
	}
	cluster, err := open(dir)
	if err != nil {
		return err
	}
	if !c.Yes {
		ui.Ask("All apps, releases and logs in " + dir + " will be gone. Really? [y/N] ")
		answer, err := bufio.NewReader(here.Stdin).ReadString('\n')
		if err != nil || !strings.EqualFold(strings.TrimSpace(answer), "y") {
			return dynomad.Errorf(dynomad.KindInvalid, "nothing has been deleted")
		}
	}
	l, err := end(ctx, ui, dir)
	if err != nil {
		return err
	}
	defer l.release()
	return cluster.Remove()
}
