package router

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/logplex/syslog"
)

// consul is one that never changes: a service with one instance at this address.
func consul(t *testing.T, address string) *httptest.Server {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]string{
		"/v1/health/state/any": `[{"Node":"n","CheckID":"c","ServiceID":"1","ServiceName":"hello-web","Status":"passing"}]`,
		"/v1/catalog/services": `{"consul":[],"hello-web":["urlprefix-hello.localhost/"]}`,
		"/v1/catalog/service/hello-web": `[{"Node":"n","ServiceID":"1","ServiceName":"hello-web",` +
			`"ServiceAddress":"` + host + `","ServicePort":` + port + `,"ServiceTags":["urlprefix-hello.localhost/"],` +
			`"ServiceMeta":{"app":"hello","type":"web","index":"1","release":"v3"}}]`,
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("index") != "" {
			<-r.Context().Done() // nothing changes
			return
		}
		if r.Header.Get("X-Consul-Token") != "reader" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		w.Header().Set("X-Consul-Index", "7")
		_, _ = io.WriteString(w, answers[r.URL.Path])
	}))
	t.Cleanup(s.Close)
	return s
}

// plane is the control plane's two doors for the router.
type plane struct {
	*httptest.Server
	mu     sync.Mutex
	frames []syslog.Message
	source string
}

func newPlane(t *testing.T, token string) *plane {
	t.Helper()
	p := &plane{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "Bearer "+token:
			w.WriteHeader(http.StatusUnauthorized)
		case r.Method == http.MethodGet && r.URL.Path == "/dynomad/edge":
			_, _ = io.WriteString(w, `{"state":"unknown"}`)
		case r.Method == http.MethodPost && r.URL.Path == "/logplex/frames":
			p.take(t, r)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *plane) take(t *testing.T, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	first := fmt.Sprint(len(p.frames) + 1)
	if got := r.Header.Get("Dynomad-Position"); got != first {
		t.Errorf("position %s, want %s", got, first)
	}
	source := r.Header.Get("Dynomad-Source")
	if !strings.HasPrefix(source, "router/") || (p.source != "" && source != p.source) || r.Header.Get("Content-Type") != "application/logplex-1" {
		t.Errorf("headers %v", r.Header)
	}
	p.source = source
	n := 0
	for ; len(body) > 0; n++ {
		var message []byte
		if message, body, err = syslog.Next(body); err != nil {
			t.Error(err)
			return
		}
		m, err := syslog.Parse(message, syslog.Logplex)
		if err != nil {
			t.Error(err)
		}
		p.frames = append(p.frames, m)
	}
	if fmt.Sprint(n) != r.Header.Get("Logplex-Msg-Count") {
		t.Errorf("%d frames, said %s", n, r.Header.Get("Logplex-Msg-Count"))
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// get asks an address for a host.
func get(t *testing.T, addr, host, path string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, "http://"+addr+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if host != "" {
		req.Host = host
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// run starts the command and waits until it answers; stop ends it and waits until it has.
func run(t *testing.T, c *Cmd) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		conn, err := net.Dial("tcp", c.Listen)
		if err == nil {
			_ = conn.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the edge does not open")
		}
	}
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestTheWholeProcess(t *testing.T) {
	arrived, leave := make(chan struct{}), make(chan struct{})
	dyno := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(arrived)
			<-leave
		}
		_, _ = io.WriteString(w, "dyno "+r.URL.Path)
	}))
	defer dyno.Close()
	secret := hex.EncodeToString(make([]byte, 32))
	file := filepath.Join(t.TempDir(), "machine.token")
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := newPlane(t, secret)
	c := &Cmd{
		Listen: freeAddress(t), Admin: freeAddress(t), Server: p.URL, TokenFile: file, Consul: consul(t, dyno.Listener.Addr().String()).URL,
		ConsulToken: "reader", Service: "dynomad-router", Grace: 20 * time.Second,
	}
	stop := run(t, c)

	if status, body := get(t, c.Listen, "hello.localhost:8080", "/health"); status != http.StatusOK || body != "dyno /health" {
		t.Errorf("the app's own /health: %d %s", status, body)
	}
	for _, addr := range []string{c.Listen, c.Admin} {
		status, body := get(t, addr, "", "/health")
		var s state
		if err := json.Unmarshal([]byte(body), &s); err != nil || status != http.StatusOK || s.Hosts != 1 || s.ConsulAway != "" {
			t.Errorf("/health at %s: %d %s", addr, status, body)
		}
	}
	if status, _ := get(t, c.Listen, "nobody.localhost", "/"); status != http.StatusNotFound {
		t.Errorf("a host of no app: %d", status)
	}

	slow := make(chan string)
	go func() { _, body := get(t, c.Listen, "hello.localhost", "/slow"); slow <- body }()
	<-arrived
	time.AfterFunc(300*time.Millisecond, func() { close(leave) })
	stop() // while a request is under way
	if body := <-slow; body != "dyno /slow" {
		t.Errorf("the request under way got %q", body)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.frames) != 2 {
		t.Fatalf("%d lines arrived: %v", len(p.frames), p.frames)
	}
	m := p.frames[1]
	if m.Priority != 158 || m.Host != "hello" || m.App != "heroku" || m.Proc != "router" || time.Since(m.Time) > time.Hour ||
		!strings.HasPrefix(m.Text, `at=info method=GET path="/slow" host=hello.localhost request_id=`) || !strings.Contains(m.Text, " dyno=web.2 ") {
		t.Errorf("%+v", m)
	}
}

