package platform

import (
	"context"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
)

// Output tells the lines of a build's or a release's output that come after one number. Whoever may see it was given a URL
// that says so (Links.Output); no actor is asked for.
func (p *Platform) Output(ctx context.Context, id dynomad.OutputID, after int64) (lines []dynomad.OutputLine, err error) {
	err = p.Store.View(ctx, func(tx *store.Tx) error {
		lines, err = tx.Output(id, after)
		return err
	})
	return lines, err
}

func (p *Platform) addOutput(ctx context.Context, app dynomad.AppID, id dynomad.OutputID, text string) error {
	return p.Store.Update(ctx, func(tx *store.Tx) error { return tx.AddOutput(app, id, dynomad.OutputLine{Text: text}) })
}
