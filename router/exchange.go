package router

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/http/httputil"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/fabiolb/fabio/route"

	"github.com/dynomad/dynomad"
)

// maxTries bounds the dynos that one request is tried on.
const maxTries = 10

// flushAfter bounds how long bytes of an answer of known length wait for more of it. Streams of unknown length never wait.
const flushAfter = 50 * time.Millisecond

// ErrShutdown as the cause of a request's context says that the router ends, not that the client left.
var ErrShutdown = errors.New("the router is shutting down")

// exchange is one request on its way through. It is also the RoundTripper of its own ReverseProxy, which is how a connect
// that fails goes to the next dyno before anything was sent.
type exchange struct {
	*Router
	req    *http.Request
	w      *meter
	origin origin
	start  time.Time

	app       dynomad.AppName // "" where no app is known
	site      *site
	route     *route.Route
	target    *route.Target // the one chosen; later the one that answered
	tried     []string      // addresses that did not accept a connection
	forwarded bool          // passed on to a dyno, or tried to
	answer    Answer        // what the edge says by itself, or how the dyno failed; zero where all went well

	connected time.Duration // since start; noTime until a connection stands
	firstByte atomic.Bool   // the dyno has begun to answer; told by a goroutine of the transport
}

func newExchange(r *Router, w http.ResponseWriter, req *http.Request) *exchange {
	return &exchange{
		Router: r, req: req, w: &meter{ResponseWriter: w}, start: r.Now(), connected: noTime,
		origin: originOf(req, r.Trusted, r.NewID),
	}
}

// serve finds what the request gets: a dyno, a redirect, a refusal or a page.
func (x *exchange) serve() {
	if x.req.Method == http.MethodConnect {
		x.say(tunnelRefused())
		return
	}
	if slices.ContainsFunc(x.req.Header["Via"], func(via string) bool { return strings.Contains(via, x.via) }) {
		x.say(looping())
		return
	}
	redirect, found := x.find()
	switch {
	case !found:
		x.sayWhy()
	case x.target.AccessDeniedHTTP(x.req):
		x.say(denied())
	case x.target.AuthScheme != "":
		x.say(unauthorized())
	case redirect != nil:
		http.Redirect(x.w, x.req, redirect.String(), x.target.RedirectCode) //nolint:gosec // to where the tag says
	default:
		x.forward()
	}
}

// forward passes the request on.
func (x *exchange) forward() {
	x.forwarded = true
	proxy := httputil.ReverseProxy{
		Rewrite:        x.rewrite,
		Transport:      x,
		ModifyResponse: x.answered,
		ErrorHandler:   x.failed,
		BufferPool:     &x.buffers,
		FlushInterval:  flushAfter,
		ErrorLog:       x.silent,
	}
	proxy.ServeHTTP(x.w, x.req)
}

// rewrite makes the request that any dyno gets; what depends on the dyno follows in address. ReverseProxy drops parts of a
// query that Go cannot parse: the dyno decides what it can.
func (x *exchange) rewrite(p *httputil.ProxyRequest) {
	p.Out.URL.RawQuery = x.req.URL.RawQuery
	x.origin.set(p.Out.Header, x.start.UnixMilli(), x.via)
}

// RoundTrip sends the request to the chosen dyno, and while no connection stands, to others.
func (x *exchange) RoundTrip(out *http.Request) (*http.Response, error) {
	ctx := httptrace.WithClientTrace(out.Context(), &httptrace.ClientTrace{
		GotConn:              func(httptrace.GotConnInfo) { x.connected = x.Now().Sub(x.start) },
		GotFirstResponseByte: func() { x.firstByte.Store(true) },
	})
	for {
		res, err := x.transports.of(x.target).RoundTrip(x.address(ctx, out))
		if err == nil || !connecting(err) || ctx.Err() != nil {
			return res, err
		}
		x.sick.add(x.target.URL.Host, x.Now())
		x.tried = append(x.tried, x.target.URL.Host)
		next := x.pick(x.route)
		if next == nil || len(x.tried) == maxTries || next.RedirectCode != 0 || next.AuthScheme != "" || next.AccessDeniedHTTP(x.req) {
			return nil, err
		}
		x.target = next
	}
}