func TestWhatDoesNotEndIsCut(t *testing.T) {
	arrived := make(chan struct{})
	dyno := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	}))
	defer dyno.Close()
	p := newPlane(t, "")
	c := &Cmd{
		Listen: freeAddress(t), Server: p.URL, TokenFile: "/nowhere", Consul: consul(t, dyno.Listener.Addr().String()).URL,
		ConsulToken: "reader", Grace: 200 * time.Millisecond,
	}
	stop := run(t, c)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		req, _ := http.NewRequest(http.MethodGet, "http://"+c.Listen, nil)
		req.Host = "hello.localhost"
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close()
		}
	}()
	<-arrived
	began := time.Now()
	stop()
	<-ended
	if took := time.Since(began); took > 15*time.Second { // the last flush of records has 5 s, in vain here
		t.Errorf("it took %v", took)
	}
}

func TestSettingsAreChecked(t *testing.T) {
	for _, texts := range [][]string{{"10.0.0.0/8", "10.1.2.3", " fe80::1 "}, nil} {
		if got, err := prefixes(texts); err != nil || len(got) != len(texts) {
			t.Errorf("%v: %v %v", texts, got, err)
		}
	}
	if _, err := prefixes([]string{"10.0.0.0/8", "proxy.example"}); dynomad.KindOf(err) != dynomad.KindInvalid || dynomad.HintOf(err) == "" {
		t.Errorf("%v", err)
	}
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = busy.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for _, c := range []*Cmd{{Listen: busy.Addr().String()}, {Listen: freeAddress(t), Admin: busy.Addr().String()}} {
		c.Consul, c.ConsulToken, c.Server = consul(t, "127.0.0.1:1").URL, "reader", "http://127.0.0.1:1"
		if err := c.Run(ctx); dynomad.KindOf(err) != dynomad.KindInvalid {
			t.Errorf("a busy port: %v", err)
		}
	}
}

func TestWhichDeliveriesAreTriedAgain(t *testing.T) {
	for status, want := range map[int]dynomad.Kind{
		400: dynomad.KindBadRequest, 422: dynomad.KindBadRequest, 413: dynomad.KindTooLarge,
		401: dynomad.KindUnavailable, 403: dynomad.KindUnavailable, 404: dynomad.KindUnavailable, 429: dynomad.KindUnavailable, 500: dynomad.KindUnavailable,
	} {
		if got := kindOf(status); got != want {
			t.Errorf("%d: %s, want %s", status, got, want)
		}
	}
}
