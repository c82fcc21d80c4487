// Package httpapi is the REST door: the paths and shapes of the Heroku Platform API, so that clients made for Heroku speak
// it, and a few additions of our own under /dynomad/.
//
// Every request goes the same way. The table in routes.go says who may send it, which method of API answers it, and with
// what status. The method decodes the body, calls one verb of package platform (or access), and returns what the answer
// shows, as a value. Whatever goes wrong is an error that comes back, and fail (error.go) is the one place that turns it
// into a status and a body. So to add an endpoint is to add a line to the table and a method beside its noun: one file a
// noun, named as in the root package.
//
// The shapes are heroku-go's own types. Where they have no room for what we know (why a dyno is down, why a release failed)
// there are further keys, which other clients do not see. The tests hold every answer against Heroku's published schema.
//
// Three conventions of Heroku's to know of:
//
//   - An app in a path is an id or a name, a release an id, "3" or "v3", "~" the caller. Names in paths are
//     percent-encoded; net/http's ServeMux decodes them segment by segment.
//   - A list takes a Range header (list.go): "version ..; order=desc,max=10".
//   - Every answer is JSON, even an empty one. The exception is the output of builds and releases, which is a plain text
//     that grows (output.go).
package httpapi

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/access"
	"github.com/dynomad/dynomad/platform"
)

// Config is what the API needs.
type Config struct {
	Platform *platform.Platform
	Access   *access.Access
	Key      dynomad.CapabilityKey // signs the URLs of outputs
	Log      *slog.Logger
}

// API answers requests. Its methods that take a call are the right-hand side of the table in routes.go.
type API struct {
	Config
}

// New makes the API's handler, to be mounted at the root.
func New(c Config) http.Handler {
	a := &API{Config: c}
	mux := http.NewServeMux()
	for _, r := range routes() {
		mux.Handle(r.pattern, a.handler(r))
	}
	return mux
}

// stream is an answer that writes itself, instead of a value to be encoded.
type stream func(w http.ResponseWriter) error

func (a *API) handler(r route) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Request-Id", a.Platform.NewID())
		c := &call{w: w, r: req, status: r.status}
		answer, err := a.serve(r, c)
		if err == nil {
			if write, ok := answer.(stream); ok {
				err = write(w)
			} else {
				a.encode(c, answer)
			}
		}
		if err != nil {
			a.fail(c, err)
		}
	}
}

// serve asks who is calling, then lets the route answer. A panic is an error like others: one request of many failed.
func (a *API) serve(r route, c *call) (answer any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = dynomad.Errorf(dynomad.KindInternal, "panic: %v", p)
		}
	}()
	if err := r.who(a, c); err != nil {
		return nil, err
	}
	return r.answer(a, c)
}

func (a *API) encode(c *call, answer any) {
	c.w.Header().Set("Content-Type", "application/json")
	c.w.Header().Set("Cache-Control", "no-store")
	c.w.WriteHeader(c.status)
	encoder := json.NewEncoder(c.w)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(answer); err != nil && !errors.Is(err, c.ctx().Err()) {
		a.Log.Debug("answer not delivered", "path", c.r.URL.Path, "err", err)
	}
}

// nothing is the answer of requests that return no thing: clients decode JSON whatever happens.
type nothing struct{}
