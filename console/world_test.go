package console_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/access"
	"github.com/dynomad/dynomad/builder/builderfake"
	"github.com/dynomad/dynomad/cluster/clusterfake"
	"github.com/dynomad/dynomad/cmd/dynomad/target"
	"github.com/dynomad/dynomad/console"
	"github.com/dynomad/dynomad/platform"
	"github.com/dynomad/dynomad/store"
)

const (
	sources  = "http://bucket.invalid/blobs/"
	password = "correct horse battery"
)

// world is a console on a real platform, store and access, with a small Nomad and a small builder behind.
type world struct {
	*testing.T
	server   *httptest.Server
	platform *platform.Platform
	access   *access.Access
	nomad    *clusterfake.Cluster
	builder  *builderfake.Builder
	setup    string // the secret of the one-time link
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, builder: builderfake.New(), nomad: clusterfake.New(time.Now)}
	rows, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "dynomad.db"), make([]byte, 32))
	w.must(err)
	t.Cleanup(func() { w.must(rows.Close()) })
	to, err := target.Default("raw_exec", "localhost", 8080)
	w.must(err)
	log := slog.New(slog.DiscardHandler)
	w.platform = &platform.Platform{
		Store: rows, Cluster: w.nomad, Builder: w.builder, Target: to, Now: time.Now, NewID: uuid.NewString, Log: log,
		Links: platform.Links{
			SourcePut: func(key string) string { return sources + key + "?put" },
			SourceGet: func(key string) string { return sources + key },
			SourceKey: func(url string) (string, bool) { return strings.CutPrefix(url, sources) },
			Logs: func(s platform.LogSession) string {
				return "http://elsewhere.example.com/logplex/sessions?source=" + s.Source + "&dyno=" + s.Dyno + "&sig=x"
			},
		},
	}
	w.access = access.New(access.Config{Store: rows, Now: time.Now, NewID: uuid.NewString})
	w.setup, err = w.access.Setup(t.Context())
	w.must(err)
	w.server = httptest.NewServer(console.New(console.Config{
		Platform: w.platform, Access: w.access, Key: dynomad.CapabilityKey("a key of the test's own"), Log: log,
	}))
	t.Cleanup(w.server.Close)
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// deploy releases a Procfile as ada and waits for its end.
func (w *world) deploy(app, text string) {
	w.Helper()
	ctx, ada := context.Background(), w.actor("ada@example.com")
	place, err := w.platform.CreateSource(ctx, ada)
	w.must(err)
	key, _ := strings.CutPrefix(place.GetURL, sources)
	w.builder.Upload(key, text)
	_, err = w.platform.CreateBuild(ctx, ada, app, place.GetURL, "abc123")
	w.must(err)
	w.must(w.platform.RunBuilds(ctx))
	_, err = w.platform.Settle(ctx)
	w.must(err)
}

// actor is somebody with an account; the account is made if need be.
func (w *world) actor(email string) dynomad.Actor {
	w.Helper()
	var user dynomad.User
	err := w.platform.Store.Update(context.Background(), func(tx *store.Tx) error {
		var err error
		if user, err = tx.UserByEmail(email); dynomad.KindOf(err) == dynomad.KindNotFound {
			user = dynomad.User{ID: dynomad.UserID(uuid.NewString()), Email: email, CreatedAt: time.Now().UTC()}
			return tx.PutUser(user)
		}
		return err
	})
	w.must(err)
	return dynomad.Actor{User: user.ID, Email: user.Email, Admin: user.Admin}
}

// browser is somebody's browser: it keeps cookies and follows redirects within the console.
type browser struct {
	*world
	client *http.Client
	page   string // what it shows
	at     string // the path and query that it shows
}

func (w *world) browser() *browser {
	w.Helper()
	jar, err := cookiejar.New(nil)
	w.must(err)
	client := w.server.Client()
	fresh := *client
	fresh.Jar = jar
	fresh.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.Path, "/console/") {
			return nil
		}
		return http.ErrUseLastResponse
	}
	return &browser{world: w, client: &fresh}
}

// ada is the browser of the first administrator, whose account is made by the setup link.
func (w *world) ada() *browser {
	w.Helper()
	b := w.browser()
	b.open("/console/setup?token="+url.QueryEscape(w.setup), 200)
	b.submit("/console/setup", url.Values{"token": {w.setup}, "email": {"ada@example.com"}, "password": {password}}, 200)
	return b
}

// open shows a page and checks its status.
func (b *browser) open(path string, status int) {
	b.Helper()
	req, err := http.NewRequest(http.MethodGet, b.server.URL+path, nil)
	b.must(err)
	b.send(req, status)
}

var formToken = regexp.MustCompile(`name="form" value="([^"]+)"`)

// submit sends a form of the page that is shown, as a browser does.
func (b *browser) submit(path string, values url.Values, status int) {
	b.Helper()
	if found := formToken.FindStringSubmatch(b.page); found != nil && !values.Has("form") {
		values.Set("form", found[1])
	}
	req, err := http.NewRequest(http.MethodPost, b.server.URL+path, strings.NewReader(values.Encode()))
	b.must(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", b.server.URL)
	b.send(req, status)
}

func (b *browser) send(req *http.Request, status int) *http.Response {
	b.Helper()
	resp, err := b.client.Do(req)
	b.must(err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	b.must(err)
	b.page, b.at = string(text), resp.Request.URL.RequestURI()
	if resp.StatusCode != status {
		b.Fatalf("%s %s answers %d, want %d:\n%s", req.Method, req.URL.Path, resp.StatusCode, status, b.page)
	}
	return resp
}

// sees checks that the page shows each of the texts.
func (b *browser) sees(texts ...string) {
	b.Helper()
	for _, text := range texts {
		if !strings.Contains(b.page, text) {
			b.Errorf("%s does not show %q:\n%s", b.at, text, b.page)
		}
	}
}

// misses checks that the page shows none of the texts.
func (b *browser) misses(texts ...string) {
	b.Helper()
	for _, text := range texts {
		if strings.Contains(b.page, text) {
			b.Errorf("%s shows %q:\n%s", b.at, text, b.page)
		}
	}
}
