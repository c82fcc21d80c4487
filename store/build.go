package store

import "github.com/dynomad/dynomad"

const buildColumns = `id, app_id, user_id, user_email, status, source_key, commit_hash, slug_id, release_id, created_at, updated_at`

func scanBuild(r row) (b dynomad.Build, err error) {
	err = r.Scan(&b.ID, &b.App, &b.User, &b.UserEmail, &b.Status, &b.SourceKey, &b.Commit, &b.Slug, &b.Release,
		(*instant)(&b.CreatedAt), (*instant)(&b.UpdatedAt))
	return b, err
}

// Build reads a build by id.
func (tx *Tx) Build(id dynomad.BuildID) (dynomad.Build, error) {
	return one(tx, scanBuild, "build", string(id), `SELECT `+buildColumns+` FROM builds WHERE id = $1`, id)
}

// Builds reads an app's builds, oldest first.
func (tx *Tx) Builds(app dynomad.AppID) ([]dynomad.Build, error) {
	return all(tx, scanBuild, `SELECT `+buildColumns+` FROM builds WHERE app_id = $1 ORDER BY created_at, id`, app)
}

// PendingBuilds reads every app's builds that have not ended, oldest first.
func (tx *Tx) PendingBuilds() ([]dynomad.Build, error) {
	return all(tx, scanBuild, `SELECT `+buildColumns+` FROM builds WHERE status = 'pending' ORDER BY created_at, id`)
}

// PutBuild writes a build.
func (tx *Tx) PutBuild(b dynomad.Build) error {
	return tx.put(`INSERT INTO builds (`+buildColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (id) DO UPDATE SET status = excluded.status, slug_id = excluded.slug_id, release_id = excluded.release_id,
			updated_at = excluded.updated_at`,
		b.ID, b.App, b.User, b.UserEmail, b.Status, b.SourceKey, b.Commit, b.Slug, b.Release,
		instant(b.CreatedAt), instant(b.UpdatedAt))
}
