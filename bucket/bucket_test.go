package bucket_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/bucket"
)

func open(t *testing.T) (*bucket.Bucket, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "bucket")
	b, err := bucket.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b, dir
}

// files lists every file under dir: what a failed write left would show.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			out = append(out, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func read(t *testing.T, b *bucket.Bucket, key string) []byte {
	t.Helper()
	r, err := b.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestPutHashesAndKeeps(t *testing.T) {
	b, dir := open(t)
	data := make([]byte, 3<<20)
	_, _ = rand.Read(data)
	got, err := b.Put(t.Context(), "sources/one.tar.gz", bytes.NewReader(data), 0)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	if diff := cmp.Diff(bucket.Stored{SHA256: hex.EncodeToString(sum[:]), Size: int64(len(data))}, got); diff != "" {
		t.Fatal(diff)
	}
	if !bytes.Equal(read(t, b, "sources/one.tar.gz"), data) {
		t.Fatal("what came out is not what went in")
	}
	if diff := cmp.Diff([]string{"sources/one.tar.gz"}, files(t, dir)); diff != "" {
		t.Fatal(diff)
	}
}

func TestFailedPutsLeaveNothing(t *testing.T) {
	b, dir := open(t)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	cases := []struct {
		name  string
		ctx   context.Context
		r     io.Reader
		limit int64
		kind  dynomad.Kind
	}{
		{"one byte too many", t.Context(), strings.NewReader("12345"), 4, dynomad.KindTooLarge},
		{"the sender went away", t.Context(), io.MultiReader(strings.NewReader("half"), iotest.ErrReader(errors.New("reset"))), 0, dynomad.KindBadRequest},
		{"the request was given up", cancelled, strings.NewReader("x"), 0, dynomad.KindUnavailable},
	}
	for _, c := range cases {
		_, err := b.Put(c.ctx, "sources/x.tar.gz", c.r, c.limit)
		if dynomad.KindOf(err) != c.kind {
			t.Errorf("%s: %v, want kind %s", c.name, err, c.kind)
		}
		if left := files(t, dir); len(left) > 0 {
			t.Errorf("%s left %v", c.name, left)
		}
	}
	if _, err := b.Put(t.Context(), "sources/x.tar.gz", strings.NewReader("1234"), 4); err != nil {
		t.Errorf("exactly the limit: %v", err)
	}
}

func TestAKeyIsWrittenOnce(t *testing.T) {
	b, _ := open(t)
	const writers = 8
	var won sync.WaitGroup
	var mu sync.Mutex
	var winner string
	for i := range writers {
		won.Go(func() {
			text := strings.Repeat(string(rune('a'+i)), 1000)
			_, err := b.Put(t.Context(), "sources/same.tar.gz", strings.NewReader(text), 0)
			switch dynomad.KindOf(err) {
			case "":
				mu.Lock()
				defer mu.Unlock()
				if winner != "" {
					t.Error("two writers of one key both succeeded")
				}
				winner = text
			case dynomad.KindConflict:
			default:
				t.Error(err)
			}
		})
	}
	won.Wait()
	if got := string(read(t, b, "sources/same.tar.gz")); got != winner {
		t.Error("the loser's bytes are in the bucket")
	}
}

func TestKeysStayInside(t *testing.T) {
	b, dir := open(t)
	outside := filepath.Join(filepath.Dir(dir), "secret")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{
		"", "secret", "../secret", "sources/../../secret", "/etc/passwd", "sources/", "sources//x", "sources/a/b",
		"sources/.hidden", "sources/..", "Sources/x", "sources/x\x00", "sources/x\n", `sources\x`, "sources/x.attrs", "sources/" + strings.Repeat("x", 129),
	} {
		if _, err := b.Open(t.Context(), key); dynomad.KindOf(err) != dynomad.KindInvalid {
			t.Errorf("Open(%q): %v", key, err)
		}
		if _, err := b.Put(t.Context(), key, strings.NewReader("x"), 0); dynomad.KindOf(err) != dynomad.KindInvalid {
			t.Errorf("Put(%q): %v", key, err)
		}
		if err := b.Delete(t.Context(), key); dynomad.KindOf(err) != dynomad.KindInvalid {
			t.Errorf("Delete(%q): %v", key, err)
		}
		if err := b.Copy(t.Context(), "slugs/x", key); dynomad.KindOf(err) != dynomad.KindInvalid {
			t.Errorf("Copy(%q): %v", key, err)
		}
	}
}

func TestCopyDeleteExistsSweep(t *testing.T) {
	b, _ := open(t)
	ctx := t.Context()
	if _, err := b.Put(ctx, "sources/a", strings.NewReader("A"), 0); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is nothing to do
		if err := b.Copy(ctx, "slugs/a", "sources/a"); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Copy(ctx, "slugs/b", "sources/none"); dynomad.KindOf(err) != dynomad.KindNotFound {
		t.Errorf("copying what is not there: %v", err)
	}
	if n, err := b.Sweep(ctx, "sources/", time.Now().Add(-time.Hour)); n != 0 || err != nil {
		t.Errorf("a sweep of the old took %d of the new: %v", n, err)
	}
	if n, err := b.Sweep(ctx, "sources/", time.Now().Add(time.Hour)); n != 1 || err != nil {
		t.Errorf("a sweep of everything took %d, %v", n, err)
	}
	for key, want := range map[string]bool{"sources/a": false, "slugs/a": true, "slugs/b": false} {
		if got, err := b.Exists(ctx, key); got != want || err != nil {
			t.Errorf("Exists(%s) = %v, %v", key, got, err)
		}
	}
	for range 2 {
		if err := b.Delete(ctx, "slugs/a"); err != nil {
			t.Error(err)
		}
	}
	if _, err := b.Open(ctx, "slugs/a"); dynomad.KindOf(err) != dynomad.KindNotFound {
		t.Errorf("a deleted blob: %v", err)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, where := range []string{file, "nosuch://bucket"} {
		if _, err := bucket.Open(t.Context(), where); err == nil || !strings.Contains(err.Error(), where) {
			t.Errorf("Open(%s): %v", where, err)
		}
	}
}
