package dynomad

import (
	"encoding/json"
	"time"
)

// SlugID is a slug's UUID.
type SlugID string

// Slug is a program ready to run: a content-addressed tarball in the bucket and the process types it offers.
type Slug struct {
	ID        SlugID
	App       AppID
	Key       string // the tarball's key in the bucket; "" while it has not been uploaded
	URL       string // a capability by which a Nomad client downloads it, stable because it stands in the job
	SHA256    string // hex digest of the tarball
	Size      int64  // bytes of the tarball
	Commit    string // what the deployer says it was made of, or ""
	Image     string // a container image that runs instead of a tarball, or ""
	Processes []Process
	Domains   []string        // host names that its manifest wants for the app
	Overlay   json.RawMessage // what its manifest lays over the app's job: see Manifest.Nomad
	CreatedAt time.Time
	UpdatedAt time.Time
}
