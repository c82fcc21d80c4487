package dynomad

import (
	"strings"
	"time"
)

// BuildID is a build's UUID.
type BuildID string

// BuildStatus is where a build stands.
type BuildStatus string

// A build is pending until it ends as one of the two others.
const (
	BuildPending   BuildStatus = "pending"
	BuildSucceeded BuildStatus = "succeeded"
	BuildFailed    BuildStatus = "failed"
)

// Build turns an uploaded source into a Slug and a Release. It is a row before it is work, so that a restart of the
// server takes it up again.
type Build struct {
	ID        BuildID
	App       AppID
	User      UserID
	UserEmail string
	Status    BuildStatus
	SourceKey string // the uploaded tarball's key in the bucket
	Commit    string
	Slug      SlugID    // "" until it has succeeded
	Release   ReleaseID // "" until it has succeeded
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Output names the stream of lines that a build prints for whoever waits for it.
func (b Build) Output() OutputID { return OutputID(buildOutput + string(b.ID)) }

// OutputID names a stream of lines kept in the store: a build's or a release's.
type OutputID string

const (
	buildOutput   = "build-"
	releaseOutput = "release-"
)

// Build is the way back from Build.Output; false for the output of anything else.
func (id OutputID) Build() (BuildID, bool) {
	build, ok := strings.CutPrefix(string(id), buildOutput)
	return BuildID(build), ok
}

// Release is the way back from Release.Output; false for the output of anything else.
func (id OutputID) Release() (ReleaseID, bool) {
	release, ok := strings.CutPrefix(string(id), releaseOutput)
	return ReleaseID(release), ok
}

// OutputLine is one line of a build's or a release's output.
type OutputLine struct {
	Seq  int64 // from 1, rising
	Text string
	Last bool // nothing comes after it
}
