package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// A fresh platform's link makes the first administrator, once, and logs them in.
func TestSetup(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.open("/console/setup?token="+url.QueryEscape(w.setup), 200)
	b.sees("Welcome to Dynomad", `minlength="8"`)
	b.submit("/console/setup", url.Values{"token": {w.setup}, "email": {"ada@example.com"}, "password": {"short"}}, 422)
	b.sees("Welcome to Dynomad", `role="alert"`, `value="ada@example.com"`)
	b.submit("/console/setup", url.Values{"token": {w.setup}, "email": {"ada@example.com"}, "password": {password}}, 200)
	b.sees("There are no apps yet", "ada@example.com")
	if b.at != "/console/apps" {
		t.Errorf("the setup leads to %s", b.at)
	}
	w.browser().submit("/console/setup", url.Values{"token": {w.setup}, "email": {"eve@example.com"}, "password": {password}}, 403)
}

func TestLoginAndLogout(t *testing.T) {
	w := newWorld(t)
	w.ada()
	b := w.browser()
	b.open("/console/apps/hello", 200)
	if b.at != "/console/login?next=%2Fconsole%2Fapps%2Fhello" {
		t.Errorf("a stranger is sent to %s", b.at)
	}
	b.submit("/console/login", url.Values{"email": {"ada@example.com"}, "password": {"wrong"}, "next": {"/console/apps/hello"}}, 401)
	b.sees(`role="alert"`, "There is no account with this e-mail address and password.", `value="/console/apps/hello"`)
	b.submit("/console/login", url.Values{"email": {"Ada@example.com"}, "password": {password}, "next": {"/console/apps/hello"}}, 404)
	b.sees("There is no app &#34;hello&#34;.")

	b.open("/console/apps", 200)
	cookies := b.client.Jar.Cookies(must(url.Parse(w.server.URL + "/console/")))
	b.submit("/console/logout", url.Values{}, 200)
	b.open("/console/apps", 200)
	b.sees("Log in")
	// The cookie of the session is worth nothing any more.
	b.client.Jar.SetCookies(must(url.Parse(w.server.URL+"/console/")), cookies)
	b.open("/console/apps", 200)
	b.sees("Log in")
}

// The login never leads to another site.
func TestLoginStaysHere(t *testing.T) {
	w := newWorld(t)
	w.ada()
	for _, next := range []string{
		"https://evil.example.com/", "//evil.example.com", "/console//evil", `/console/\evil`, "/console/../x", "javascript:alert(1)", "",
	} {
		b := w.browser()
		b.submit("/console/login", url.Values{"email": {"ada@example.com"}, "password": {password}, "next": {next}}, 200)
		if b.at != "/console/apps" {
			t.Errorf("%q leads to %s", next, b.at)
		}
	}
}

// An app's page shows its dynos, releases and config names, and its forms scale and restart.
func TestAppPage(t *testing.T) {
	w := newWorld(t)
	b := w.ada()
	b.submit("/console/apps", url.Values{"name": {"hello"}}, 200)
	b.sees("<h1>hello</h1>", "Nothing has been deployed yet.", "http://hello.localhost:8080/", "Initial release")

	w.deploy("hello", "web: ./web $PORT\nworker: ./<b>worker\n")
	b.open("/console/apps/hello", 200)
	b.sees("web.1", `<b class="pill up">up</b>`, "Deploy abc123", "Scaled to none.", "./&lt;b&gt;worker")
	b.misses("web.2", "<b>worker")

	b.submit("/console/apps/hello/scale", url.Values{"type": {"web"}, "quantity": {"+1"}}, 200)
	b.sees("web.1", "web.2", ">2</output>")
	b.submit("/console/apps/hello/scale", url.Values{"type": {"web"}, "quantity": {"1000"}}, 422)
	b.sees("is not a quantity of web dynos")
	b.open("/console/apps/hello", 200)
	b.submit("/console/apps/hello/restart", url.Values{"dyno": {"web.2"}}, 200)
	b.submit("/console/apps/hello/restart", url.Values{"dyno": {"web.9"}}, 404)

	secret := "no shoulder reads this"
	_, err := w.platform.Configure(t.Context(), w.actor("ada@example.com"), "hello", map[string]*string{"GREETING": &secret})
	w.must(err)
	b.open("/console/apps/hello/live", 200)
	b.sees("GREETING", "Set GREETING config vars")
	b.misses(secret, "<html")

	b.open("/console/apps", 200)
	b.sees(`href="/console/apps/hello"`)
}

