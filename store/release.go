package store

import (
	"github.com/dynomad/dynomad"
)

// current picks the release that should be running out of the releases r of one app: the newest that has not failed and
// was not overtaken. A pending one comes first by itself, because a newer release ends whichever was pending before it.
const current = `(SELECT c.id FROM releases c WHERE c.app_id = r.app_id AND c.status IN ('pending', 'succeeded')
	ORDER BY c.version DESC LIMIT 1)`

const selectReleases = `SELECT r.id, r.app_id, r.version, r.slug_id, r.config_version, r.target, r.user_id, r.user_email,
	r.description, r.status, r.reason, r.created_at, r.updated_at, r.id = ` + current + ` FROM releases r `

func scanRelease(r row) (l dynomad.Release, err error) {
	var isCurrent *bool // unknown where no release should be running
	err = r.Scan(&l.ID, &l.App, &l.Version, &l.Slug, &l.Config, &l.Target, &l.User, &l.UserEmail,
		&l.Description, &l.Status, &l.Reason, (*instant)(&l.CreatedAt), (*instant)(&l.UpdatedAt), &isCurrent)
	l.Current = isCurrent != nil && *isCurrent
	return l, err
}

// Release reads a release by id.
func (tx *Tx) Release(id dynomad.ReleaseID) (dynomad.Release, error) {
	return one(tx, scanRelease, "release", string(id), selectReleases+`WHERE r.id = $1`, id)
}

// ReleaseByVersion reads one of an app's releases.
func (tx *Tx) ReleaseByVersion(app dynomad.AppID, version dynomad.Version) (dynomad.Release, error) {
	return one(tx, scanRelease, "release", version.String(), selectReleases+`WHERE r.app_id = $1 AND r.version = $2`, app, version)
}

// CurrentRelease reads the release of an app that should be running.
func (tx *Tx) CurrentRelease(app dynomad.AppID) (dynomad.Release, error) {
	return one(tx, scanRelease, "current release of app", string(app), selectReleases+`WHERE r.app_id = $1 AND r.id = `+current, app)
}

// Releases reads an app's releases, oldest first.
func (tx *Tx) Releases(app dynomad.AppID) ([]dynomad.Release, error) {
	return all(tx, scanRelease, selectReleases+`WHERE r.app_id = $1 ORDER BY r.version`, app)
}

// PendingReleases reads the releases of an app that have not ended, oldest first.
func (tx *Tx) PendingReleases(app dynomad.AppID) ([]dynomad.Release, error) {
	return all(tx, scanRelease, selectReleases+`WHERE r.app_id = $1 AND r.status = 'pending' ORDER BY r.version`, app)
}

// LastVersion is the version of an app's newest release, whatever became of it; 0 where there is none.
func (tx *Tx) LastVersion(app dynomad.AppID) (dynomad.Version, error) {
	n, err := one(tx, scanInt, "app", string(app), `SELECT COALESCE(MAX(version), 0) FROM releases WHERE app_id = $1`, app)
	return dynomad.Version(n), err
}

// PutRelease writes a release. Of one that is there already only what may change is written: status, reason, update time.
func (tx *Tx) PutRelease(l dynomad.Release) error {
	return tx.put(`INSERT INTO releases (id, app_id, version, slug_id, config_version, target, user_id, user_email,
			description, status, reason, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		ON CONFLICT (id) DO UPDATE SET status = excluded.status, reason = excluded.reason, updated_at = excluded.updated_at`,
		l.ID, l.App, l.Version, l.Slug, l.Config, l.Target, l.User, l.UserEmail,
		l.Description, l.Status, l.Reason, instant(l.CreatedAt), instant(l.UpdatedAt))
}

// Target reads what releases were made with, by digest: the translator's Target as JSON.
func (tx *Tx) Target(digest string) ([]byte, error) {
	body, err := one(tx, scanString, "target", digest, `SELECT body FROM targets WHERE digest = $1`, digest)
	return []byte(body), err
}

// PutTarget keeps it; one that is there already stays as it is.
func (tx *Tx) PutTarget(digest string, body []byte) error {
	return tx.put(`INSERT INTO targets (digest, body) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING`, digest, string(body))
}
