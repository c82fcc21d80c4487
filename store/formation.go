package store

import "github.com/dynomad/dynomad"

func scanEntry(r row) (e dynomad.FormationEntry, err error) {
	err = r.Scan(&e.ID, &e.Type, &e.Quantity, &e.Size, (*instant)(&e.CreatedAt), (*instant)(&e.UpdatedAt))
	return e, err
}

// Formation reads an app's formation, by type. It may hold types of the release before while a release is pending.
func (tx *Tx) Formation(app dynomad.AppID) (dynomad.Formation, error) {
	return all(tx, scanEntry, `SELECT id, type, quantity, size, created_at, updated_at FROM formation WHERE app_id = $1
		ORDER BY type`, app)
}

// PutFormation writes an app's formation in place of the one before: types that are not in it are gone.
func (tx *Tx) PutFormation(app dynomad.AppID, f dynomad.Formation) error {
	if err := tx.put(`DELETE FROM formation WHERE app_id = $1`, app); err != nil {
		return err
	}
	for _, e := range f {
		if err := tx.put(`INSERT INTO formation (app_id, type, id, quantity, size, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			app, e.Type, e.ID, e.Quantity, e.Size, instant(e.CreatedAt), instant(e.UpdatedAt)); err != nil {
			return err
		}
	}
	return nil
}
