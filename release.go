package dynomad

import (
	"strconv"
	"time"
)

// ReleaseID is a release's UUID.
type ReleaseID string

// Version numbers an app's releases from 1 without a gap.
type Version int

// String is "v12", which is also the name of the release's main task in Nomad.
func (v Version) String() string { return "v" + strconv.Itoa(int(v)) }

// ReleaseStatus is where a release stands.
type ReleaseStatus string

// A release is pending until Nomad has it healthy (succeeded), gives it up (failed) or a newer release overtakes it (expired).
const (
	ReleasePending   ReleaseStatus = "pending"
	ReleaseSucceeded ReleaseStatus = "succeeded"
	ReleaseFailed    ReleaseStatus = "failed"
	ReleaseExpired   ReleaseStatus = "expired"
)

// Release joins a slug with config values under one version. It never changes but for its status.
type Release struct {
	ID          ReleaseID
	App         AppID
	Version     Version
	Slug        SlugID // "": nothing to run yet
	Config      int64  // the version of the config values it runs with
	Target      string // the digest of the translator's Target that it was made with
	User        UserID
	UserEmail   string
	Description string // Heroku's words: "Deploy 582fc95", "Set X config vars", "Rollback to v102"
	Status      ReleaseStatus
	Reason      string // why it failed, in words; "" otherwise
	Current     bool   // read with the row: the release that should be running
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Output names the stream of lines that tells how the release went.
func (r Release) Output() OutputID { return OutputID(releaseOutput + string(r.ID)) }

// Runnable says whether a rollback to r is possible.
func (r Release) Runnable() bool { return r.Slug != "" && r.Status == ReleaseSucceeded }
