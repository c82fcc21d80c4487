package reconcile_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/builder/builderfake"
	"github.com/dynomad/dynomad/cluster/clusterfake"
	"github.com/dynomad/dynomad/cmd/dynomad/target"
	"github.com/dynomad/dynomad/platform"
	"github.com/dynomad/dynomad/reconcile"
	"github.com/dynomad/dynomad/store"
	"github.com/dynomad/dynomad/translator"
)

// house is a platform on a small Nomad, its loops, and what they delivered.
type house struct {
	*platform.Platform
	nomad   *clusterfake.Cluster
	builder *builderfake.Builder
	loops   *reconcile.Reconciler
	ada     dynomad.Actor

	mu        sync.Mutex
	delivered []dynomad.Event
	refuse    int // how many deliveries fail before one works
}

func newHouse(t *testing.T) *house {
	t.Helper()
	now := func() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
	rows, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "dynomad.db"), bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rows.Close() })
	goal, err := target.Default("raw_exec", "localhost", 8080)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{nomad: clusterfake.New(now), builder: builderfake.New(), ada: dynomad.Actor{User: "u", Email: "ada@example.com"}}
	h.Platform = &platform.Platform{
		Store: rows, Cluster: h.nomad, Builder: h.builder, Target: goal, Now: now, NewID: uuid.NewString,
		Log: slog.New(slog.DiscardHandler),
		Links: platform.Links{
			SourcePut: func(key string) string { return "put " + key }, SourceGet: func(key string) string { return "get " + key },
			SourceKey: func(url string) (string, bool) { return strings.CutPrefix(url, "get ") },
		},
	}
	user := dynomad.User{ID: h.ada.User, Email: h.ada.Email, CreatedAt: now()}
	if err := rows.Update(t.Context(), func(tx *store.Tx) error { return tx.PutUser(user) }); err != nil {
		t.Fatal(err)
	}
	h.loops = &reconcile.Reconciler{
		Platform: h.Platform, Watch: h.nomad.Watch, App: translator.OwnerOf, Deliver: h.deliver, Log: slog.New(slog.DiscardHandler),
		Every: reconcile.Intervals{
			Sweep: 50 * time.Millisecond, Builds: 10 * time.Millisecond, Releases: 10 * time.Millisecond,
			Feed: 10 * time.Millisecond, Retry: 20 * time.Millisecond,
		},
	}
	return h
}

func (h *house) deliver(_ context.Context, events []dynomad.Event) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.refuse > 0 {
		h.refuse--
		return errors.New("the reader is away")
	}
	h.delivered = append(h.delivered, events...)
	return nil
}

// texts are the delivered events as log lines without their times.
func (h *house) texts() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var b strings.Builder
	for _, e := range h.delivered {
		fmt.Fprintf(&b, "%s[%s]: %s\n", e.Source, e.Process, e.Text)
	}
	return b.String()
}

// run runs the loops until the test ends, and fails it if they end with an error.
func (h *house) run(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.loops.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("the loops ended with %v", err)
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

func (h *house) deploy(t *testing.T, app, procfile string) {
	t.Helper()
	source, err := h.CreateSource(t.Context(), h.ada)
	if err != nil {
		t.Fatal(err)
	}
	h.builder.Upload(strings.TrimPrefix(source.GetURL, "get "), procfile)
	if _, err := h.CreateBuild(t.Context(), h.ada, app, source.GetURL, ""); err != nil {
		t.Fatal(err)
	}
}

func (h *house) eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not in 30 seconds; delivered:\n%s", what, h.texts())
		}
	}
}

func (h *house) status(t *testing.T, app, release string) dynomad.ReleaseStatus {
	t.Helper()
	r, err := h.Release(t.Context(), h.ada, app, release)
	if err != nil && dynomad.KindOf(err) != dynomad.KindNotFound {
		t.Fatal(err)
	}
	return r.Status
}

