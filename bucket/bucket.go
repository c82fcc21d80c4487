// Package bucket keeps the large things: uploaded sources, the slugs made of them, the log agent's binary.
//
// A Bucket is a flat set of blobs behind gocloud.dev/blob: a directory by default, any other store by its URL. What is in
// it never changes: a key is written once, in one piece, hashed and limited while it streams, and a write that fails half
// way leaves nothing behind. Keys say what they hold:
//
//	sources/UUID.tar.gz    what a user uploaded, until it was built
//	slugs/SHA256.tar.gz    what dynos run; also slugs/UUID.tar.gz, uploaded ready-made
//	agents/SHA256          the log agent's binary
//
// Nobody outside reads the directory. Door serves blobs over HTTP to whoever holds a capability, a URL made by Links:
// uploaders put with one, Nomad clients download with one. The Door runs in the server or as a process of its own
// (`dynomad bucket`), so that dynos are rescheduled while the control plane is down.
package bucket

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/gcerrors"

	"github.com/dynomad/dynomad"
)

// DefaultLimit bounds one blob, in bytes, where the caller names no other bound: Heroku's limit for a slug.
const DefaultLimit = 500 << 20

// Bucket is an open bucket; it is safe for concurrent use.
type Bucket struct {
	blobs *blob.Bucket
	// closing makes "is there one already?" and the rename that follows one step, which fileblob does not.
	closing sync.Mutex
}

// Stored is what Put learned about a blob while it went by.
type Stored struct {
	SHA256 string // hex
	Size   int64  // bytes
}

// Open opens the bucket at a directory, which it makes when it is missing (mode 0700), or at a URL such as mem:// that
// gocloud.dev/blob knows a driver for.
func Open(ctx context.Context, where string) (*Bucket, error) {
	if strings.Contains(where, "://") {
		blobs, err := blob.OpenBucket(ctx, where)
		if err != nil {
			return nil, dynomad.Errorf(dynomad.KindInvalid, "opening the bucket %s: %w", where, err)
		}
		return &Bucket{blobs: blobs}, nil
	}
	blobs, err := fileblob.OpenBucket(where, &fileblob.Options{
		CreateDir: true, DirFileMode: 0o700,
		NoTempDir: true, // a rename from another file system would fail
		Metadata:  fileblob.MetadataDontWrite,
	})
	if err != nil {
		return nil, dynomad.Errorf(dynomad.KindInvalid, "opening the bucket directory %s: %w", where, err)
	}
	return &Bucket{blobs: blobs}, nil
}

// Close ends the use of b.
func (b *Bucket) Close() error { return b.blobs.Close() }

// Put stores what r holds under key, which must be free; a Conflict says that it is not. More than limit bytes (0:
// DefaultLimit) are a TooLarge error, a reader that fails a BadRequest. After any error nothing is left.
func (b *Bucket) Put(ctx context.Context, key string, r io.Reader, limit int64) (Stored, error) {
	if err := checkKey(key); err != nil {
		return Stored{}, err
	}
	if limit <= 0 {
		limit = DefaultLimit
	}
	// Cancelling before Close is how a gocloud writer is told to leave nothing.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var file *os.File
	w, err := b.blobs.NewWriter(ctx, key, &blob.WriterOptions{
		ContentType: "application/octet-stream", IfNotExist: true,
		BeforeWrite: func(as func(any) bool) error { as(&file); return nil },
	})
	if err != nil {
		return Stored{}, unavailable("writing", key, err)
	}
	stored, err := stream(w, r, limit)
	if err == nil && file != nil {
		err = file.Sync() // acknowledged means on the disk
	}
	if err != nil {
		cancel()
		_ = w.Close()
		return Stored{}, putError(key, err)
	}
	b.closing.Lock()
	defer b.closing.Unlock()
	if err := w.Close(); err != nil {
		return Stored{}, putError(key, err)
	}
	return stored, nil
}

