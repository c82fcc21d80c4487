// Package serve is what the long-lived commands share: their log, and an HTTP server that runs until its context ends.
package serve

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/dynomad/dynomad"
)

const (
	headerTimeout = 10 * time.Second // for a client to send its header
	idleTimeout   = 2 * time.Minute  // of a connection that is kept open
	grace         = 5 * time.Second  // for requests under way when the context ends
)

// Log writes logfmt to w, one line an event, as twelve-factor programs do.
func Log(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

// HTTP listens on addr and serves handler until ctx ends, then gives requests under way a few seconds. Streams that would
// not end by themselves see their request's context end with ctx. ready, when given, is called once connections are accepted.
func HTTP(ctx context.Context, addr string, handler http.Handler, log *slog.Logger, ready func()) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return dynomad.Errorf(dynomad.KindInvalid, "listening on %s: %w", addr, err).
			WithHint("choose another address with --listen, or end the program that has it")
	}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout,
		BaseContext: func(net.Listener) context.Context { return ctx },
		ErrorLog:    slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		stopped <- server.Shutdown(last)
	})
	if ready != nil {
		ready()
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		stop()
		return dynomad.Errorf(dynomad.KindInternal, "serving on %s: %w", addr, err)
	}
	if err := <-stopped; errors.Is(err, context.DeadlineExceeded) {
		return server.Close()
	}
	return nil
}
