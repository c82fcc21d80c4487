//go:build e2e

package platform_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cluster"
	"github.com/dynomad/dynomad/platform"
	"github.com/dynomad/dynomad/store"
)

const (
	server = `web: exec python3 -c "import http.server as h, os; ` +
		`h.HTTPServer(('127.0.0.1', int(os.environ['PORT'])), h.SimpleHTTPRequestHandler).serve_forever()"` + "\n"
	patience = 3 * time.Minute
)

// bare makes slugs without a tarball: what runs is the command alone, so that no bucket is needed.
type bare struct{ platform.Builder }

func (b bare) Build(
	ctx context.Context, key string, out io.Writer, judge func(dynomad.Slug) dynomad.Problems,
) (dynomad.Slug, error) {
	slug, err := b.Builder.Build(ctx, key, out, judge)
	slug.URL = ""
	return slug, err
}

// onNomad is a world whose Nomad is the one at NOMAD_ADDR, and whose clock is the real one.
func onNomad(t *testing.T) (*world, string) {
	t.Helper()
	nomad, err := api.NewClient(api.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	w.Target.Namespace = os.Getenv("NOMAD_NAMESPACE")
	w.Target.Driver = cmp.Or(os.Getenv("DYNOMAD_DRIVER"), "raw_exec")
	w.Cluster = cluster.New(cluster.Config{Nomad: nomad, Namespace: w.Target.Namespace, Log: slog.New(slog.DiscardHandler)})
	w.Builder, w.Now = bare{w.builder}, time.Now
	app := w.create(dynomad.AppName(fmt.Sprintf("p%06x-%d", time.Now().UnixNano()&0xffffff, os.Getpid()%1000)))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		if _, err := w.Destroy(ctx, w.ada, string(app.ID)); err != nil {
			t.Error(err)
		}
	})
	return w, string(app.Name)
}

// settled does what reconcile does until nothing is open any more.
func (w *world) settled() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	for {
		_, err := w.Settle(ctx)
		w.ok(err)
		var open []store.Standing
		w.ok(w.Store.View(ctx, func(tx *store.Tx) error {
			open, err = tx.Unsettled()
			return err
		}))
		if len(open) == 0 {
			return
		}
		select {
		case <-ctx.Done():
			w.t.Fatalf("not settled within %s", patience)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// becomes waits until what runs is this.
func (w *world) becomes(app string, want ...string) {
	w.t.Helper()
	end := time.Now().Add(patience)
	for strings.Join(w.running(app), ",") != strings.Join(want, ",") {
		if time.Now().After(end) {
			w.t.Fatalf("%s runs %q, want %q", app, w.running(app), want)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func TestAReleasesLifeOnARealNomad(t *testing.T) {
	w, app := onNomad(t)
	w.deploy(app, server+"worker: sleep 1000\n")
	w.settled()
	w.becomes(app, "web.1 v2 up")
	w.quiet(app)

	w.scale(app, "web=2", "worker=1")
	w.settled()
	w.becomes(app, "web.1 v2 up", "web.2 v2 up", "worker.1 v2 up")

	bad := w.deploy(app, "web: echo no; exit 3\n")
	w.settled()
	w.want("releases", w.releases(app), []string{"v1 succeeded", "v2 succeeded*", "v3 failed"})
	w.becomes(app, "web.1 v2 up", "web.2 v2 up", "worker.1 v2 up")
	t.Logf("the failed release said: %q", w.output(bad.Output()))
	w.quiet(app)

	w.deploy(app, strings.ReplaceAll(server, "import", "import sys,")+"worker: sleep 1000\n")
	w.scale(app, "web=1") // over the running deployment
	w.settled()
	w.want("releases", w.releases(app), []string{"v1 succeeded", "v2 succeeded", "v3 failed", "v4 succeeded*"})
	w.becomes(app, "web.1 v4 up", "worker.1 v4 up")
	w.quiet(app)

	w.scale(app, "web=0", "worker=0")
	w.becomes(app)
	w.configure(app, "COLOR", "blue")
	w.want("at count 0", w.releases(app)[4], "v5 succeeded*")
	w.scale(app, "web=1")
	w.settled()
	w.becomes(app, "web.1 v5 up")
	w.ok(w.Observe(t.Context(), dynomad.AppName(app)))
	w.quiet(app)
}

func TestAFirstReleaseThatFailsOnARealNomad(t *testing.T) {
	w, app := onNomad(t)
	w.deploy(app, "web: exit 1\n")
	w.settled()
	w.want("releases", w.releases(app), []string{"v1 succeeded*", "v2 failed"})
	w.becomes(app)
	w.quiet(app)
	w.deploy(app, server)
	w.settled()
	w.becomes(app, "web.1 v3 up")
	w.quiet(app)
}
