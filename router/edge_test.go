package router

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/dynomad/dynomad"
)

// edge is a router on a real port, with its routes, its apps, and the records it left.
type edge struct {
	*httptest.Server
	router *Router
	routes *Routes
	log    *lines
	mu     sync.Mutex
	got    []Record
}

// fixedApps is an Apps in this process.
type fixedApps map[string]State

func (a fixedApps) State(_ context.Context, host string) (State, dynomad.AppName) {
	s, ok := a[host]
	if !ok {
		return StateUnknown, ""
	}
	return s, "hello"
}

// lines is a log that can be looked into.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newEdge(t testing.TB, routes *Routes, change func(*Options)) *edge {
	t.Helper()
	e := &edge{routes: routes, log: &lines{}}
	log := slog.New(slog.NewTextHandler(e.log, nil))
	records := NewRecords(func(_ context.Context, _ uint64, batch []Record) error {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.got = append(e.got, batch...)
		return nil
	}, 1000, log)
	o := Options{Routes: routes, Apps: fixedApps{}, Records: records, Log: log, Now: time.Now, NewID: uuid.NewString}
	if change != nil {
		change(&o)
	}
	router, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	e.router = router
	e.Server = httptest.NewUnstartedServer(router)
	e.Config.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelWarn)
	e.Start()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = records.Run(ctx) }()
	t.Cleanup(func() { e.Close(); router.Wait(); cancel(); <-done })
	return e
}

// record waits for the only record since the last call.
func (e *edge) record(t testing.TB) Record {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		e.mu.Lock()
		got := e.got
		if len(got) > 0 {
			e.got = nil
		}
		e.mu.Unlock()
		if len(got) == 1 {
			return got[0]
		}
		if len(got) > 1 {
			t.Fatalf("%d records for one request: %v", len(got), got)
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("no record")
	return Record{}
}

// get asks the edge for a host, with headers in pairs.
func (e *edge) get(t testing.TB, host, path string, headers ...string) (*http.Response, string) {
	t.Helper()
	return e.send(t, http.MethodGet, host, path, nil, headers...)
}

func (e *edge) send(t testing.TB, method, host, path string, body io.Reader, headers ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, e.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	for i := 0; i < len(headers); i += 2 {
		req.Header[headers[i]] = append(req.Header[headers[i]], headers[i+1])
	}
	res, err := noRedirects.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(text)
}

var noRedirects = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{DisableKeepAlives: true},
}

// dyno is a back end as Dynomad registers it.
func dyno(t testing.TB, index, tag string, h http.HandlerFunc) Instance {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	i := instance("hello-web", s.Listener.Addr().String(), tag)
	i.Meta = map[string]string{"app": "hello", "type": "web", "index": index, "release": "v3"}
	return i
}

// deadAddress is one that refuses connections.
func deadAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
