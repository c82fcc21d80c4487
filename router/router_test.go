package router

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestRequestReachesDynoAndLeavesOneRecord(t *testing.T) {
	e := newEdge(t, routesOf(t, dyno(t, "0", "urlprefix-hello.localhost/", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Seen", r.Method+" "+r.RequestURI+" "+r.Host)
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write(append([]byte("got "), body...))
	})), nil)
	res, body := e.send(t, "POST", "Hello.localhost:8080", "/a%2Fb//c?x=1;y=%zz", strings.NewReader("hi"))
	if res.StatusCode != http.StatusCreated || body != "got hi" || res.Header.Get("X-Seen") != "POST /a%2Fb//c?x=1;y=%zz Hello.localhost:8080" {
		t.Errorf("%d %q, dyno saw %q", res.StatusCode, body, res.Header.Get("X-Seen"))
	}
	if via := res.Header.Get("Via"); via != e.router.via {
		t.Errorf("Via %q", via)
	}
	r := e.record(t)
	r.Time, r.RequestID = time.Time{}, "ID"
	if r.Connect < 0 || r.Connect > time.Minute || r.Service < 0 || r.Service > time.Minute {
		t.Errorf("connect %v service %v", r.Connect, r.Service)
	}
	r.Connect, r.Service = time.Millisecond, 5*time.Millisecond
	want := `at=info method=POST path="/a%2Fb//c?x=1;y=%zz" host=Hello.localhost:8080 request_id=ID fwd="127.0.0.1" dyno=web.1 ` +
		`connect=1ms service=5ms status=201 bytes=6 protocol=http`
	if got := string(r.AppendLine(nil)); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestConnectIsTriedOnAnotherDyno(t *testing.T) {
	alive := dyno(t, "1", "urlprefix-hello/", func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	instances := []Instance{alive}
	for i := range 3 {
		dead := alive
		dead.Address = deadAddress(t)
		dead.Meta = map[string]string{"app": "hello", "type": "web", "index": string(rune('2' + i))}
		instances = append(instances, dead)
	}
	e := newEdge(t, routesOf(t, instances...), nil)
	for range 20 {
		res, body := e.send(t, "POST", "hello", "/", io.MultiReader(strings.NewReader("twice "), strings.NewReader("never")))
		if res.StatusCode != http.StatusOK || body != "twice never" {
			t.Fatalf("%d %q", res.StatusCode, body)
		}
		if r := e.record(t); r.Dyno != "web.2" || r.At != "info" {
			t.Fatalf("record %s", r.AppendLine(nil))
		}
	}
}

// A route's other targets may have stricter rules: a failed connect is no way around them.
func TestRetryKeepsAccessRules(t *testing.T) {
	closed := dyno(t, "0", "urlprefix-hello/ deny=ip:127.0.0.0/8", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("secret")) })
	open := instance("hello-web", deadAddress(t), "urlprefix-hello/")
	e := newEdge(t, routesOf(t, closed, open), nil)
	for range 20 {
		if res, body := e.get(t, "hello", "/"); res.StatusCode < 400 || strings.Contains(body, "secret") {
			t.Fatalf("%d %q", res.StatusCode, body)
		}
	}
}

func TestFailuresOfDynos(t *testing.T) {
	raw := func(answer string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			_, _ = io.WriteString(conn, answer)
			_ = conn.Close()
		}
	}
	slow := make(chan struct{})
	defer close(slow)
	refused := instance("hello-web", deadAddress(t), "urlprefix-hello/")
	refused.Meta = map[string]string{"app": "hello", "type": "web", "index": "0"}
	for code, target := range map[string]Instance{
		"H21": refused,
		"H13": dyno(t, "0", "urlprefix-hello/", raw("")),
		"H17": dyno(t, "0", "urlprefix-hello/", raw("huh?\r\n\r\n")),
		"H12": dyno(t, "0", "urlprefix-hello/", func(http.ResponseWriter, *http.Request) { <-slow }),
	} {
		t.Run(code, func(t *testing.T) {
			e := newEdge(t, routesOf(t, target), func(o *Options) { o.FirstByteTimeout = 300 * time.Millisecond })
			res, body := e.get(t, "hello", "/", "Accept", "application/json")
			if res.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, code) {
				t.Errorf("%d %s", res.StatusCode, body)
			}
			if r := e.record(t); r.Code != code || r.At != "error" || r.Status != http.StatusServiceUnavailable || r.Dyno != "web.1" || r.Host != "hello" {
				t.Errorf("record %s", r.AppendLine(nil))
			}
		})
	}
}

