package httpapi_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/httpapi"
	"github.com/dynomad/dynomad/store"
)

func TestWhoMayComeIn(t *testing.T) {
	w := newWorld(t)
	for name, how := range map[string]option{
		"Bearer": auth("Bearer " + w.token), "bearer in small letters": auth("bearer " + w.token), "Basic without a user": basic("", w.token),
		"Basic with an address": basic("ada@example.com", w.token), "as git sends it": basic("heroku", w.token), "as docker sends it": basic("_", w.token),
	} {
		if a := w.do("GET", "/account", nil, how); a.status != 200 {
			t.Errorf("%s: %d %s", name, a.status, a.raw)
		}
	}
	for name, how := range map[string]option{
		"nothing": auth(""), "an empty token": auth("Bearer "), "another token": auth("Bearer dyn_x"), "no scheme": auth(w.token),
		"half of Basic": auth("Basic x"), "a password": basic(email, password), "the machine token": auth("Bearer " + machine),
	} {
		a := w.do("GET", "/account", nil, how)
		a.refused(401, "unauthorized", "log in")
		if a.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: no WWW-Authenticate", name)
		}
	}
}

// TestNothingIsOpen asks every route of the table without any credentials: new lines cannot be open by mistake.
func TestNothingIsOpen(t *testing.T) {
	w := newWorld(t)
	open := map[string]int{"GET /health": 200, "POST /dynomad/setup": 422, "GET /dynomad/outputs/{output}": 403, "GET /": 404}
	for _, pattern := range httpapi.Patterns() {
		method, path, _ := strings.Cut(pattern, " ")
		if path == "" {
			method, path, pattern = "GET", method, "GET "+method
		}
		want, ok := open[pattern]
		if !ok {
			want = 401
		}
		if a := w.do(method, path, nil, auth("")); a.status != want {
			t.Errorf("%s without credentials: %d %s", pattern, a.status, a.raw)
		}
	}
}

func TestAuthorizations(t *testing.T) {
	w := newWorld(t)
	made := w.do("POST", "/oauth/authorizations", object{"description": "laptop", "expires_in": "3600", "scope": []string{"global"}}, basic(email, password)).want(201)
	same(t, "made", []any{made.at("description"), made.at("user", "email"), made.at("scope")}, []any{"laptop", email, []any{"global"}})
	if left := made.at("access_token", "expires_in").(float64); left < 3590 || left > 3600 {
		t.Errorf("expires in %v", left)
	}
	token := auth("Bearer " + made.text("access_token", "token"))
	list := w.do("GET", "/oauth/authorizations", nil, token).want(200)
	same(t, "two", len(list.each("id")), 2)
	same(t, "another's secret", list.text(0, "access_token", "token"), "dyn_**********")
	same(t, "its own", list.at(1, "access_token", "token"), made.at("access_token", "token"))
	for _, ref := range []string{"~", made.text("id")} {
		same(t, ref, w.do("GET", "/oauth/authorizations/"+ref, nil, token).want(200).text("id"), made.text("id"))
	}
	w.do("GET", "/oauth/authorizations/none", nil).refused(404, "not_found", "none")

	second := w.do("POST", "/oauth/authorizations", nil, token).want(201) // by a token instead of a password, and with no body
	same(t, "no end", second.at("access_token", "expires_in"), nil)
	w.do("DELETE", "/oauth/authorizations/"+second.text("id"), nil).want(200)
	w.do("GET", "/account", nil, auth("Bearer "+second.text("access_token", "token"))).refused(401, "unauthorized", "")
	eve := auth("Bearer " + w.member("eve@example.com"))
	w.do("DELETE", "/oauth/authorizations/"+made.text("id"), nil, eve).refused(404, "not_found", "")
	w.do("DELETE", "/oauth/sessions/~", nil, token).want(200)
	w.do("GET", "/account", nil, token).refused(401, "unauthorized", "")

	w.do("POST", "/oauth/authorizations", object{"expires_in": "soon"}).refused(422, "invalid_params", "expires_in")
	w.do("POST", "/oauth/authorizations", object{"expires_in": -1}).refused(422, "invalid_params", "expires_in")
	w.do("POST", "/oauth/authorizations", object{"expires_in": 1 << 60}).refused(422, "invalid_params", "expires_in")
	w.do("POST", "/oauth/authorizations", object{"scope": []string{"read"}}).refused(422, "invalid_params", "scope")
	w.do("POST", "/oauth/authorizations", nil, basic(email, "wrong password")).refused(401, "unauthorized", "password")
}