func TestADeployNeedsNobodyAfterTheRequest(t *testing.T) {
	h := newHouse(t)
	h.refuse = 3
	h.run(t)
	if _, err := h.CreateApp(t.Context(), h.ada, "hello"); err != nil {
		t.Fatal(err)
	}
	h.deploy(t, "hello", "web: server $PORT\n")
	h.eventually(t, "v2 succeeded", func() bool { return h.status(t, "hello", "v2") == dynomad.ReleaseSucceeded })
	const up = "heroku[web.1]: State changed from starting to up\n"
	h.eventually(t, "the dyno's edges delivered", func() bool { return strings.Contains(h.texts(), up) })
	text := h.texts()
	for _, want := range []string{"app[api]: Release v2 created by ada@example.com\n", up} {
		if n := strings.Count(text, want); n != 1 {
			t.Errorf("%q was delivered %d times in\n%s", want, n, text)
		}
	}
}

func TestWhatWasPendingAtAStopIsTakenUpAtTheNextStart(t *testing.T) {
	h := newHouse(t)
	if _, err := h.CreateApp(t.Context(), h.ada, "hello"); err != nil {
		t.Fatal(err)
	}
	h.deploy(t, "hello", "web: server $PORT\n")
	stop := h.run(t)
	stop() // perhaps in the middle of anything
	h.run(t)
	h.eventually(t, "v2 succeeded", func() bool { return h.status(t, "hello", "v2") == dynomad.ReleaseSucceeded })
	if status := h.status(t, "hello", "v3"); status != "" {
		t.Errorf("a second release was made: %s", status)
	}
}

func TestTheSweepMendsWhatSomebodyElseStopped(t *testing.T) {
	h := newHouse(t)
	h.run(t)
	if _, err := h.CreateApp(t.Context(), h.ada, "hello"); err != nil {
		t.Fatal(err)
	}
	h.deploy(t, "hello", "web: server $PORT\n")
	h.eventually(t, "v2 succeeded", func() bool { return h.status(t, "hello", "v2") == dynomad.ReleaseSucceeded })
	h.nomad.Down(true)
	time.Sleep(100 * time.Millisecond) // rounds fail, and nothing ends
	h.nomad.Down(false)
	if _, err := h.nomad.Stop(t.Context(), "hello"); err != nil {
		t.Fatal(err)
	}
	h.eventually(t, "the job running again", func() bool {
		job, err := h.nomad.Job(t.Context(), "hello")
		return err == nil && !job.Stopped
	})
}

func TestADynosLifeIsToldThoughNomadWasAwayWhenItWasLookedAt(t *testing.T) {
	h := newHouse(t)
	h.run(t)
	if _, err := h.CreateApp(t.Context(), h.ada, "hello"); err != nil {
		t.Fatal(err)
	}
	h.deploy(t, "hello", "web: server $PORT\n")
	h.eventually(t, "v2 succeeded", func() bool { return h.status(t, "hello", "v2") == dynomad.ReleaseSucceeded })
	dynos, err := h.Dynos(t.Context(), h.ada, "hello")
	if err != nil || len(dynos) != 1 {
		t.Fatal(dynos, err)
	}
	h.nomad.Down(true)
	h.nomad.Crash(dynos[0].ID, 7)
	time.Sleep(100 * time.Millisecond)
	h.nomad.Down(false)
	h.eventually(t, "the crash told", func() bool {
		return strings.Contains(h.texts(), "heroku[web.1]: Process exited with status 7\n")
	})
}

func TestACronsRunIsTold(t *testing.T) {
	h := newHouse(t)
	h.run(t)
	if _, err := h.CreateApp(t.Context(), h.ada, "hello"); err != nil {
		t.Fatal(err)
	}
	h.deploy(t, "hello", "web: server $PORT\ncron nightly: work; exit 0\n")
	h.eventually(t, "v2 succeeded", func() bool { return h.status(t, "hello", "v2") == dynomad.ReleaseSucceeded })
	h.nomad.Fire(translator.CronJobID("hello", "nightly"))
	h.eventually(t, "its end told", func() bool {
		return strings.Contains(h.texts(), "heroku[nightly.1]: State changed from up to complete\n")
	})
	if want := "heroku[nightly.1]: Starting process with command `work; exit 0`\n"; strings.Count(h.texts(), want) != 1 {
		t.Errorf("%q is not there once in\n%s", want, h.texts())
	}
}
