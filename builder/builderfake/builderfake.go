// Package builderfake is a builder in memory, for tests of whatever builds. It behaves like package builder: sources are
// kept by key, equal sources give the equal slug, one that was never uploaded or that has problems is an Invalid error that
// names them all, and a bucket that is away is Unavailable. Only there is no archive: a source is its Procfile, of which every
// line must be a process type, a colon and a command. What a manifest would add stands there, too: "cron nightly: work" is a
// cron, and "domain www.example.com" a host name.
package builderfake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/dynomad/dynomad"
)

// Builder is the builder with its bucket. It is safe for concurrent use.
type Builder struct {
	mu      sync.Mutex
	sources map[string]string
	down    bool
	built   int
}

// New makes a builder without a source.
func New() *Builder { return &Builder{sources: map[string]string{}} }

// Upload keeps a Procfile as the source of this key.
func (b *Builder) Upload(key, procfile string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sources[key] = procfile
}

// Down makes every build fail as Unavailable, as a bucket does that is away, until Down(false).
func (b *Builder) Down(down bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down = down
}

// Built counts the builds that ended well.
func (b *Builder) Built() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.built
}

// Build reads the source of this key and makes a slug of it.
func (b *Builder) Build(
	ctx context.Context, sourceKey string, out io.Writer, judge func(dynomad.Slug) dynomad.Problems,
) (dynomad.Slug, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return dynomad.Slug{}, err
	}
	if b.down {
		return dynomad.Slug{}, dynomad.Errorf(dynomad.KindUnavailable, "the bucket cannot be reached")
	}
	if _, err := fmt.Fprintln(out, "-----> Checking source"); err != nil {
		return dynomad.Slug{}, err
	}
	text, ok := b.sources[sourceKey]
	if !ok {
		return dynomad.Slug{}, dynomad.Errorf(dynomad.KindInvalid, "the source was never uploaded").
			WithHint("PUT the tarball to the source's put_url before building it")
	}
	slug, problems := read(text)
	sum := sha256.Sum256([]byte(text))
	slug.SHA256, slug.Size = hex.EncodeToString(sum[:]), int64(len(text))
	slug.Key = "slugs/" + slug.SHA256 + ".tar.gz"
	slug.URL = "http://bucket.invalid/blobs/" + slug.Key
	if problems.Err() == nil && judge != nil {
		problems = append(problems, judge(slug)...)
	}
	for _, warning := range problems.Warnings() {
		if _, err := fmt.Fprintln(out, " !    ", warning); err != nil {
			return dynomad.Slug{}, err
		}
	}
	if err := problems.Err(); err != nil {
		return dynomad.Slug{}, err
	}
	b.built++
	return slug, nil
}

func read(text string) (slug dynomad.Slug, problems dynomad.Problems) {
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if domain, ok := strings.CutPrefix(line, "domain "); ok {
			slug.Domains = append(slug.Domains, domain)
			continue
		}
		name, command, ok := strings.Cut(line, ":")
		if !ok {
			problems = append(problems, dynomad.Problem{File: "Procfile", Line: i + 1, Message: "is not a type, a colon and a command"})
			continue
		}
		process := dynomad.Process{Type: dynomad.ProcessType(name), Command: strings.TrimSpace(command)}
		if cron, ok := strings.CutPrefix(name, "cron "); ok {
			process.Type, process.Settings.Schedule = dynomad.ProcessType(cron), []string{"0 3 * * *"}
		}
		slug.Processes = append(slug.Processes, process)
	}
	return slug, problems
}

// Check judges what was uploaded ready-made under a slug's key: anything but nothing is good.
func (b *Builder) Check(_ context.Context, slugKey string) (dynomad.Slug, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down {
		return dynomad.Slug{}, dynomad.Errorf(dynomad.KindUnavailable, "the bucket cannot be reached")
	}
	text, ok := b.sources[slugKey]
	if !ok {
		return dynomad.Slug{}, dynomad.Errorf(dynomad.KindInvalid, "nothing was uploaded as this slug")
	}
	sum := sha256.Sum256([]byte(text))
	return dynomad.Slug{Key: slugKey, SHA256: hex.EncodeToString(sum[:]), Size: int64(len(text))}, nil
}
