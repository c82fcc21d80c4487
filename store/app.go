package store

import (
	"time"

	"github.com/dynomad/dynomad"
)

const selectApps = `SELECT a.id, a.name, a.owner_id, u.email, a.maintenance, a.revision, a.created_at, a.updated_at
	FROM apps a JOIN users u ON u.id = a.owner_id `

func scanApp(r row) (a dynomad.App, err error) {
	err = r.Scan(&a.ID, &a.Name, &a.Owner, &a.OwnerEmail, &a.Maintenance, &a.Revision,
		(*instant)(&a.CreatedAt), (*instant)(&a.UpdatedAt))
	return a, err
}

// App reads an app by id.
func (tx *Tx) App(id dynomad.AppID) (dynomad.App, error) {
	return one(tx, scanApp, "app", string(id), selectApps+`WHERE a.id = $1`, id)
}

// AppByName reads an app by name.
func (tx *Tx) AppByName(name dynomad.AppName) (dynomad.App, error) {
	return one(tx, scanApp, "app", string(name), selectApps+`WHERE a.name = $1`, name)
}

// Apps reads an owner's apps by name; with "" everybody's.
func (tx *Tx) Apps(owner dynomad.UserID) ([]dynomad.App, error) {
	return all(tx, scanApp, selectApps+`WHERE $1 = '' OR a.owner_id = $1 ORDER BY a.name`, owner)
}

// PutApp writes an app. Its Revision is written for a new app only: from then on it moves by ReviseApp alone.
func (tx *Tx) PutApp(a dynomad.App) error {
	return tx.put(`INSERT INTO apps (id, name, owner_id, maintenance, revision, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, owner_id = excluded.owner_id, maintenance = excluded.maintenance,
			updated_at = excluded.updated_at`,
		a.ID, a.Name, a.Owner, a.Maintenance, a.Revision, instant(a.CreatedAt), instant(a.UpdatedAt))
}

// ReviseApp adds one to an app's Revision: something that decides what should be running was edited.
func (tx *Tx) ReviseApp(id dynomad.AppID, now time.Time) error {
	return tx.put(`UPDATE apps SET revision = revision + 1, updated_at = $2 WHERE id = $1`, id, instant(now))
}

// DeleteApp removes an app and every row that belongs to it. Only its events stay, until the feed has passed them.
func (tx *Tx) DeleteApp(id dynomad.AppID) error {
	return tx.put(`DELETE FROM apps WHERE id = $1`, id)
}
