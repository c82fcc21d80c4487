package store

import (
	"time"

	"github.com/dynomad/dynomad"
)

// Applied is what Nomad was last told about an app, and how that goes.
type Applied struct {
	App        dynomad.AppID
	Release    dynomad.ReleaseID // whose job it was
	Digest     string            // of all its jobs; "": the job was stopped, or there was none to stop
	Index      uint64            // the JobModifyIndex that Nomad answered; 0: no job
	Stopped    bool              // the job was stopped because the release has nothing but crons
	Crons      map[string]uint64 // the cron jobs beside it, by job id, with their JobModifyIndex
	Revision   int64             // the app's, when the Blueprint was read
	Settled    bool              // its deployment has ended, or it made none
	Progress   string            // the last words about its deployment
	Registered time.Time
	Moved      time.Time // when Progress last changed
}

const appliedColumns = `app_id, release_id, digest, job_index, stopped, crons, revision, settled, progress, registered_at, moved_at`

func scanApplied(r row) (a Applied, err error) {
	err = r.Scan(&a.App, &a.Release, &a.Digest, &a.Index, &a.Stopped, text{&a.Crons}, &a.Revision, &a.Settled, &a.Progress,
		(*instant)(&a.Registered), (*instant)(&a.Moved))
	return a, err
}

// Applied reads what Nomad was last told about an app; the zero Applied where it was told nothing yet.
func (tx *Tx) Applied(app dynomad.AppID) (Applied, error) {
	a, err := one(tx, scanApplied, "applied job of app", string(app), `SELECT `+appliedColumns+` FROM applied WHERE app_id = $1`, app)
	if dynomad.KindOf(err) == dynomad.KindNotFound {
		return Applied{App: app}, nil
	}
	return a, err
}

// PutApplied writes it, unless a later registration is there already: of two writers the older one loses, as in Nomad.
func (tx *Tx) PutApplied(a Applied) error {
	return tx.put(`INSERT INTO applied (`+appliedColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (app_id) DO UPDATE SET release_id = excluded.release_id, digest = excluded.digest, job_index = excluded.job_index,
			stopped = excluded.stopped, crons = excluded.crons, revision = excluded.revision, settled = excluded.settled, progress = excluded.progress,
			registered_at = excluded.registered_at, moved_at = excluded.moved_at
		WHERE excluded.job_index >= applied.job_index OR excluded.job_index = 0`,
		a.App, a.Release, a.Digest, a.Index, a.Stopped, text{a.Crons}, a.Revision, a.Settled, a.Progress, instant(a.Registered), instant(a.Moved))
}

// Standing is one app as a sweep sees it: what it should be, and what Nomad was told.
type Standing struct {
	App      dynomad.AppID
	Name     dynomad.AppName
	Revision int64
	Pending  bool // it has a release that has not ended
	Applied  Applied
}

// Standings reads every app's standing, by name, in one query.
func (tx *Tx) Standings() ([]Standing, error) {
	return all(tx, scanStanding, selectStandings+`ORDER BY a.name`)
}

// Unsettled reads the standing of the apps on which something goes on: a pending release, or a running deployment.
func (tx *Tx) Unsettled() ([]Standing, error) {
	return all(tx, scanStanding, selectStandings+`WHERE a.id IN (SELECT app_id FROM releases WHERE status = 'pending'
		UNION SELECT app_id FROM applied WHERE NOT settled) ORDER BY a.name`)
}

const selectStandings = `SELECT a.id, a.name, a.revision,
	EXISTS (SELECT 1 FROM releases r WHERE r.app_id = a.id AND r.status = 'pending'),
	COALESCE(p.release_id, ''), COALESCE(p.digest, ''), COALESCE(p.job_index, 0), COALESCE(p.stopped, FALSE), COALESCE(p.crons, ''),
	COALESCE(p.revision, 0), COALESCE(p.settled, TRUE)
	FROM apps a LEFT JOIN applied p ON p.app_id = a.id `

func scanStanding(r row) (s Standing, err error) {
	err = r.Scan(&s.App, &s.Name, &s.Revision, &s.Pending,
		&s.Applied.Release, &s.Applied.Digest, &s.Applied.Index, &s.Applied.Stopped, text{&s.Applied.Crons},
		&s.Applied.Revision, &s.Applied.Settled)
	s.Applied.App = s.App
	return s, err
}
