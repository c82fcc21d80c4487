// Package console is the web page on which people see and steer their apps: a login, a list of apps, and one page an app
// with its dynos, releases and log, all live.
//
// Pages are rendered here from pages/*.html; there is no build step, and nothing is loaded from elsewhere. The script in
// static/ (plain, and small) does two things: every two seconds it fetches the live part of the page anew, and it reads the
// log as server-sent events. Without it everything else still works, for every change is an HTML form.
//
// A visitor is known by a cookie that holds an API token of its own, made at the login and revoked at the logout. The cookie
// is out of reach for scripts and for other sites; every form carries besides a token that is derived from it, and requests
// that browsers mark as coming from another site are refused. The Content-Security-Policy forbids everything that the pages
// do not use.
//
// The log's bytes do not pass through here: /console/apps/NAME/log redirects to a fresh log session, whose URL carries its
// own permission. A browser that reconnects comes through that redirect again, so a page may stay open for days.
//
// The console is a door: it decodes a request, calls one verb of package platform, and shows what comes back. The routes
// stand in New, each with the method that serves it. Errors go up to the one funnel in error.go.
package console

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"log/slog"
	"net/http"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/access"
	"github.com/dynomad/dynomad/platform"
)

// Config is what a console needs.
type Config struct {
	Platform *platform.Platform
	Access   *access.Access
	Key      dynomad.CapabilityKey // derives form tokens
	Secure   bool                  // people come by https: browsers must not send the cookie without it
	Log      *slog.Logger
}

type console struct {
	Config
	pages  map[string]*template.Template
	assets string // changes with every byte of static/, so that browsers may keep what they have for ever
}

//go:embed pages static
var files embed.FS

// New makes the console, to be mounted at /console/.
func New(config Config) http.Handler {
	c := &console{Config: config, assets: digest("console.css", "console.js")}
	c.pages = c.parsePages()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /console/static/{file}", c.static)
	mux.HandleFunc("GET /console/{$}", c.anybody(c.home))
	mux.HandleFunc("GET /console/login", c.anybody(c.loginPage))
	mux.HandleFunc("POST /console/login", c.anybody(c.login))
	mux.HandleFunc("GET /console/setup", c.anybody(c.setupPage))
	mux.HandleFunc("POST /console/setup", c.anybody(c.setup))
	mux.HandleFunc("POST /console/logout", c.visitor(c.logout))
	mux.HandleFunc("GET /console/apps", c.visitor(c.apps))
	mux.HandleFunc("POST /console/apps", c.visitor(c.create))
	mux.HandleFunc("GET /console/apps/{app}", c.visitor(c.app))
	mux.HandleFunc("GET /console/apps/{app}/live", c.visitor(c.live))
	mux.HandleFunc("GET /console/apps/{app}/log", c.visitor(c.logSession))
	mux.HandleFunc("POST /console/apps/{app}/scale", c.visitor(c.scale))
	mux.HandleFunc("POST /console/apps/{app}/restart", c.visitor(c.restart))
	mux.HandleFunc("/console/", c.anybody(c.nothingHere))
	return guard(mux)
}

// policy lets a page load its own style and script, talk to its own server, and nothing else.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard refuses what comes from other sites and sets the headers that every answer has.
func guard(next http.Handler) http.Handler {
	headers := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		next.ServeHTTP(w, r)
	})
	return http.NewCrossOriginProtection().Handler(headers)
}

// static serves the style and the script.
func (c *console) static(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeFileFS(w, r, files, "static/"+r.PathValue("file"))
}

func (c *console) home(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/console/apps", http.StatusSeeOther)
	return nil
}

func (c *console) nothingHere(_ http.ResponseWriter, r *http.Request) error {
	return dynomad.Errorf(dynomad.KindNotFound, "there is no page %s", r.URL.Path)
}

// digest is a short text that changes with every byte of files in static/.
func digest(names ...string) string {
	sum := sha256.New()
	for _, name := range names {
		text, _ := files.ReadFile("static/" + name) // embedded: it is there
		sum.Write(text)
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
}
