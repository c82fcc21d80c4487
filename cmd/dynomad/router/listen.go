package router

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/router"
)

// Bounds for clients.
const (
	headerTimeout = 30 * time.Second // to send a request's header
	idleTimeout   = 90 * time.Second // of a connection that is kept open
	maxHeader     = 64 << 10         // bytes of a request's header
)

// serve listens until ctx ends, then lets what is under way finish, for Grace at most.
func (c *Cmd) serve(ctx context.Context, e edge) error {
	select {
	case <-e.watcher.Ready():
	case <-time.After(firstTable):
		e.log.Warn("consul has not answered yet: the edge opens without routes", "consul", c.Consul)
	case <-ctx.Done():
		return nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return dynomad.Errorf(dynomad.KindInvalid, "listening on %s: %w", c.Listen, err).
			WithHint("choose another address with --listen, or end the program that has it")
	}
	requests, cut := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cut(nil)
	server := &http.Server{
		Handler:           e.front(),
		ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		BaseContext: func(net.Listener) context.Context { return requests },
		ErrorLog:    slog.NewLogLogger(e.log.Handler(), slog.LevelDebug),
	}
	var failed error
	served := make(chan struct{})
	go func() { failed = server.Serve(listener); close(served) }()
	e.log.Info("edge is open", "listen", listener.Addr().String(), "hosts", e.watcher.Routes.Hosts())
	select {
	case <-served:
		return dynomad.Errorf(dynomad.KindInternal, "serving on %s: %w", c.Listen, failed)
	case <-ctx.Done():
		err = c.drain(server, e, func() { cut(router.ErrShutdown) })
		<-served
		return err
	}
}

// drain waits for requests and upgraded connections, which the server itself does not wait for; then it cuts the rest.
func (c *Cmd) drain(server *http.Server, e edge, cut func()) error {
	e.log.Info("edge closes", "grace", c.Grace)
	last, cancel := context.WithTimeout(context.Background(), c.Grace)
	defer cancel()
	err := server.Shutdown(last)
	idle := make(chan struct{})
	if err == nil {
		go func() { e.router.Wait(); close(idle) }()
		select {
		case <-idle:
			return nil
		case <-last.Done():
		}
	}
	e.log.Warn("cutting requests that did not end in time")
	cut()
	if err != nil {
		err = server.Close()
	}
	e.router.Wait()
	return err
}

// front answers /health to whoever asks by the edge's address, as load balancers do. Apps have names: theirs stays theirs.
func (e edge) front() http.Handler {
	health := e.health()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/health" && isAddress(r.Host) {
			health.ServeHTTP(w, r)
			return
		}
		e.router.ServeHTTP(w, r)
	})
}

func isAddress(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	_, err := netip.ParseAddr(host)
	return err == nil
}

// state is what /health tells.
type state struct {
	Hosts      int                 `json:"hosts"`
	ConsulAway string              `json:"consul_away,omitempty"` // since when
	Records    router.RecordCounts `json:"records"`
}

// health is 200 once there is a table: without Consul the edge still serves. Before that it is 503.
func (e edge) health() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		now := state{Hosts: e.watcher.Routes.Hosts(), Records: e.records.Counts()}
		if away := e.watcher.Away(); !away.IsZero() {
			now.ConsulAway = away.UTC().Format(time.RFC3339)
		}
		w.Header().Set("Content-Type", "application/json")
		select {
		case <-e.watcher.Ready():
		default:
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(w).Encode(now)
	})
	return mux
}
