// Package router is the edge: the process that every request from outside meets first. It runs by itself (`dynomad
// router`), so that restarting the control plane costs no request, and it goes on with what it knows while the control
// plane or Consul is away.
//
//	Consul ── health, tags ──▶ Watcher ──▶ Routes (a Table, swapped whole)
//	                                          │
//	client ──▶ Router.ServeHTTP ── Match ─────┴──▶ exchange ──▶ dyno   (connect fails: the next dyno)
//	                 │  no live route                 │
//	                 ▼                                ▼
//	          Apps ──▶ Decide ──▶ page             Record ──▶ Records ──▶ Sink (a heroku[router] line)
//
// Routes are written in Fabio's tag language (`urlprefix-HOST/PATH OPTIONS` on a Consul service) and kept in Fabio's own
// route.Route and route.Target, so that the stock program in front of the same Consul sends requests to the same dynos.
// The ends are ours: which services changed is told by Consul's indexes and only those are fetched (watch.go); one bad tag
// costs its own route and no other (tag.go); hosts are found in a map (table.go); a host's last dynos serve on for a moment
// after they have left Consul, so that a release's promotion leaves no gap (linger.go); a connect that fails is tried on
// another dyno, since nothing was sent yet (exchange.go); headers that a client may not set are cleaned (headers.go); and
// every request leaves one Record (record.go).
//
// Where to look: a request goes to the wrong dyno: table.go. A header is wrong: headers.go. A page or an H code is wrong:
// decide.go for requests without a route, failure.go for those that a dyno failed. A route appears late: watch.go. It goes
// late: linger.go.
package router

import (
	"html/template"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/dynomad/dynomad/templates"
)

// What the edge waits for at most, as Heroku's does.
const (
	DefaultConnectTimeout   = 5 * time.Second  // for a dyno to accept a connection
	DefaultFirstByteTimeout = 30 * time.Second // from the request's last byte to the answer's first
)

// Options are what a Router is made of. Routes, Apps, Records, Log, Now and NewID are needed; a zero time means the default.
type Options struct {
	Routes  *Routes
	Apps    Apps
	Records *Records
	Log     *slog.Logger
	Now     func() time.Time
	NewID   func() string // a new request id; also names this router in Via
	// Trusted are the proxies whose X-Forwarded-Proto, -Port, -Host and X-Real-Ip are believed. Nobody's by default.
	Trusted          []netip.Prefix
	ConnectTimeout   time.Duration
	FirstByteTimeout time.Duration
}

// Router answers requests by passing them on to dynos. Make it with New.
type Router struct {
	Options
	via        string // how this router names itself in Via, unlike any other router
	page       *template.Template
	transports transports
	sick       quarantine
	buffers    buffers
	silent     *log.Logger // httputil's own words; the record tells the same and more
	inFlight   sync.WaitGroup
}

// New makes a Router. The error is about the page template, which is ours.
func New(o Options) (*Router, error) {
	if o.ConnectTimeout == 0 {
		o.ConnectTimeout = DefaultConnectTimeout
	}
	if o.FirstByteTimeout == 0 {
		o.FirstByteTimeout = DefaultFirstByteTimeout
	}
	page, err := template.ParseFS(templates.Pages, "pages/page.html")
	if err != nil {
		return nil, err
	}
	return &Router{
		Options:    o,
		via:        "1.1 dynomad-" + o.NewID(),
		page:       page,
		transports: transports{connect: o.ConnectTimeout, firstByte: o.FirstByteTimeout},
		silent:     log.New(io.Discard, "", 0),
	}, nil
}

// ServeHTTP passes one request on, or answers it with a page, and leaves one Record of it, however it ends.
func (r *Router) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.inFlight.Add(1)
	defer r.inFlight.Done()
	x := newExchange(r, w, req)
	completed := false // stays false where ReverseProxy aborts a half-sent answer by a panic, which we let pass
	defer func() { x.finish(completed) }()
	x.serve()
	completed = true
}

// Wait returns when no request is under way, WebSockets included. Call it when no new ones can come.
func (r *Router) Wait() { r.inFlight.Wait() }

// buffers lends the 32 KiB that an answer's body is copied through.
type buffers struct{ pool sync.Pool }

const bufferSize = 32 << 10

// Get lends a buffer.
func (b *buffers) Get() []byte {
	if p, ok := b.pool.Get().(*[bufferSize]byte); ok {
		return p[:]
	}
	return make([]byte, bufferSize)
}

// Put takes it back.
func (b *buffers) Put(p []byte) { b.pool.Put((*[bufferSize]byte)(p)) }
