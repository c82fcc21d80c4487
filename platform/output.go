package platform

import (
	"context"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
)

// Output tells the lines of a build's or a release's output that come after one number. Whoever may see it was given a URL
// that says so (Links.Output); no actor is asked for. An output of an app that is gone is NotFound: it would never end.
func (p *Platform) Output(ctx context.Context, id dynomad.OutputID, after int64) (lines []dynomad.OutputLine, err error) {
	err = p.Store.View(ctx, func(tx *store.Tx) error {
		if lines, err = tx.Output(id, after); err != nil || len(lines) > 0 {
			return err
		}
		return speaker(tx, id)
	})
	return lines, err
}

// speaker is the NotFound error where there is nobody, no build and no release, who could ever write to an output.
func speaker(tx *store.Tx, id dynomad.OutputID) (err error) {
	if build, ok := id.Build(); ok {
		_, err = tx.Build(build)
		return err
	}
	release, _ := id.Release()
	_, err = tx.Release(release)
	return err
}

func (p *Platform) addOutput(ctx context.Context, app dynomad.AppID, id dynomad.OutputID, text string) error {
	return p.Store.Update(ctx, func(tx *store.Tx) error { return tx.AddOutput(app, id, dynomad.OutputLine{Text: text}) })
}
