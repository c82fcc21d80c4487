package server

import (
	"net/http"
	"strings"
	"time"

	"github.com/dynomad/dynomad/console"
	"github.com/dynomad/dynomad/httpapi"
	"github.com/dynomad/dynomad/logplex"
)

// doors is every way in: the console, logplex, and the API at the root, where the stock Heroku tools expect it.
func (c *Cmd) doors(r *rooms) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/console/", console.New(console.Config{Platform: r.platform, Access: r.access, Key: r.keys.URL, Secure: strings.HasPrefix(c.URL, "https:"), Log: r.log}))
	mux.Handle("/logplex/", logplex.Door{
		Logplex: r.logs, Identify: r.identify, Name: r.name, App: r.app, Machine: r.access.Machine,
		Key: r.keys.URL, Now: time.Now, Log: r.log,
	}.Handler())
	mux.Handle("/", httpapi.New(httpapi.Config{Platform: r.platform, Access: r.access, Key: r.keys.URL, Log: r.log}))
	return mux
}
