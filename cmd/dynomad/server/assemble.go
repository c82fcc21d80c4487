package server

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/access"
	"github.com/dynomad/dynomad/bucket"
	"github.com/dynomad/dynomad/builder"
	"github.com/dynomad/dynomad/cluster"
	"github.com/dynomad/dynomad/cmd/dynomad/keys"
	"github.com/dynomad/dynomad/cmd/dynomad/target"
	"github.com/dynomad/dynomad/httpapi"
	"github.com/dynomad/dynomad/logplex"
	"github.com/dynomad/dynomad/platform"
	"github.com/dynomad/dynomad/reconcile"
	"github.com/dynomad/dynomad/store"
	"github.com/dynomad/dynomad/translator"
)

// now is the clock of every room: UTC, in the microseconds that the store keeps.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// newID makes UUIDs that sort by age, which keeps the store's indexes compact.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// open puts the rooms together. What was opened before an error is closed again.
func (c *Cmd) open(ctx context.Context, log *slog.Logger) (_ *rooms, err error) {
	r := &rooms{log: log, namespace: c.Namespace}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, dynomad.Errorf(dynomad.KindInvalid, "making the data folder: %w", err).WithHint("choose another with --data")
	}
	if r.keys, err = keys.Load(filepath.Join(c.Data, "keys")); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.close())
		}
	}()
	if r.store, err = store.Open(ctx, filepath.Join(c.Data, "dynomad.db"), r.keys.Config); err != nil {
		return nil, err
	}
	r.closers = append(r.closers, r.store.Close)
	if r.blobs, err = bucket.Open(ctx, cmp.Or(c.Bucket, filepath.Join(c.Data, "bucket"))); err != nil {
		return nil, err
	}
	r.closers = append(r.closers, r.blobs.Close)
	if r.logs, err = logplex.Open(filepath.Join(c.Data, "logplex"), logplex.Options{Log: log}); err != nil {
		return nil, err
	}
	return r, c.furnish(ctx, r)
}

// furnish makes the parts that need no closing.
func (c *Cmd) furnish(ctx context.Context, r *rooms) error {
	nomad, web, err := nomadClients()
	if err != nil {
		return dynomad.Errorf(dynomad.KindInvalid, "reading Nomad's settings: %w", err).WithHint("look at NOMAD_ADDR and NOMAD_CACERT")
	}
	links := bucket.Links{Base: c.BucketURL, Key: r.keys.URL}
	goal, err := c.target(ctx, r.blobs, links)
	if err != nil {
		return err
	}
	real := cluster.New(cluster.Config{Nomad: nomad, Namespace: c.Namespace, Log: r.log})
	r.platform = &platform.Platform{
		Store: r.store, Cluster: real, Target: goal, Now: now, NewID: newID, Log: r.log,
		Builder: &builder.Builder{Bucket: r.blobs, SlugURL: func(key string) string { return links.URL(key, bucket.Get) }},
		Links:   c.links(links, r.keys.URL),
	}
	r.access = access.New(access.Config{Store: r.store, Machine: r.keys.Machine, Now: now, NewID: newID})
	r.identity = &access.Workloads{JWKS: nomad.Address() + "/.well-known/jwks.json", Client: web, Now: now}
	r.loops = &reconcile.Reconciler{
		Platform: r.platform, Watch: real.Watch, App: translator.OwnerOf, Deliver: r.deliver,
		Every: reconcile.DefaultIntervals, Log: r.log,
	}
	return nil
}

// nomadClients are the API client, and a plain one with the same TLS settings for the keys that Nomad publishes.
func nomadClients() (*api.Client, *http.Client, error) {
	config := api.DefaultConfig()
	nomad, err := api.NewClient(config)
	if err != nil {
		return nil, nil, err
	}
	web := &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
	return nomad, web, api.ConfigureTLS(web, config.TLSConfig)
}

// links makes the URLs that carry their own permission.
func (c *Cmd) links(blobs bucket.Links, key dynomad.CapabilityKey) platform.Links {
	get := func(name string) string { return blobs.URL(name, bucket.Get) }
	put := func(name string) string { return blobs.URL(name, bucket.Put) }
	return platform.Links{
		SourcePut: put, SourceGet: get, SlugPut: put, SlugGet: get,
		SourceKey: func(url string) (string, bool) { name, _, ok := blobs.Parse(url); return name, ok },
		Output:    func(id dynomad.OutputID) string { return httpapi.OutputURL(c.URL, key, id) },
		Logs:      func(s platform.LogSession) string { return logplex.SessionURL(c.URL, key, logplex.Session(s)) },
	}
}

// target is what new releases are made with, the log agent of this version included.
func (c *Cmd) target(ctx context.Context, blobs *bucket.Bucket, links bucket.Links) (translator.Target, error) {
	goal, err := c.templates()
	if err != nil {
		return translator.Target{}, err
	}
	sum, err := c.storeAgent(ctx, blobs)
	if err != nil {
		return translator.Target{}, err
	}
	goal.Namespace = c.Namespace
	goal.Agent = &translator.Agent{URL: links.URL("agents/"+sum, bucket.Get), SHA256: sum, Logplex: c.URL}
	return goal, nil
}

// templates is the target as our process templates and the operator's describe it.
func (c *Cmd) templates() (translator.Target, error) {
	layers, err := target.Layers(c.Templates)
	if err != nil {
		return translator.Target{}, err
	}
	loaded, err := target.Load(layers, c.Driver, c.Domain, c.EdgePort)
	if err != nil {
		return translator.Target{}, err
	}
	goal := loaded.Target
	goal.Docker.Image = cmp.Or(c.Stack, goal.Docker.Image)
	return goal, nil
}

// storeAgent puts the log agent's binary where Nomad's clients can fetch it, under its own hash.
func (c *Cmd) storeAgent(ctx context.Context, blobs *bucket.Bucket) (sha256 string, err error) {
	path := c.Agent
	if path == "" {
		self, err := os.Executable()
		if err != nil {
			return "", dynomad.Errorf(dynomad.KindInternal, "finding this program's folder: %w", err)
		}
		path = filepath.Join(filepath.Dir(self), "dynomad-agent")
	}
	binary, err := os.ReadFile(path)
	if err != nil {
		return "", dynomad.Errorf(dynomad.KindInvalid, "reading the log agent: %w", err).
			WithHint("install dynomad-agent beside dynomad, or name it with --agent")
	}
	if c.Driver == "docker" {
		if binary, err = executable("dynomad-agent", binary); err != nil {
			return "", dynomad.Errorf(dynomad.KindInternal, "packing the log agent: %w", err)
		}
	}
	sum := hash(binary)
	if _, err := blobs.Put(ctx, "agents/"+sum, bytes.NewReader(binary), 0); err != nil && dynomad.KindOf(err) != dynomad.KindConflict {
		return "", err // a Conflict: it is there already
	}
	return sum, nil
}
