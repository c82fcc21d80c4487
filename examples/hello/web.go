package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"time"
)

// goodbye bounds how long requests in progress may take after a SIGTERM; the platform waits 30 s before it kills.
const goodbye = 20 * time.Second

// serve answers HTTP on $PORT until ctx ends, then finishes the requests in progress.
func serve(ctx context.Context, getenv func(string) string, out io.Writer) error {
	port := getenv("PORT")
	if port == "" {
		return errors.New("PORT is not set: start me by the platform, or with PORT=5000")
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", ":"+port)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: pages(getenv, out), ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	say(out, "listening on %s", listener.Addr())

	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	say(out, "told to stop, finishing what was begun")
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	if err := server.Shutdown(last); err != nil {
		return fmt.Errorf("stop serving: %w", err)
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	say(out, "goodbye")
	return nil
}

// pages is everything that the web process answers.
func pages(getenv func(string) string, out io.Writer) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { greet(w, r, getenv) })
	mux.HandleFunc("/slow", slow)
	mux.HandleFunc("/crash", func(http.ResponseWriter, *http.Request) {
		say(out, "asked to crash")
		os.Exit(1)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/health" { // asked every second by the platform: no line in the log
			return
		}
		start := time.Now()
		mux.ServeHTTP(w, r)
		say(out, "%s %s from %s in %s", r.Method, strconv.Quote(r.URL.Path), r.Header.Get("X-Forwarded-For"),
			time.Since(start).Round(time.Millisecond))
	})
}

// greet says who answers and what arrived, so that a reload shows the dynos taking turns.
func greet(w http.ResponseWriter, r *http.Request, getenv func(string) string) {
	greeting := getenv("GREETING")
	if greeting == "" {
		greeting = "Hello"
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	// Nomad calls the task after the release, which makes this the release's version.
	_, _ = fmt.Fprintf(w, "%s from dyno %s, release %s\n\n", greeting, getenv("DYNO"), getenv("NOMAD_TASK_NAME"))
	_, _ = fmt.Fprintf(w, "%s %s\nHost: %s\n", r.Method, r.URL.RequestURI(), r.Host) //nolint:gosec // plain text
	names := make([]string, 0, len(r.Header))
	for name := range r.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range r.Header[name] {
			_, _ = fmt.Fprintf(w, "%s: %s\n", name, value) //nolint:gosec // the same
		}
	}
}

// slow answers after ?ms= milliseconds, at most a minute: a request to lose or to keep while dynos are replaced.
func slow(w http.ResponseWriter, r *http.Request) {
	ms, err := strconv.Atoi(r.FormValue("ms"))
	if err != nil || ms < 0 || ms > 60_000 {
		http.Error(w, "give ?ms=N with N from 0 to 60000", http.StatusBadRequest)
		return
	}
	select {
	case <-time.After(time.Duration(ms) * time.Millisecond):
		_, _ = fmt.Fprintf(w, "that took %d ms\n", ms)
	case <-r.Context().Done():
	}
}

// say writes one line of the app's log. The platform adds the time and the dyno's name.
func say(out io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(out, format+"\n", args...)
}
