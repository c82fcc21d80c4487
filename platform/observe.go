package platform

import (
	"context"
	"slices"
	"strconv"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
)

// starting is how the cluster tells a start; who knows the command adds it.
const starting = "Starting process"

// Observe writes what happened to an app's dynos as events, each once however often it is seen. An app that is gone has none.
func (p *Platform) Observe(ctx context.Context, name dynomad.AppName) error {
	app, dynos, err := p.dynos(ctx, dynomad.System, string(name))
	if dynomad.KindOf(err) == dynomad.KindNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	var events []dynomad.Event
	for _, d := range dynos {
		events = append(events, p.moments(app, d)...)
	}
	if events, err = p.unheard(ctx, events); err != nil || len(events) == 0 {
		return err
	}
	slices.SortStableFunc(events, func(a, b dynomad.Event) int { return a.Time.Compare(b.Time) })
	return p.Store.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.App(app.ID); err != nil {
			return ignoreNotFound(err) // destroyed meanwhile
		}
		for _, e := range events {
			if err := tx.AddEvent(e); err != nil {
				return err
			}
		}
		return nil
	})
}

// moments are a dyno's history as events. What is older than events are kept would be told again, so it is left out.
func (p *Platform) moments(app dynomad.App, d dynomad.Dyno) []dynomad.Event {
	var events []dynomad.Event
	for _, m := range d.History {
		if p.since(m.Time) >= eventsKept {
			continue
		}
		text := m.Text
		if text == starting && d.Command != "" {
			text += " with command `" + oneLine(d.Command) + "`"
		}
		events = append(events, dynomad.Event{
			Time: m.Time, App: app.ID, AppName: app.Name, Source: "heroku", Process: d.Name(), Text: text,
			Key: string(d.ID) + " " + strconv.FormatInt(m.Time.UnixMicro(), 10), // no two moments of a dyno share a time
		})
	}
	return events
}

// unheard drops the events that are there already, without taking the write lock for it.
func (p *Platform) unheard(ctx context.Context, events []dynomad.Event) (fresh []dynomad.Event, err error) {
	err = p.Store.View(ctx, func(tx *store.Tx) error {
		for _, e := range events {
			heard, err := tx.HasEvent(e.Key)
			if err != nil {
				return err
			}
			if !heard {
				fresh = append(fresh, e)
			}
		}
		return nil
	})
	return fresh, err
}

func ignoreNotFound(err error) error {
	if dynomad.KindOf(err) == dynomad.KindNotFound {
		return nil
	}
	return err
}