func TestGuessingPasswordsEnds(t *testing.T) {
	w := newWorld(t)
	for range 10 {
		w.do("POST", "/oauth/authorizations", nil, basic(email, "a wrong guess")).refused(401, "unauthorized", "")
	}
	w.do("POST", "/oauth/authorizations", nil, basic(email, password)).refused(429, "rate_limit", "wait")
	w.do("GET", "/account", nil).want(200)
}

func TestSetupWorksOnce(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/dynomad/setup", object{"token": "dyn_x", "email": "eve@example.com", "password": password}, auth("")).refused(403, "forbidden", "setup link")
	w.do("POST", "/dynomad/setup", object{"token": 1}, auth("")).refused(422, "invalid_params", "token")
}

func TestEdge(t *testing.T) {
	w := newWorld(t)
	app := w.do("POST", "/apps", object{"name": "hello"}).want(201).text("id")
	router := auth("Bearer " + machine)
	edge := func(host string) any { return w.do("GET", "/dynomad/edge?host="+host, nil, router).want(200).body }
	same(t, "empty", edge("hello.localhost:8080"), any(object{"state": "empty", "app": "hello", "app_id": app}))
	same(t, "unknown", edge("nobody.localhost"), any(object{"state": "unknown", "app": "", "app_id": ""}))
	w.deploy("hello", "Procfile", procfile)
	same(t, "up", edge("HELLO.localhost").(object)["state"], any("up"))
	w.do("GET", "/dynomad/edge", nil, router).refused(422, "invalid_params", "host")
	w.do("GET", "/dynomad/edge?host=hello.localhost", nil).refused(401, "unauthorized", "machine token")
}

func TestOutputStreamsAsItGrows(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/apps", object{"name": "hello"}).want(201)
	release := w.do("GET", "/apps/hello/releases/1", nil).want(200)
	build := w.build("hello", "Procfile", procfile)
	id, app := dynomad.OutputID("build-"+build.text("id")), dynomad.AppID(w.do("GET", "/apps/hello", nil).text("id"))
	add := func(text string, last bool) {
		w.ok(w.platform.Store.Update(t.Context(), func(tx *store.Tx) error {
			return tx.AddOutput(app, id, dynomad.OutputLine{Text: text, Last: last})
		}))
	}
	res, err := http.Get(build.text("output_stream_url"))
	w.ok(err)
	defer func() { _ = res.Body.Close() }()
	read := bufio.NewScanner(res.Body)
	for _, text := range []string{"one", "two <b>ü</b>", "three"} {
		add(text, text == "three")
		if !read.Scan() || read.Text() != text {
			t.Fatalf("read %q, want %q: %v", read.Text(), text, read.Err())
		}
	}
	if read.Scan() {
		t.Errorf("%q after the last line", read.Text())
	}
	same(t, "type", res.Header.Get("Content-Type"), "text/plain; charset=utf-8")

	url := release.text("output_stream_url")
	for _, bad := range []string{strings.Split(url, "?")[0], url + "x", strings.Replace(url, "release-", "build-", 1)} {
		w.do("GET", bad, nil).refused(403, "forbidden", "signed")
	}
}

func TestOutputEndsWithTheReader(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/apps", object{"name": "hello"}).want(201)
	res, err := http.Get(w.build("hello", "Procfile", procfile).text("output_stream_url"))
	w.ok(err)
	w.ok(res.Body.Close()) // the server's Close in the clean-up waits for its handlers: a stream that goes on hangs there
}

func TestOutputEndsWithTheApp(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/apps", object{"name": "hello"}).want(201)
	url := w.build("hello", "Procfile", procfile).text("output_stream_url")
	res, err := http.Get(url)
	w.ok(err)
	defer func() { _ = res.Body.Close() }()
	w.do("DELETE", "/apps/hello", nil).want(200)
	rest, err := io.ReadAll(res.Body) // nobody will ever write a last line
	w.ok(err)
	same(t, "rest", string(rest), "")
	w.do("GET", url, nil, auth("")).refused(404, "not_found", "build")
	same(t, "log", w.logged.String(), "")
}

