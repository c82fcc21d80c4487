// Package router is `dynomad router`, the edge as a process: it gives package router its Consul, its server, its log's door
// and its listener.
//
//	        ┌────────── Watcher ◀── Consul
//	        ▼
//	HTTP ▶ Router ──▶ dynos
//	        │  └─ AppsClient ──▶ server  GET  /dynomad/edge
//	        └──── Records ─────▶ server  POST /logplex/frames
//
// At its end it stops listening, lets requests finish, cuts what does not end in time, and ships the last records.
package router

import (
	"context"
	"errors"
	"io"
	stdlog "log"
	"log/slog"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/consul/api"
	"golang.org/x/sync/errgroup"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cmd/dynomad/keys"
	"github.com/dynomad/dynomad/cmd/dynomad/serve"
	"github.com/dynomad/dynomad/router"
)

// firstTable bounds the wait for Consul before the edge listens without routes.
const firstTable = 10 * time.Second

// Cmd is the command with its settings. Consul's TLS files are read from the variables that its own programs read.
type Cmd struct {
	Listen      string        `env:"DYNOMAD_LISTEN" default:"127.0.0.1:8080" help:"Address to listen on."`
	Server      string        `env:"DYNOMAD_SERVER" default:"http://127.0.0.1:5000" help:"URL of the control plane."`
	TokenFile   string        `name:"machine-token-file" env:"DYNOMAD_MACHINE_TOKEN_FILE" required:"" type:"path" help:"The server's DATA/keys/machine.token."`
	Admin       string        `env:"DYNOMAD_ADMIN_LISTEN" help:"Address that answers /health and nothing else; none if not given."`
	Consul      string        `env:"CONSUL_HTTP_ADDR" default:"127.0.0.1:8500" help:"Consul's address."`
	ConsulToken string        `env:"CONSUL_HTTP_TOKEN" help:"Token that may read services and nodes."`
	Service     string        `env:"DYNOMAD_ROUTER_SERVICE" default:"dynomad-router" help:"Name of the router's own service in Consul, if it has one: its tags are no routes."`
	Trusted     []string      `name:"trusted-proxies" env:"DYNOMAD_TRUSTED_PROXIES" help:"Addresses (CIDR) of proxies in front whose X-Forwarded headers are believed."`
	Grace       time.Duration `env:"DYNOMAD_GRACE" default:"30s" help:"How long requests may take to finish at the end."`
}

// Run serves until ctx ends.
func (c *Cmd) Run(ctx context.Context) error {
	log := serve.Log(os.Stderr)
	stdlog.SetOutput(io.Discard) // Fabio's packages write there what our own log says better
	e, err := c.assemble(log)
	if err != nil {
		return err
	}
	// What feeds the edge lives longer than its listener: the last requests still need routes and leave records.
	base, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	group, feed := errgroup.WithContext(base)
	group.Go(func() error { return e.watcher.Run(feed) })
	group.Go(func() error { return e.records.Run(feed) })
	if c.Admin != "" {
		group.Go(func() error { return serve.HTTP(feed, c.Admin, e.health(), log, nil) })
	}
	open, stop := context.WithCancel(ctx)
	defer stop()
	context.AfterFunc(feed, stop)
	err = c.serve(open, e)
	end()
	return errors.Join(err, group.Wait())
}

// edge is the parts of the process.
type edge struct {
	watcher *router.Watcher
	records *router.Records
	router  *router.Router
	log     *slog.Logger
}

func (c *Cmd) assemble(log *slog.Logger) (edge, error) {
	trusted, err := prefixes(c.Trusted)
	if err != nil {
		return edge{}, err
	}
	config := api.DefaultConfig()
	config.Address, config.Token = c.Consul, c.ConsulToken
	client, err := api.NewClient(config)
	if err != nil {
		return edge{}, dynomad.Errorf(dynomad.KindInvalid, "the settings for Consul are not usable: %w", err)
	}
	token := func() (string, error) { return keys.Machine(c.TokenFile) }
	routes := router.NewRoutes()
	sink := sink{server: strings.TrimSuffix(c.Server, "/"), token: token, instance: uuid.NewString()}
	records := router.NewRecords(sink.take, router.DefaultRecordsKept, log)
	r, err := router.New(router.Options{
		Routes: routes, Apps: router.NewAppsClient(c.Server, token, log), Records: records,
		Log: log, Now: time.Now, NewID: uuid.NewString, Trusted: trusted,
	})
	if err != nil {
		return edge{}, dynomad.Errorf(dynomad.KindInternal, "reading the error pages: %w", err)
	}
	watcher := &router.Watcher{Consul: client, Routes: routes, Self: c.Service, Log: log}
	return edge{watcher: watcher, records: records, router: r, log: log}, nil
}

// prefixes reads addresses of proxies, "10.0.0.0/8" or "10.0.0.1".
func prefixes(texts []string) (out []netip.Prefix, err error) {
	for _, text := range texts {
		text = strings.TrimSpace(text)
		p, err := netip.ParsePrefix(text)
		if addr, notPrefix := netip.ParseAddr(text); err != nil && notPrefix == nil {
			p, err = addr.Prefix(addr.BitLen())
		}
		if err != nil {
			return nil, dynomad.Errorf(dynomad.KindInvalid, "%q is not an address of proxies: %w", text, err).
				WithHint("use addresses or ranges such as 10.0.0.0/8, separated by commas")
		}
		out = append(out, p)
	}
	return out, nil
}
