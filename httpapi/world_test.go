package httpapi_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/access"
	"github.com/dynomad/dynomad/bucket"
	"github.com/dynomad/dynomad/builder"
	"github.com/dynomad/dynomad/cluster/clusterfake"
	"github.com/dynomad/dynomad/cmd/dynomad/target"
	"github.com/dynomad/dynomad/httpapi"
	"github.com/dynomad/dynomad/platform"
	"github.com/dynomad/dynomad/store"
)

const (
	email    = "ada@example.com"
	password = "correct horse battery"
	machine  = "the machine token"
)

// world is the API over a real platform, store, builder and bucket, on a small Nomad, behind a real HTTP server.
type world struct {
	t        *testing.T
	platform *platform.Platform
	access   *access.Access
	nomad    *clusterfake.Cluster
	url      string
	token    string // of the first administrator
	logged   *lines

	mu    sync.Mutex
	clock time.Time
	ids   int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC), logged: &lines{}}
	dir := t.TempDir()
	rows, err := store.Open(t.Context(), filepath.Join(dir, "dynomad.db"), bytes.Repeat([]byte{7}, 32))
	w.ok(err)
	blobs, err := bucket.Open(t.Context(), filepath.Join(dir, "bucket"))
	w.ok(err)
	goal, err := target.Default("raw_exec", "localhost", 8080)
	w.ok(err)
	server := httptest.NewUnstartedServer(nil)
	w.url = "http://" + server.Listener.Addr().String()
	log := slog.New(slog.NewTextHandler(w.logged, nil))
	key := dynomad.CapabilityKey("a key of the tests")
	links := bucket.Links{Base: w.url, Key: key}
	w.nomad = clusterfake.New(w.now)
	w.platform = &platform.Platform{
		Store: rows, Cluster: w.nomad, Target: goal, Now: w.now, NewID: w.id, Log: log,
		Builder: &builder.Builder{Bucket: blobs, SlugURL: func(key string) string { return links.URL(key, bucket.Get) }},
		Links: platform.Links{
			SourcePut: func(key string) string { return links.URL(key, bucket.Put) },
			SourceGet: func(key string) string { return links.URL(key, bucket.Get) },
			SourceKey: func(url string) (string, bool) { key, _, ok := links.Parse(url); return key, ok },
			SlugPut:   func(key string) string { return links.URL(key, bucket.Put) },
			SlugGet:   func(key string) string { return links.URL(key, bucket.Get) },
			Output:    func(id dynomad.OutputID) string { return httpapi.OutputURL(w.url, key, id) },
			Logs: func(l platform.LogSession) string {
				return fmt.Sprintf("%s/logplex/sessions?lines=%d&dyno=%s", w.url, l.Lines, l.Dyno)
			},
		},
	}
	w.access = access.New(access.Config{Store: rows, Machine: machine, Now: w.now, NewID: w.id})
	mux := http.NewServeMux()
	mux.Handle("/blobs/", bucket.Door{Bucket: blobs, Links: links, Log: log})
	mux.Handle("/", httpapi.New(httpapi.Config{Platform: w.platform, Access: w.access, Key: key, Log: log}))
	server.Config.Handler = mux
	server.Start()
	t.Cleanup(func() {
		server.Close()
		if err := errors.Join(blobs.Close(), rows.Close()); err != nil {
			t.Error(err)
		}
	})
	w.claim()
	return w
}

// claim sets the platform up through the API, as `dynomad dev` does.
func (w *world) claim() {
	w.t.Helper()
	secret, err := w.access.Setup(w.t.Context())
	w.ok(err)
	a := w.do("POST", "/dynomad/setup", object{"token": secret, "email": email, "password": password}, auth(""))
	a.want(201)
	w.token = a.text("token")
}

// member makes another user, who is no administrator, and a token for them.
func (w *world) member(email string) (token string) {
	w.t.Helper()
	u := dynomad.User{ID: dynomad.UserID(w.id()), Email: email, CreatedAt: w.now()}
	w.ok(w.platform.Store.Update(w.t.Context(), func(tx *store.Tx) error { return tx.PutUser(u) }))
	token, _, err := w.access.Issue(w.t.Context(), dynomad.Actor{User: u.ID, Email: email}, "", 0)
	w.ok(err)
	return token
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(time.Microsecond)
	return w.clock
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(d)
}

func (w *world) id() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ids++
	return fmt.Sprintf("10000000-0000-7000-8000-%012d", w.ids)
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("%v (%s) %v", err, dynomad.HintOf(err), errors.Unwrap(err))
	}
}

// settle does what package reconcile does between two requests.
func (w *world) settle() {
	w.t.Helper()
	w.ok(w.platform.RunBuilds(w.t.Context()))
	_, err := w.platform.Settle(w.t.Context())
	w.ok(err)
}

// deploy builds and releases a source of these files: the whole way that a client goes.
func (w *world) deploy(app string, files ...string) (build string) {
	w.t.Helper()
	build = w.build(app, files...).text("id")
	w.settle()
	return build
}

// build uploads a source of these files and orders its build, which is pending until somebody settles.
func (w *world) build(app string, files ...string) answer {
	w.t.Helper()
	source := w.do("POST", "/sources", nil).want(201)
	w.do("PUT", source.text("source_blob", "put_url"), bytes.NewReader(tarball(w.t, files...)), auth("")).want(200)
	return w.do("POST", "/apps/"+app+"/builds", object{
		"source_blob": object{"url": source.text("source_blob", "get_url"), "version": "582fc95"},
	}).want(201)
}

// tarball packs files, given as name and text in turn.
func tarball(t *testing.T, files ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	writer := tar.NewWriter(zipped)
	for pair := range slices.Chunk(files, 2) {
		err := writer.WriteHeader(&tar.Header{Name: pair[0], Mode: 0o755, Size: int64(len(pair[1]))})
		if err == nil {
			_, err = io.WriteString(writer, pair[1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(writer.Close(), zipped.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// lines is a log that tests read.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
