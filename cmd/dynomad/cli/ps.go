package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// PsCmd shows dynos.
type PsCmd struct {
	AppFlag
	Type string `arg:"" optional:"" help:"Only this process type."`
}

// Run is `dynomad ps`.
func (c *PsCmd) Run(ctx context.Context, ui *UI, api *Client, here Here) error {
	name, err := c.in(here.Dir)
	if err != nil {
		return err
	}
	dynos := []dyno{}
	if err := api.get(ctx, at("apps", name, "dynos"), &dynos); err != nil {
		return err
	}
	dynos = slices.DeleteFunc(dynos, func(d dyno) bool { return c.Type != "" && d.Type != c.Type })
	if ui.JSON() {
		return ui.Document(dynos)
	}
	if len(dynos) == 0 {
		ui.Note("No dynos run. `dynomad deploy` and `dynomad ps:scale` start some.")
		return nil
	}
	printDynos(ui, dynos, here.Now())
	return nil
}

// printDynos prints a block for each process type, in the order in which the API has them.
func printDynos(ui *UI, dynos []dyno, now time.Time) {
	for i := 0; i < len(dynos); {
		first := dynos[i]
		end, count := i, 0
		for ; end < len(dynos) && dynos[end].Type == first.Type; end++ {
			if dynos[end].State != "down" { // on its way out, with another in its place
				count++
			}
		}
		if i > 0 {
			ui.Line("")
		}
		ui.Heading("%s (%s): %s (%d)", first.Type, first.Size, first.Command, count)
		for _, d := range dynos[i:end] {
			ui.State(d.State, d.Name+": "+d.State, dynoLine(d, now))
		}
		i = end
	}
}

// dynoLine is what stands behind "web.1: up": "2026/11/23 08:00:00 +0000 (~ 2m ago) on client-1, v3".
func dynoLine(d dyno, now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)", when(d.UpdatedAt), ago(d.UpdatedAt, now))
	if d.Node != "" {
		b.WriteString(" on " + d.Node)
	}
	fmt.Fprintf(&b, ", v%d", d.Release.Version)
	if d.Reason != "" {
		b.WriteString(": " + d.Reason)
	}
	return b.String()
}