// connecting is true where no connection came about, so that nothing was sent.
func connecting(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// address makes the request for x.target as Fabio does: strip, prepend, host, and the query of the target's own URL.
func (x *exchange) address(ctx context.Context, out *http.Request) *http.Request {
	t, to := x.target, out.WithContext(ctx)
	u := *out.URL
	to.URL = &u
	u.Scheme, u.Host = t.URL.Scheme, t.URL.Host
	if t.URL.RawQuery != "" && u.RawQuery != "" {
		u.RawQuery = t.URL.RawQuery + "&" + u.RawQuery
	} else {
		u.RawQuery += t.URL.RawQuery
	}
	u.Path, u.RawPath = repath(t, u.Path), repath(t, u.RawPath)
	switch t.Host {
	case "":
	case "dst":
		to.Host = u.Host
	default:
		to.Host = t.Host
	}
	out.Header.Del("X-Forwarded-Prefix")
	if t.StripPath != "" {
		out.Header.Set("X-Forwarded-Prefix", t.StripPath)
	}
	if out.Body != nil {
		to.Body = keptOpen{out.Body}
	}
	return to
}

// repath strips and prepends. An escaped path ("" where it is as good as the plain one) is treated alike, so that what a
// client escaped stays escaped.
func repath(t *route.Target, path string) string {
	if path == "" || (t.StripPath == "" && t.PrependPath == "") {
		return path
	}
	path = t.PrependPath + rooted(strings.TrimPrefix(path, t.StripPath))
	return rooted(path)
}

func rooted(path string) string {
	if strings.HasPrefix(path, "/") {
		return path
	}
	return "/" + path
}

// keptOpen is a request's body that a transport cannot close: after a connect that failed the next one needs it. The server
// closes it in the end.
type keptOpen struct{ io.Reader }

// Close does nothing.
func (keptOpen) Close() error { return nil }

// answered adds to the dyno's answer.
func (x *exchange) answered(res *http.Response) error {
	res.Header.Add("Via", x.via)
	return nil
}

// failed answers where no dyno did.
func (x *exchange) failed(_ http.ResponseWriter, _ *http.Request, err error) {
	if x.gone() {
		return // finish knows
	}
	if x.site.late && connecting(err) { // the dyno has left and is not there any more: that was no route
		x.forwarded = false
		x.sayWhy()
		return
	}
	x.say(failure{err: err, connecting: connecting(err), firstByte: x.firstByte.Load()}.answer())
}

// gone is true when the client left before the end, or the router did.
func (x *exchange) gone() bool { return x.req.Context().Err() != nil || x.w.failed }

// sayWhy asks the control plane about a host without a live route, and says so.
func (x *exchange) sayWhy() {
	var state State
	state, x.app = x.Apps.State(x.req.Context(), withoutPort(plainHost(strings.ToLower(x.req.Host))))
	x.say(Decide(state))
}

// say answers with a page of ours.
func (x *exchange) say(a Answer) {
	x.answer = a
	if err := a.write(x.Router, x.w, x.req.Header["Accept"], x.origin.id); err != nil {
		x.w.failed = true // the client is gone: nothing else can fail here
	}
}

// finish writes the record. completed is false where an answer was aborted in the middle.
func (x *exchange) finish(completed bool) {
	if !completed || x.w.failed || x.w.status == 0 {
		x.answer = failure{
			sent:       x.w.status != 0,
			clientGone: x.gone(),
			shutdown:   errors.Is(context.Cause(x.req.Context()), ErrShutdown),
		}.answer()
	}
	record := x.record()
	if record.App == "" {
		x.Log.Info("request without an app", "line", string(record.AppendLine(nil)))
		return
	}
	x.Records.Add(record)
}

func (x *exchange) record() Record {
	end := x.Now().Sub(x.start)
	r := Record{
		Time: x.start.UTC(), App: x.app, At: x.answer.At, Code: x.answer.Code, Desc: x.answer.Desc, Sock: x.answer.Sock,
		Method: x.req.Method, Path: x.req.RequestURI, Host: x.req.Host, RequestID: x.origin.id, Fwd: x.origin.fwd,
		Connect: noTime, Service: noTime, Status: x.w.status, Bytes: x.w.bytes.Load(), Protocol: x.origin.proto,
	}
	if r.At == "" {
		r.At = "info"
	}
	if x.answer.Code == "H27" {
		r.Status = StatusClientClosed
	}
	if x.forwarded {
		r.Dyno = x.site.dyno(x.target).Name
	}
	if r.Method == http.MethodHead {
		r.Bytes = 0
	}
	if x.connected >= 0 {
		r.Connect, r.Service = x.connected, end-x.connected
	}
	return r
}
