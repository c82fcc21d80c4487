// Package platform holds the verbs: what a user, the clock or the cluster can make Dynomad do. Doors (httpapi, console,
// reconcile) decode a request, call one verb, and encode what it returns.
//
// Every verb reads the same way: authorise, load, change by a pure function, save with its Event in one transaction, then
// Sync. One verb, one file; Scale (scale.go) is a good one to read first, and the one to copy for a new verb.
//
//	func (p *Platform) Scale(ctx, actor, ref, changes) {
//		p.edit(ctx, actor, ref, func(tx, app) error {   // one transaction; edit finds the app that the actor may see
//			formation.Scale(changes)                    // the change itself is a pure function of the root package
//			tx.PutFormation; tx.ReviseApp; p.tell       // the rows, the revision, the event
//		})
//		p.hurry(ctx, app)                               // Sync now; if it cannot be now, the sweep does it
//	}
//
// Sync is the only road to Nomad: store.Blueprint → translator.Translate → Cluster.Apply. It may be called any number of
// times, in any order, and never inside a transaction: a verb whose transaction has committed has succeeded, even while
// Nomad is away, because the sweep carries out whatever the rows say. The files of that road:
//
//	sync.go    one app's job is made what the rows say, and what was registered is noted (store.Applied)
//	settle.go  a registration is followed to its end: the pending release succeeds or fails, with the reason in words
//	sweep.go   all apps: only those whose rows or whose job moved are Synced
//	turn.go    one Sync, Settle or Destroy an app at a time
//
// A release is pending until Nomad's deployment of it ends. While it is pending it is the release that should be running;
// when it fails, that is the newest succeeded one again, without another step: "current" is worked out from the rows and
// never stored.
package platform

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
	"github.com/dynomad/dynomad/translator"
)

// Platform carries what the verbs need. All fields are set by whoever assembles it and never change.
type Platform struct {
	Store   *store.Store
	Cluster Cluster
	Builder Builder
	Links   Links
	Target  translator.Target // what new releases are made with
	Now     func() time.Time
	NewID   func() string // UUIDv7
	Log     *slog.Logger

	turns turns
}

// Builder turns an uploaded source into a slug. Package builder is the real one.
type Builder interface {
	// Build reads the source with this key out of the bucket and makes a slug of it: Key, URL, SHA256, Size and what the
	// source says are set. It tells what it does in lines on out. A source that cannot be used is an Invalid error that names
	// every problem; judge tells those that the slug would meet here.
	Build(ctx context.Context, sourceKey string, out io.Writer, judge func(dynomad.Slug) dynomad.Problems) (dynomad.Slug, error)
	// Check judges an archive that was uploaded ready-made under a slug's key, as Build judges a source, and sets SHA256 and
	// Size.
	Check(ctx context.Context, slugKey string) (dynomad.Slug, error)
}

// Links makes the URLs that carry their own permission.
type Links struct {
	SourcePut func(key string) string // upload a source
	SourceGet func(key string) string
	SourceKey func(url string) (key string, ok bool) // the way back from either
	SlugPut   func(key string) string
	SlugGet   func(key string) string
	Output    func(dynomad.OutputID) string
	Logs      func(LogSession) string
}

// now is the clock as rows keep it.
func (p *Platform) now() time.Time { return p.Now().UTC().Truncate(time.Microsecond) }
