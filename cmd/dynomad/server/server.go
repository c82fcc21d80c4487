// Package server is `dynomad server`, the control plane: it puts the rooms together and runs what is long-lived.
//
//	          ┌ /            httpapi ┐
//	HTTP ─────┤ /console/    console ├─▶ platform ─▶ store, cluster (Nomad), builder ─▶ bucket
//	          └ /logplex/    logplex ┘      ▲
//	                            ▲           │
//	                            └─ events ─ reconcile ◀─ Nomad's events, the clock
//
// It holds no state that is not in its data folder, and running apps do not need it: stopped, killed or restarted, it takes
// up builds, releases and the event feed where their rows stand.
package server

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/dynomad/dynomad/access"
	"github.com/dynomad/dynomad/bucket"
	"github.com/dynomad/dynomad/cmd/dynomad/keys"
	"github.com/dynomad/dynomad/cmd/dynomad/serve"
	"github.com/dynomad/dynomad/logplex"
	"github.com/dynomad/dynomad/platform"
	"github.com/dynomad/dynomad/reconcile"
	"github.com/dynomad/dynomad/store"
)

// Cmd is the command with its settings. Nomad's address, token, namespace and TLS files are read from the variables that
// its own programs read: NOMAD_ADDR, NOMAD_TOKEN, NOMAD_NAMESPACE, NOMAD_CACERT and so on.
type Cmd struct {
	Listen    string `env:"DYNOMAD_LISTEN" default:"127.0.0.1:5000" help:"Address to listen on."`
	URL       string `env:"DYNOMAD_URL" default:"http://127.0.0.1:5000" help:"URL at which users and dynos reach this server."`
	Data      string `env:"DYNOMAD_DATA" default:"~/.local/share/dynomad/server" type:"path" help:"Folder that keeps everything: store, keys, logs."`
	Domain    string `env:"DYNOMAD_DOMAIN" default:"localhost" help:"Apps are reached at APP.DOMAIN."`
	EdgePort  int    `env:"DYNOMAD_EDGE_PORT" default:"8080" help:"Port at which users reach the edge."`
	Driver    string `env:"DYNOMAD_DRIVER" default:"exec" enum:"docker,exec,raw_exec" help:"Nomad driver that runs dynos: docker and exec isolate them, raw_exec does not."`
	Stack     string `name:"stack-image" env:"DYNOMAD_STACK_IMAGE" placeholder:"IMAGE" help:"Image that docker dynos made of a slug run in; by default that of the templates."`
	Templates string `env:"DYNOMAD_TEMPLATES" type:"path" placeholder:"FOLDER" help:"Process templates of your own (web.hcl, sizes.hcl, …), laid over ours."`
	Bucket    string `env:"DYNOMAD_BUCKET" help:"Directory (or bucket URL) for slugs; DATA/bucket if not given."`
	BucketURL string `env:"DYNOMAD_BUCKET_URL" default:"http://127.0.0.1:5001" help:"URL at which Nomad's clients, and people who deploy, reach dynomad bucket."`
	Agent     string `env:"DYNOMAD_AGENT" type:"path" help:"The log agent's binary; dynomad-agent beside this program if not given."`
	Namespace string `env:"NOMAD_NAMESPACE" default:"dynomad" help:"Nomad namespace of Dynomad's jobs."`
}

// Run serves until ctx ends.
func (c *Cmd) Run(ctx context.Context) (err error) {
	log := serve.Log(os.Stderr)
	if c.Driver == "raw_exec" {
		log.Warn("dynos run with raw_exec, which isolates nothing: every app can read what every other app and the Nomad client's user can")
	}
	rooms, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rooms.close()) }()
	if err := c.invite(ctx, rooms.access, log); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return rooms.logs.Run(ctx) })
	group.Go(func() error { return rooms.loops.Run(ctx) })
	group.Go(func() error { return c.collect(ctx, rooms.blobs, log) })
	group.Go(func() error {
		return serve.HTTP(ctx, c.Listen, c.doors(rooms), log, func() { log.Info("server is open", "listen", c.Listen, "url", c.URL) })
	})
	return group.Wait()
}

// rooms are the parts of the house that need each other.
type rooms struct {
	keys     keys.Keys
	store    *store.Store
	blobs    *bucket.Bucket
	logs     *logplex.Logplex
	access   *access.Access
	identity *access.Workloads
	platform *platform.Platform
	loops    *reconcile.Reconciler
	log      *slog.Logger

	namespace string // Nomad's, of Dynomad's jobs

	closers []func() error // of what was opened, in that order
}

// close closes what was opened, the last first.
func (r *rooms) close() error {
	var errs []error
	for _, closer := range slices.Backward(r.closers) {
		errs = append(errs, closer())
	}
	return errors.Join(errs...)
}

// invite prints the link for the first administrator while there is no user, and keeps it in a file for programs.
func (c *Cmd) invite(ctx context.Context, a *access.Access, log *slog.Logger) error {
	file := filepath.Join(c.Data, "setup-link")
	secret, err := a.Setup(ctx)
	if err != nil {
		return err
	}
	if secret == "" {
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	}
	link := c.URL + "/console/setup?token=" + secret
	log.Info("there is no user yet: open this link once to become the first administrator", "link", link)
	return os.WriteFile(file, []byte(link+"\n"), 0o600)
}

// collect deletes uploads that are a day old: a source is needed only until it is built.
func (c *Cmd) collect(ctx context.Context, blobs *bucket.Bucket, log *slog.Logger) error {
	const age, every = 24 * time.Hour, time.Hour
	for {
		if n, err := blobs.Sweep(ctx, "sources/", time.Now().Add(-age)); err != nil && ctx.Err() == nil {
			log.Error("old uploads cannot be deleted", "err", err)
		} else if n > 0 {
			log.Info("old uploads deleted", "count", n)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(every):
		}
	}
}