// While Nomad is away, the page says so and shows what is known all the same.
func TestNomadAway(t *testing.T) {
	w := newWorld(t)
	b := w.ada()
	b.submit("/console/apps", url.Values{"name": {"hello"}}, 200)
	w.deploy("hello", "web: ./web $PORT\n")
	w.nomad.Down(true)
	b.open("/console/apps/hello", 200)
	b.sees(`role="alert"`, "Deploy abc123", "<h3>web</h3>")
}

// The log is a redirect to a fresh session on the server that the page came from.
func TestLog(t *testing.T) {
	w := newWorld(t)
	b := w.ada()
	b.submit("/console/apps", url.Values{"name": {"hello"}}, 200)
	req := must(http.NewRequest(http.MethodGet, w.server.URL+"/console/apps/hello/log?source=app&dyno=web", nil))
	resp := b.send(req, http.StatusTemporaryRedirect)
	if got, want := resp.Header.Get("Location"), "/logplex/sessions?source=app&dyno=web&sig=x"; got != want {
		t.Errorf("the log is at %q, want %q", got, want)
	}
	stranger := w.browser()
	stranger.open("/console/apps/hello/log", 401)
	stranger.open("/console/apps/hello/live", 401)
}

// Somebody else's app is as if it did not exist.
func TestOtherPeoplesApps(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	ada.submit("/console/apps", url.Values{"name": {"hello"}}, 200)
	eve := w.actor("eve@example.com")
	token, _, err := w.access.Issue(t.Context(), eve, "console", 0)
	w.must(err)
	b := w.browser()
	b.client.Jar.SetCookies(must(url.Parse(w.server.URL+"/console/")), []*http.Cookie{{Name: "dynomad_console", Value: token, Path: "/console/"}})
	b.open("/console/apps", 200)
	b.sees("There are no apps yet")
	for _, path := range []string{"/console/apps/hello", "/console/apps/hello/live", "/console/apps/hello/log"} {
		b.open(path, 404)
	}
	b.open("/console/apps", 200)
	b.submit("/console/apps/hello/scale", url.Values{"type": {"web"}, "quantity": {"0"}}, 404)
	b.submit("/console/apps/hello/restart", url.Values{}, 404)
}

// Forms are taken only from our own pages of the same login.
func TestForgedForms(t *testing.T) {
	w := newWorld(t)
	b := w.ada()
	b.submit("/console/apps", url.Values{"name": {"hello"}}, 200)
	for _, form := range []string{"", "forged", strings.Repeat("A", 43)} {
		b.submit("/console/apps/hello/restart", url.Values{"form": {form}}, 403)
	}
	b.open("/console/apps", 200)
	for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example.com"} {
		values := url.Values{"form": {formToken.FindStringSubmatch(b.page)[1]}, "name": {"second"}}
		req := must(http.NewRequest(http.MethodPost, w.server.URL+"/console/apps", strings.NewReader(values.Encode())))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set(name, value)
		before := b.page
		b.send(req, 403)
		b.page = before
	}
}

func TestHeaders(t *testing.T) {
	w := newWorld(t)
	b := w.ada()
	b.open("/console/apps", 200)
	asset := strings.SplitN(strings.SplitN(b.page, `src="`, 2)[1], `"`, 2)[0]
	for path, cache := range map[string]string{"/console/apps": "no-store", asset: "public, max-age=31536000, immutable"} {
		resp := b.send(must(http.NewRequest(http.MethodGet, w.server.URL+path, nil)), 200)
		if got := resp.Header.Get("Content-Security-Policy"); !strings.Contains(got, "default-src 'none'") || strings.Contains(got, "unsafe") {
			t.Errorf("%s has the policy %q", path, got)
		}
		if got := resp.Header.Get("Cache-Control"); got != cache {
			t.Errorf("%s is cached as %q, want %q", path, got, cache)
		}
	}
	login := url.Values{"email": {"ada@example.com"}, "password": {password}}
	posted := must(http.NewRequest(http.MethodPost, w.server.URL+"/console/login", strings.NewReader(login.Encode())))
	posted.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	session := b.send(posted, http.StatusSeeOther).Cookies()
	if len(session) != 1 || !session[0].HttpOnly || session[0].SameSite != http.SameSiteLaxMode || session[0].Path != "/console/" {
		t.Errorf("the login sets %v", session)
	}
	cookie := b.send(must(http.NewRequest(http.MethodGet, w.server.URL+"/console/setup", nil)), 200).Cookies()
	if len(cookie) > 0 {
		t.Errorf("a page that logs nobody in sets %v", cookie)
	}
	b.open("/console/nowhere", 404)
	b.open("/console/static/nothing.js", 404)
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
