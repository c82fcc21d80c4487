package dynomad

import "time"

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
func (b Build) Output() OutputID { return OutputID("build-" + string(b.ID)) }

// OutputID names a stream of lines kept in the store.
type OutputID string

// OutputLine is one line of a build's or a release's output.
type OutputLine struct {
	Seq  int64 // from 1, rising
	Text string
	Last bool // nothing comes after it
}
