package router

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// server is the control plane's edge door: it knows one app, and can be switched off.
type server struct {
	*httptest.Server
	asked atomic.Int64
	off   atomic.Bool
	state atomic.Value
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{}
	s.state.Store("crashed")
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		switch {
		case s.off.Load():
			w.WriteHeader(http.StatusBadGateway)
		case r.URL.Path != "/dynomad/edge" || r.Header.Get("Authorization") != "Bearer secret":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Query().Get("host") == "hello.localhost":
			_, _ = io.WriteString(w, `{"state":"`+s.state.Load().(string)+`","app":"hello","app_id":"1"}`)
		default:
			_, _ = io.WriteString(w, `{"state":"unknown"}`)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func newClient(s *server) *AppsClient {
	return NewAppsClient(s.URL+"/", func() (string, error) { return "secret", nil }, slog.New(slog.NewTextHandler(io.Discard, nil)))
}

func TestLastAnswersOutliveTheServer(t *testing.T) {
	s, ctx := newServer(t), context.Background()
	c := newClient(s)
	for _, state := range []State{"crashed", "starting"} {
		s.state.Store(string(state))
		if got, app := c.State(ctx, "hello.localhost"); got != state || app != "hello" {
			t.Fatalf("%q of %q", got, app)
		}
		time.Sleep(answerFresh)
	}
	if got, app := c.State(ctx, "nobody.localhost"); got != StateUnknown || app != "" {
		t.Fatalf("%q of %q", got, app)
	}
	s.off.Store(true)
	time.Sleep(answerFresh)
	if got, app := c.State(ctx, "hello.localhost"); got != StateStarting || app != "hello" {
		t.Errorf("%q of %q while the server is away", got, app)
	}
	if got, _ := c.State(ctx, "never.asked"); got != StateUnsure {
		t.Errorf("%q for a host never asked for", got)
	}
	s.off.Store(false)
	s.state.Store("off")
	time.Sleep(answerFresh)
	if got, _ := c.State(ctx, "hello.localhost"); got != StateOff {
		t.Errorf("%q when the server is back", got)
	}
}

func TestManyRequestsAskOnce(t *testing.T) {
	s := newServer(t)
	c := newClient(s)
	var all sync.WaitGroup
	began := time.Now()
	for range 500 {
		all.Go(func() {
			if got, _ := c.State(context.Background(), "hello.localhost"); got != StateCrashed {
				t.Errorf("%q", got)
			}
		})
	}
	all.Wait()
	if most := 1 + int64(time.Since(began)/answerFresh); s.asked.Load() > most {
		t.Errorf("asked %d times, want at most %d", s.asked.Load(), most)
	}
}

func TestFloodOfMadeUpHostsStopsHere(t *testing.T) {
	s := newServer(t)
	c := newClient(s)
	if got, _ := c.State(context.Background(), "hello.localhost"); got != StateCrashed {
		t.Fatalf("%q", got)
	}
	began := time.Now()
	for i := range 5000 {
		c.State(context.Background(), strconv.Itoa(i)+".localhost")
	}
	if most := int64(askBurst+2+askPerSecond*time.Since(began).Seconds()) + 1; s.asked.Load() > most {
		t.Errorf("asked %d times, want at most %d", s.asked.Load(), most)
	}
	if got, _ := c.State(context.Background(), "hello.localhost"); got != StateCrashed {
		t.Errorf("the app's answer is lost: %q", got)
	}
	for i := range 3 * answersKept {
		c.keep(strconv.Itoa(i), heard{state: StateUnknown})
	}
	if len(c.nobody) > answersKept || len(c.known) != 1 {
		t.Errorf("%d and %d hosts remembered", len(c.nobody), len(c.known))
	}
}

func TestQuestionThatCannotBeAsked(t *testing.T) {
	s := newServer(t)
	c := NewAppsClient(s.URL, func() (string, error) { return "", errors.New("no such file") }, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if got, _ := c.State(context.Background(), "hello.localhost"); got != StateUnsure || s.asked.Load() != 0 {
		t.Errorf("%q, asked %d times", got, s.asked.Load())
	}
	if got, _ := c.State(context.Background(), strings.Repeat("x", 300)); got != StateUnknown {
		t.Errorf("%q for an impossible host", got)
	}
}