func TestAnswerCutShortIsNotPassedOffAsWhole(t *testing.T) {
	e := newEdge(t, routesOf(t, dyno(t, "0", "urlprefix-hello/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte("half"))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})), nil)
	res, err := http.DefaultClient.Do(&http.Request{Method: http.MethodGet, Host: "hello", URL: mustURL(t, e.URL)})
	if err == nil {
		_, err = io.ReadAll(res.Body)
		_ = res.Body.Close()
	}
	if err == nil {
		t.Error("the client cannot tell")
	}
	if r := e.record(t); r.Code != "H18" || r.Sock != "backend" || r.Status != http.StatusOK || r.Bytes != 4 {
		t.Errorf("record %s", r.AppendLine(nil))
	}
}

func TestClientThatLeavesIsAWarning(t *testing.T) {
	arrived, left := make(chan struct{}), make(chan struct{})
	e := newEdge(t, routesOf(t, dyno(t, "0", "urlprefix-hello/", func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done() // the dyno is told by its connection's end
		close(left)
	})), nil)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-arrived; cancel() }()
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, e.URL, nil)
	req.Host = "hello"
	if _, err := noRedirects.Do(req); err == nil {
		t.Fatal("answered")
	}
	<-left
	if r := e.record(t); r.Code != "H27" || r.At != "warning" || r.Sock != "client" || r.Status != 499 {
		t.Errorf("record %s", r.AppendLine(nil))
	}
}

func TestOptionsOfTags(t *testing.T) {
	echo := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.RequestURI+" "+r.Host+" "+r.Header.Get("X-Forwarded-Prefix"))
	}
	for _, c := range []struct{ tag, path, want string }{
		{"urlprefix-hello/ strip=/v1", "/v1/x%2Fy?q", "/x%2Fy?q hello /v1"},
		{"urlprefix-hello/ strip=/v1", "/v1", "/ hello /v1"},
		{"urlprefix-hello/ prepend=/in", "/x", "/in/x hello "},
		{"urlprefix-hello/ strip=/v1 prepend=/v2", "/v1/x", "/v2/x hello /v1"},
		{"urlprefix-hello/ host=other.example", "/x", "/x other.example "},
	} {
		e := newEdge(t, routesOf(t, dyno(t, "0", c.tag, echo)), nil)
		if _, body := e.get(t, "hello", c.path, "X-Forwarded-Prefix", "/forged"); body != c.want {
			t.Errorf("%s %s: dyno saw %q, want %q", c.tag, c.path, body, c.want)
		}
	}
	d := dyno(t, "0", "urlprefix-hello/ host=dst", echo)
	e := newEdge(t, routesOf(t, d), nil)
	if _, body := e.get(t, "hello", "/x"); body != "/x "+d.Address+" " {
		t.Errorf("host=dst: dyno saw %q", body)
	}
}

func TestRedirects(t *testing.T) {
	e := newEdge(t, routesOf(t,
		dyno(t, "0", "urlprefix-old/ redirect=301,https://new.example$path", nil),
		dyno(t, "0", "urlprefix-same/ redirect=302,http://same/", nil),
		dyno(t, "0", "urlprefix-/", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("fallback")) }),
	), nil)
	res, _ := e.get(t, "old", "/x?q=1")
	if res.StatusCode != http.StatusMovedPermanently || res.Header.Get("Location") != "https://new.example/x?q=1" {
		t.Errorf("%d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	if r := e.record(t); r.Status != http.StatusMovedPermanently || r.Dyno != "" || r.Connect != noTime {
		t.Errorf("record %s", r.AppendLine(nil))
	}
	if _, body := e.get(t, "same", "/"); body != "fallback" {
		t.Errorf("a redirect to itself: %q", body)
	}
}

func TestRefusals(t *testing.T) {
	e := newEdge(t, routesOf(t,
		dyno(t, "0", "urlprefix-closed/ allow=ip:10.0.0.0/8", nil),
		func() Instance { i := instance("s", "h:1", "urlprefix-auth/"); i.Tags[0] += " host=x"; return i }(),
	), nil)
	if res, body := e.get(t, "closed", "/"); res.StatusCode != http.StatusForbidden || !strings.Contains(body, "Access denied") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	if res, _ := e.send(t, "CONNECT", "closed", "", nil); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("CONNECT: %d", res.StatusCode)
	}
	if res, _ := e.get(t, "closed", "/", "Via", "1.1 other, "+e.router.via); res.StatusCode != http.StatusLoopDetected {
		t.Errorf("a loop: %d", res.StatusCode)
	}
	lines, _ := instance("s", "h:1", "urlprefix-auth/ auth=basic").Lines()
	set(e.routes, map[string][]Line{"s": lines})
	if res, _ := e.get(t, "auth", "/"); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("auth: %d", res.StatusCode)
	}
}

func TestUnknownHostsGoToTheRoutersOwnLog(t *testing.T) {
	e := newEdge(t, NewRoutes(), func(o *Options) { o.Apps = fixedApps{"hello.localhost": StateCrashed} })
	if res, _ := e.get(t, "nobody.localhost", "/forged%22\"x"); res.StatusCode != http.StatusNotFound {
		t.Errorf("%d", res.StatusCode)
	}
	if res, _ := e.get(t, "Hello.localhost:8080", "/"); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("%d", res.StatusCode)
	}
	if r := e.record(t); r.App != "hello" || r.Code != "H10" || r.Connect != noTime || r.Dyno != "" {
		t.Errorf("record %+v", r)
	}
	if log := e.log.String(); !strings.Contains(log, "host=nobody.localhost") || strings.Contains(log, "H10") {
		t.Errorf("log: %s", log)
	}
}
