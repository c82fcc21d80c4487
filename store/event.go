package store

import (
	"time"

	"github.com/dynomad/dynomad"
)

const eventColumns = `seq, time, app_id, app_name, actor, source, process, text, key`

func scanEvent(r row) (e dynomad.Event, err error) {
	err = r.Scan(&e.Seq, (*instant)(&e.Time), &e.App, &e.AppName, &e.Actor, &e.Source, &e.Process, &e.Text, &e.Key)
	return e, err
}

// AddEvent writes an event and gives it its number. One whose Key is there already is left out: it has happened.
func (tx *Tx) AddEvent(e dynomad.Event) error {
	if e.Key != "" {
		n, err := one(tx, scanInt, "event", e.Key, `SELECT COUNT(*) FROM events WHERE key = $1`, e.Key)
		if err != nil || n > 0 {
			return err
		}
	}
	seq, err := one(tx, scanInt, "counter", "events", `UPDATE counters SET value = value + 1 WHERE name = 'events' RETURNING value`)
	if err != nil {
		return err
	}
	return tx.put(`INSERT INTO events (`+eventColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		seq, instant(e.Time), e.App, e.AppName, e.Actor, e.Source, e.Process, e.Text, e.Key)
}

// Events reads at most limit events that come after number after, in order.
func (tx *Tx) Events(after int64, limit int) ([]dynomad.Event, error) {
	return all(tx, scanEvent, `SELECT `+eventColumns+` FROM events WHERE seq > $1 ORDER BY seq LIMIT $2`, after, limit)
}

// HasEvent says whether an event with this key was written.
func (tx *Tx) HasEvent(key string) (bool, error) {
	n, err := one(tx, scanInt, "event", key, `SELECT COUNT(*) FROM events WHERE key = $1`, key)
	return n > 0, err
}

// PruneEvents removes events that every reader has passed: those from before a time, and all of apps that are gone.
func (tx *Tx) PruneEvents(before time.Time) error {
	return tx.put(`DELETE FROM events WHERE seq <= (SELECT MIN(seq) FROM cursors)
		AND (time < $1 OR NOT EXISTS (SELECT 1 FROM apps WHERE apps.id = events.app_id))`, instant(before))
}

// Cursor is the number of the last event that the reader of this name has dealt with; 0 for a reader that never read.
func (tx *Tx) Cursor(name string) (int64, error) {
	return one(tx, scanInt, "cursor", name, `SELECT COALESCE(MAX(seq), 0) FROM cursors WHERE name = $1`, name)
}

// PutCursor writes it.
func (tx *Tx) PutCursor(name string, seq int64) error {
	return tx.put(`INSERT INTO cursors (name, seq) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq`, name, seq)
}
