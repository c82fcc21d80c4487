package router

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func mustURL(t testing.TB, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestServerSentEventsComeAtOnce(t *testing.T) {
	next := make(chan struct{})
	e := newEdge(t, routesOf(t, dyno(t, "0", "urlprefix-hello/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for range 3 {
			_, _ = io.WriteString(w, "data: x\n\n")
			_ = http.NewResponseController(w).Flush()
			<-next
		}
	})), nil)
	testStream(t, e, next)
}

// A body of known length that trickles is passed on as it comes.
func TestTrickleComesSoon(t *testing.T) {
	next := make(chan struct{})
	e := newEdge(t, routesOf(t, dyno(t, "0", "urlprefix-hello/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "27")
		for range 3 {
			_, _ = io.WriteString(w, "data: x\n\n")
			_ = http.NewResponseController(w).Flush()
			<-next
		}
	})), nil)
	testStream(t, e, next)
}

// testStream reads event by event; the dyno writes the next one only when the one before has arrived.
func testStream(t *testing.T, e *edge, next chan struct{}) {
	t.Helper()
	res, err := http.DefaultClient.Do(&http.Request{Method: http.MethodGet, Host: "hello", URL: mustURL(t, e.URL)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	events := bufio.NewReader(res.Body)
	for range 3 {
		for _, want := range []string{"data: x\n", "\n"} {
			if line, err := events.ReadString('\n'); err != nil || line != want {
				t.Fatalf("%q %v", line, err)
			}
		}
		next <- struct{}{}
	}
	if r := e.record(t); r.Status != http.StatusOK || r.Bytes != 27 || r.Code != "" {
		t.Errorf("record %s", r.AppendLine(nil))
	}
}

// websocket opens an upgraded connection through the edge by hand.
func websocket(t *testing.T, e *edge) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", e.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_, _ = io.WriteString(conn, "GET /chat HTTP/1.1\r\nHost: hello\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	reader := bufio.NewReader(conn)
	res, err := http.ReadResponse(reader, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols || res.Header.Get("Upgrade") != "websocket" {
		t.Fatalf("%v %v", res, err)
	}
	return conn, reader
}

// shout takes an Upgrade, after longer than stock Fabio would wait, and answers each line in capitals.
func shout(w http.ResponseWriter, _ *http.Request) {
	time.Sleep(1100 * time.Millisecond)
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	for {
		line, err := rw.ReadString('\n')
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, strings.ToUpper(line))
	}
}

func TestWebSocketPasses(t *testing.T) {
	e := newEdge(t, routesOf(t, dyno(t, "0", "urlprefix-hello/", shout)), func(o *Options) { o.FirstByteTimeout = 5 * time.Second })
	conn, reader := websocket(t, e)
	for range 3 {
		_, _ = io.WriteString(conn, "hello\n")
		if line, err := reader.ReadString('\n'); err != nil || line != "HELLO\n" {
			t.Fatalf("%q %v", line, err)
		}
	}
	_ = conn.Close()
	if r := e.record(t); r.Status != 101 || r.Dyno != "web.1" || r.Bytes < 18 || r.At != "info" {
		t.Errorf("record %s", r.AppendLine(nil))
	}
}

func TestShutdownCutsWhatDoesNotEnd(t *testing.T) {
	e := newEdge(t, routesOf(t, dyno(t, "0", "urlprefix-hello/", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })), nil)
	base, cut := context.WithCancelCause(context.Background())
	server := &http.Server{Handler: e.router, BaseContext: func(net.Listener) context.Context { return base }}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(l) }()
	time.AfterFunc(300*time.Millisecond, func() { cut(ErrShutdown) })
	req, _ := http.NewRequest(http.MethodGet, "http://"+l.Addr().String(), nil)
	req.Host = "hello"
	_, err = noRedirects.Do(req)
	_ = server.Close()
	e.router.Wait()
	if r := e.record(t); r.Code != "H24" || errors.Is(err, context.Canceled) {
		t.Errorf("record %s, error %v", r.AppendLine(nil), err)
	}
}
