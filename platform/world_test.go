package platform_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/builder/builderfake"
	"github.com/dynomad/dynomad/cluster/clusterfake"
	"github.com/dynomad/dynomad/cmd/dynomad/target"
	"github.com/dynomad/dynomad/platform"
	"github.com/dynomad/dynomad/store"
)

const sources = "http://bucket.invalid/blobs/"

// world is a whole platform on a real store, a small Nomad and a small builder. Its clock moves by a microsecond a look,
// and otherwise only when a test says so.
type world struct {
	*platform.Platform
	t       reporter
	nomad   *clusterfake.Cluster
	builder *builderfake.Builder
	ada     dynomad.Actor

	mu    sync.Mutex
	clock time.Time
	ids   int
}

// reporter is a *testing.T, *testing.B or *rapid.T.
type reporter interface {
	Helper()
	Error(args ...any)
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Cleanup(func())
	Context() context.Context
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return newWorldIn(t, t.TempDir())
}

func newWorldIn(t reporter, folder string) *world {
	t.Helper()
	w := &world{t: t, clock: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC), builder: builderfake.New()}
	s, err := store.Open(context.Background(), filepath.Join(folder, "dynomad.db"), bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	to, err := target.Default("raw_exec", "localhost", 8080)
	if err != nil {
		t.Fatal(err)
	}
	w.nomad = clusterfake.New(w.now)
	w.Platform = &platform.Platform{
		Store: s, Cluster: w.nomad, Builder: w.builder, Target: to, Now: w.now, NewID: w.id, Log: slog.New(slog.DiscardHandler),
		Links: platform.Links{
			SourcePut: func(key string) string { return sources + key + "?put" },
			SourceGet: func(key string) string { return sources + key },
			SourceKey: func(url string) (string, bool) { return strings.CutPrefix(url, sources) },
			SlugPut:   func(key string) string { return sources + key + "?put" },
			SlugGet:   func(key string) string { return sources + key },
			Logs: func(l platform.LogSession) string {
				return fmt.Sprintf("%d lines until %s", l.Lines, l.Until.Format(time.TimeOnly))
			},
		},
	}
	w.ada = w.user("ada@example.com")
	return w
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

func (w *world) user(email string) dynomad.Actor {
	w.t.Helper()
	u := dynomad.User{ID: dynomad.UserID(w.id()), Email: email, CreatedAt: w.now()}
	w.ok(w.Store.Update(w.t.Context(), func(tx *store.Tx) error { return tx.PutUser(u) }))
	return dynomad.Actor{User: u.ID, Email: email}
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("%s: %v (%s) %v", dynomad.KindOf(err), err, dynomad.HintOf(err), unwrapped(err))
	}
}

func unwrapped(err error) error {
	type unwrapper interface{ Unwrap() error }
	if u, ok := err.(unwrapper); ok {
		return u.Unwrap()
	}
	return nil
}

// must is the value of a verb that may not fail.
func must[T any](w *world) func(T, error) T {
	return func(v T, err error) T {
		w.t.Helper()
		w.ok(err)
		return v
	}
}

func (w *world) create(name dynomad.AppName) dynomad.App {
	w.t.Helper()
	return must[dynomad.App](w)(w.CreateApp(w.t.Context(), w.ada, name))
}

// deploy uploads a Procfile and builds it, and leaves the release as it stands then.
func (w *world) deploy(app, procfile string) dynomad.Release {
	w.t.Helper()
	b := w.build(app, procfile)
	if b.Status != dynomad.BuildSucceeded {
		w.t.Fatalf("the build of %s is %s", app, b.Status)
	}
	return must[dynomad.Release](w)(w.Release(w.t.Context(), w.ada, app, string(b.Release)))
}

func (w *world) build(app, procfile string) dynomad.Build {
	w.t.Helper()
	ctx := w.t.Context()
	source := must[platform.Source](w)(w.CreateSource(ctx, w.ada))
	w.builder.Upload(strings.TrimPrefix(source.GetURL, sources), procfile)
	b := must[dynomad.Build](w)(w.CreateBuild(ctx, w.ada, app, source.GetURL, "abc1234def"))
	w.ok(w.RunBuilds(ctx))
	return must[dynomad.Build](w)(w.Build(ctx, w.ada, app, b.ID))
}

func (w *world) settle() int {
	w.t.Helper()
	return must[int](w)(w.Settle(w.t.Context()))
}

func (w *world) scale(app string, quantities ...string) dynomad.Formation {
	w.t.Helper()
	var changes []dynomad.Change
	for _, q := range quantities {
		t, n, _ := strings.Cut(q, "=")
		changes = append(changes, dynomad.Change{Type: dynomad.ProcessType(t), Quantity: n})
	}
	return must[dynomad.Formation](w)(w.Scale(w.t.Context(), w.ada, app, changes))
}

func (w *world) configure(app, name, value string) {
	w.t.Helper()
	must[dynomad.Config](w)(w.Configure(w.t.Context(), w.ada, app, map[string]*string{name: &value}))
}

// running is what runs, as "web.1 v2 up", sorted.
func (w *world) running(app string) []string {
	w.t.Helper()
	var list []string
	for _, d := range must[[]dynomad.Dyno](w)(w.Dynos(w.t.Context(), w.ada, app)) {
		if d.State != dynomad.DynoDown {
			list = append(list, fmt.Sprintf("%s %s %s", d.Name(), d.Release, d.State))
		}
	}
	slices.Sort(list)
	return list
}

// releases is an app's ledger, as "v2 succeeded*", the star at what should run.
func (w *world) releases(app string) []string {
	w.t.Helper()
	var list []string
	for _, r := range must[[]dynomad.Release](w)(w.Releases(w.t.Context(), w.ada, app)) {
		line := fmt.Sprintf("%s %s", r.Version, r.Status)
		if r.Current {
			line += "*"
		}
		list = append(list, line)
	}
	return list
}

func (w *world) formation(app string) string {
	w.t.Helper()
	_, f, _, err := w.Formation(w.t.Context(), w.ada, app)
	w.ok(err)
	return f.String()
}

// events are the texts of all events of an app's API, oldest first.
func (w *world) events() []string {
	w.t.Helper()
	var texts []string
	for _, e := range must[[]dynomad.Event](w)(w.Events(w.t.Context(), 0, 1000)) {
		if e.Process == "api" {
			texts = append(texts, e.Text)
		}
	}
	return texts
}

func (w *world) output(id dynomad.OutputID) []string {
	w.t.Helper()
	var texts []string
	for _, l := range must[[]dynomad.OutputLine](w)(w.Output(w.t.Context(), id, 0)) {
		text := l.Text
		if l.Last {
			text += " $"
		}
		texts = append(texts, text)
	}
	return texts
}

func (w *world) want(what string, got, want any) {
	w.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func (w *world) refused(err error, kind dynomad.Kind) {
	w.t.Helper()
	if dynomad.KindOf(err) != kind {
		w.t.Errorf("got the error %q of kind %q, want %q", fmt.Sprint(err), dynomad.KindOf(err), kind)
	}
}