// stream copies at most limit bytes from r to w and hashes them.
func stream(w io.Writer, r io.Reader, limit int64) (Stored, error) {
	hash := sha256.New()
	src := &source{r: io.LimitReader(r, limit+1)}
	n, err := io.Copy(io.MultiWriter(w, hash), src)
	switch {
	case src.err != nil:
		return Stored{}, dynomad.Errorf(dynomad.KindBadRequest, "the upload broke off after %d bytes: %w", n, src.err)
	case err != nil:
		return Stored{}, err
	case n > limit:
		return Stored{}, dynomad.Errorf(dynomad.KindTooLarge, "the upload is larger than the limit of %d bytes", limit)
	}
	return Stored{SHA256: hex.EncodeToString(hash.Sum(nil)), Size: n}, nil
}

// source remembers its own failure, so that a broken upload is told from a full disk.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// Open reads a blob from its beginning; the caller closes it. The Context must live as long as the reading.
func (b *Bucket) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	return b.reader(ctx, key)
}

func (b *Bucket) reader(ctx context.Context, key string) (*blob.Reader, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	r, err := b.blobs.NewReader(ctx, key, nil)
	if err != nil {
		if gcerrors.Code(err) == gcerrors.NotFound {
			return nil, dynomad.Errorf(dynomad.KindNotFound, "there is nothing at %s", key)
		}
		return nil, unavailable("reading", key, err)
	}
	return r, nil
}

// Exists says whether there is a blob of that key.
func (b *Bucket) Exists(ctx context.Context, key string) (bool, error) {
	if err := checkKey(key); err != nil {
		return false, err
	}
	ok, err := b.blobs.Exists(ctx, key)
	if err != nil {
		return false, unavailable("looking for", key, err)
	}
	return ok, nil
}

// Delete removes a blob; one that is not there is no error.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	if err := checkKey(key); err != nil {
		return err
	}
	if err := b.blobs.Delete(ctx, key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return unavailable("deleting", key, err)
	}
	return nil
}

// Copy stores the blob from under the key to as well. A blob that is at to already stays: keys are written once, and the
// callers' keys are hashes of what they hold.
func (b *Bucket) Copy(ctx context.Context, to, from string) error {
	if there, err := b.Exists(ctx, to); err != nil || there {
		return err
	}
	r, err := b.reader(ctx, from)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	if _, err = b.Put(ctx, to, r, r.Size()); dynomad.KindOf(err) == dynomad.KindConflict {
		return nil // somebody else copied the same bytes meanwhile
	}
	return err
}

// Sweep deletes the blobs of one prefix ("sources/") that were written before a moment, and counts them: uploads that
// nobody ever built, and those that were built long ago.
func (b *Bucket) Sweep(ctx context.Context, prefix string, before time.Time) (int, error) {
	deleted := 0
	list := b.blobs.List(&blob.ListOptions{Prefix: prefix})
	for {
		entry, err := list.Next(ctx)
		if errors.Is(err, io.EOF) {
			return deleted, nil
		}
		if err != nil {
			return deleted, unavailable("listing", prefix, err)
		}
		if !entry.ModTime.Before(before) {
			continue
		}
		if err := b.blobs.Delete(ctx, entry.Key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
			return deleted, unavailable("deleting", entry.Key, err)
		}
		deleted++
	}
}

func putError(key string, err error) error {
	if gcerrors.Code(err) == gcerrors.FailedPrecondition {
		return taken(key)
	}
	if _, ok := errors.AsType[*dynomad.Error](err); ok {
		return err
	}
	return unavailable("writing", key, err)
}

func taken(key string) error {
	return dynomad.Errorf(dynomad.KindConflict, "%s has been uploaded already", key).
		WithHint("an upload URL works once; ask for a new one")
}

func unavailable(doing, key string, err error) error {
	return &dynomad.Error{Kind: dynomad.KindUnavailable, Message: doing + " " + key + " in the bucket failed", Err: err}
}