func TestListsInRanges(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/apps", object{"name": "hello"}).want(201)
	for _, value := range strings.Fields("a b c d e f g h i j") {
		w.do("PATCH", "/apps/hello/config-vars", object{"A": value}).want(200)
	}
	list := func(r string) answer { return w.do("GET", "/apps/hello/releases", nil, header("Range", r)) }
	for _, form := range []string{
		"version ..; max=1, order=desc", "version ..; order=desc,max=1", "version ..;order=desc,max=1;", "version ..; order=desc; max=1",
	} {
		a := list(form).want(206)
		same(t, form, a.each("version"), []any{11.0})
		same(t, form, a.header.Get("Next-Range"), "version ]11..; max=1, order=desc")
	}
	same(t, "numbers, not texts", list("version 9..").want(200).each("version"), []any{9.0, 10.0, 11.0})
	same(t, "bounds", list("version ]2..]5").want(200).each("version"), []any{3.0, 4.0})
	same(t, "bounds both in", list("version 2..3").want(200).each("version"), []any{2.0, 3.0})
	same(t, "descending", list("version 5..3; order=desc").want(200).each("version"), []any{5.0, 4.0, 3.0})
	if whole := list("version ..; max=11").want(200); whole.header.Get("Next-Range") != "" {
		t.Error("Next-Range on a complete list: clients would ask for ever")
	}
	for _, first := range []string{"version ..; max=3", "version ..; max=3, order=desc", "id ..; max=4", "version 2..]10; max=3", "version 10..]2; max=3, order=desc"} {
		var got []any
		for next := first; next != ""; {
			a := list(next)
			got = append(got, a.each("version")...)
			next = a.header.Get("Next-Range")
		}
		whole, _, _ := strings.Cut(first, " max=")
		rest := ""
		if strings.Contains(first, "desc") {
			rest = " order=desc"
		}
		same(t, first, got, list(whole+rest).want(200).each("version"))
	}
	for _, bad := range []string{"bytes=0-5", "version", "name ..", "version ..; max=0", "version ..; max=1001", "version ..; max=x", "version ..; sort=up", ";", ".."} {
		list(bad).refused(416, "requested_range_not_satisfiable", "version ..")
	}
	list("").want(200)
}

func TestBodies(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/apps", strings.NewReader("{}{}")).refused(400, "bad_request", "one JSON object")
	w.do("POST", "/apps", strings.NewReader("{")).refused(400, "bad_request", "one JSON object")
	w.do("POST", "/apps", strings.NewReader(`{"name": "hello", "unknown": [1, {"x": null}]}`)).want(201)
	w.do("POST", "/apps", bytes.NewReader(append([]byte(`{"name": "`), bytes.Repeat([]byte("x"), 2<<20)...))).refused(413, "too_large", "1048576")
	a := w.do("POST", "/apps", object{"name": "BAD"}, header("User-Agent", "heroku-cli/11.10.0 linux"))
	if message := a.text("message"); !strings.Contains(message, a.text("hint")) {
		t.Errorf("the stock CLI would not show the hint: %q", message)
	}
}

func TestUnknownPaths(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/", "/nothing", "/apps/hello/nothing", "/dynomad/", "/apps/a%2Fb%2Fc"} {
		w.do("GET", path, nil).refused(404, "not_found", "")
	}
	w.do("PUT", "/apps", nil).refused(404, "not_found", "PUT /apps")
}

func TestOurFaultsSayNothing(t *testing.T) {
	w := newWorld(t)
	links := w.platform.Links
	w.platform.Links.SourcePut = func(string) string { panic("a secret of the inside") }
	a := w.do("POST", "/sources", nil)
	a.refused(500, "internal_server_error", a.header.Get("Request-Id"))
	w.platform.Links = links
	if strings.Contains(a.raw, "secret") || !strings.Contains(w.logged.String(), "a secret of the inside") {
		t.Errorf("answer %s, log %s", a.raw, w.logged)
	}
	if !strings.Contains(w.logged.String(), a.header.Get("Request-Id")) {
		t.Error("the log does not name the request")
	}
	w.do("GET", "/health", nil, auth("")).want(200)
	w.ok(w.platform.Store.Close())
	if a := w.do("GET", "/health", nil, auth("")); a.status < 500 {
		t.Errorf("healthy without a store: %s", a.raw)
	}
}

func TestNomadIsAwayForAMoment(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/apps", object{"name": "hello"}).want(201)
	w.nomad.Down(true)
	w.do("DELETE", "/apps/hello", nil).refused(503, "unavailable", "")
	w.nomad.Down(false)
	w.pass(time.Minute)
	w.do("DELETE", "/apps/hello", nil).want(200)
}
