package platform

import (
	"context"
	"strings"
	"time"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
)

const (
	eventsKept = 7 * 24 * time.Hour // as long as Heroku keeps log history at most
	pruneEvery = 1000               // events
	destroyed  = "destroyed "       // begins the key of an app's last event
)

// Events tells what happened after event number after, in order, at most limit of it.
func (p *Platform) Events(ctx context.Context, after int64, limit int) (events []dynomad.Event, err error) {
	err = p.Store.View(ctx, func(tx *store.Tx) error {
		events, err = tx.Events(after, limit)
		return err
	})
	return events, err
}

// Feed hands the events that the reader of this name has not had yet to deliver, in order and at most limit, and remembers
// how far it came once deliver returns nil. After a crash between the two the same events come again. N counts what was
// delivered.
func (p *Platform) Feed(ctx context.Context, name string, limit int, deliver func([]dynomad.Event) error) (n int, err error) {
	var from int64
	var events []dynomad.Event
	err = p.Store.View(ctx, func(tx *store.Tx) error {
		if from, err = tx.Cursor(name); err != nil {
			return err
		}
		events, err = tx.Events(from, limit)
		return err
	})
	if err != nil || len(events) == 0 {
		return 0, err
	}
	if err := deliver(events); err != nil {
		return 0, err
	}
	to := events[len(events)-1].Seq
	err = p.Store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.PutCursor(name, to); err != nil {
			return err
		}
		if from/pruneEvery == to/pruneEvery && !anyLast(events) {
			return nil
		}
		return tx.PruneEvents(p.now().Add(-eventsKept))
	})
	return len(events), err
}

// anyLast says whether an app ended in these events: what is left of it can go.
func anyLast(events []dynomad.Event) bool {
	for _, e := range events {
		if strings.HasPrefix(e.Key, destroyed) {
			return true
		}
	}
	return false
}
