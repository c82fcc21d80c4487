// Package builder turns an uploaded source into a slug: what platform calls its Builder.
//
// A source is a .tar.gz of a directory with a Procfile, a dynomad.hcl or both in its root; package source knows what else is
// read. Build reads it once, as a stream, straight out of the bucket, and writes no file. First it judges the archive (archive.go), as though whoever made
// it were hostile: nothing in it may lead out of the directory it will be unpacked to, fill a disk, or surprise Nomad,
// which unpacks it on its clients. Then it has package source read the texts (source.go). Everything that is wrong is
// reported at once, in one Invalid error.
//
// An archive without a fault becomes the slug as it is, under its SHA-256, so that the same source is stored once and its
// slug has the same URL for ever. One that is refused is deleted.
package builder

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/hcl"
	"github.com/dynomad/dynomad/source"
)

// Builder makes slugs. Its fields are set once and never change.
type Builder struct {
	Bucket  Bucket
	SlugURL func(key string) string // the stable URL at which Nomad's clients download a slug
	Limits  Limits                  // the zero value: DefaultLimits
}

// Bucket is what Build needs of package bucket, which a builder may not import.
type Bucket interface {
	Open(ctx context.Context, key string) (io.ReadCloser, error)
	Copy(ctx context.Context, to, from string) error
	Delete(ctx context.Context, key string) error
}

// Build makes a slug of the source at that key and tells what it does in lines on out. A source that cannot be used is an
// Invalid error that names every problem; judge adds those that only the platform knows about, and may be nil. Building the
// same source again gives the same slug.
func (b *Builder) Build(
	ctx context.Context, sourceKey string, out io.Writer, judge func(dynomad.Slug) dynomad.Problems,
) (dynomad.Slug, error) {
	say := teller{w: out}
	say.step("Checking source")
	a, err := b.check(ctx, sourceKey)
	if err != nil {
		return dynomad.Slug{}, err
	}
	read, problems := a.read()
	key := "slugs/" + a.sha256 + ".tar.gz"
	slug := dynomad.Slug{
		Key: key, URL: b.SlugURL(key), SHA256: a.sha256, Size: a.size,
		Processes: read.Processes, Domains: read.Domains, Overlay: read.Overlay,
	}
	if judge != nil && problems.Err() == nil {
		problems = append(problems, hcl.Place(source.Manifest, a.texts[source.Manifest], judge(slug))...)
	}
	for _, warning := range problems.Warnings() {
		for line := range strings.Lines(warning.In(a.texts)) {
			say.line(" !     %s", strings.TrimRight(line, "\n"))
		}
	}
	if err := problems.ErrIn(a.texts); err != nil {
		// A deletion that fails is no news for the user: old sources are swept out of the bucket anyway.
		_ = b.Bucket.Delete(ctx, sourceKey)
		return dynomad.Slug{}, err
	}
	say.detail("%s", types(a.texts, read.Processes))
	if err := b.Bucket.Copy(ctx, key, sourceKey); err != nil {
		return dynomad.Slug{}, err
	}
	say.step("Slug is %s", size(a.size))
	return slug, say.err
}

func (b *Builder) check(ctx context.Context, key string) (*archive, error) {
	upload, err := b.Bucket.Open(ctx, key)
	if dynomad.KindOf(err) == dynomad.KindNotFound {
		return nil, dynomad.Errorf(dynomad.KindInvalid, "the archive has not been uploaded, or was refused before").
			WithHint("ask for a new source or slug, and upload the archive to the URL that comes with it")
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = upload.Close() }()
	limits := b.Limits
	if limits == (Limits{}) {
		limits = DefaultLimits()
	}
	a, err := inspect(upload, limits, source.Names...)
	if err != nil {
		return nil, &dynomad.Error{Kind: dynomad.KindUnavailable, Message: "the uploaded source cannot be read", Err: err}
	}
	return a, nil
}

// Check judges an archive that was uploaded ready-made under a slug's key, and tells its SHA256 and Size. What cannot be
// used is deleted, and an Invalid error names every problem.
func (b *Builder) Check(ctx context.Context, slugKey string) (dynomad.Slug, error) {
	a, err := b.check(ctx, slugKey)
	if err != nil {
		return dynomad.Slug{}, err
	}
	if err := a.problems.Err(); err != nil {
		_ = b.Bucket.Delete(ctx, slugKey)
		return dynomad.Slug{}, err
	}
	return dynomad.Slug{Key: slugKey, SHA256: a.sha256, Size: a.size}, nil
}

// teller writes the build's output in the form that Heroku's users know, and keeps the first error.
type teller struct {
	w   io.Writer
	err error
}

func (t *teller) line(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format+"\n", args...)
	}
}

func (t *teller) step(format string, args ...any)   { t.line("-----> "+format, args...) }
func (t *teller) detail(format string, args ...any) { t.line("       "+format, args...) }

// types says which process types there are, and by which file, in Heroku's words.
func types(texts map[string][]byte, processes []dynomad.Process) string {
	file := source.Procfile
	for _, other := range []string{source.HerokuYML, source.Manifest} {
		if _, there := texts[file]; !there {
			file = other
		}
	}
	names := make([]string, len(processes))
	for i, p := range processes {
		names[i] = string(p.Type)
	}
	return file + " declares types: " + strings.Join(names, ", ")
}

// size is a number of bytes for people.
func size(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f kB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d bytes", n)
}
