package router

import (
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
)

// ours are the headers that tell a dyno about its client. What a client says in them is dropped, except that
// X-Forwarded-For is added to, and that a trusted proxy is believed. A name written with underscores counts as well: CGI and
// its heirs cannot tell it from ours.
var ours = map[string]bool{
	"Forwarded":          true,
	"X-Forwarded-For":    true,
	"X-Forwarded-Host":   true,
	"X-Forwarded-Port":   true,
	"X-Forwarded-Prefix": true,
	"X-Forwarded-Proto":  true,
	"X-Real-Ip":          true,
	"X-Request-Id":       true,
	"X-Request-Start":    true,
}

// maxRequestID bounds a request id that a client brings along, in bytes, as Heroku does.
const maxRequestID = 200

// origin is where a request comes from, as far as it can be believed.
type origin struct {
	fwd   string // X-Forwarded-For with the peer added
	ip    string // the client's
	proto string // "http", "https"
	host  string
	port  string
	id    string // the request's
}

// originOf reads it from the request; newID makes up a request id where the client brought none that is usable.
func originOf(req *http.Request, trusted []netip.Prefix, newID func() string) origin {
	peer, _, err := net.SplitHostPort(req.RemoteAddr)
	if err != nil {
		peer = req.RemoteAddr
	}
	o := origin{fwd: peer, ip: peer, proto: "http", host: req.Host, id: req.Header.Get("X-Request-Id")}
	if req.TLS != nil {
		o.proto = "https"
	}
	before := strings.Join(req.Header["X-Forwarded-For"], ", ")
	if before != "" {
		o.fwd = before + ", " + peer
	}
	o.port = portOf(req.Host, o.proto)
	if isTrusted(peer, trusted) {
		o.believe(req.Header, before, trusted)
	}
	if !safeID(o.id) {
		o.id = newID()
	}
	return o
}

// believe takes over what a trusted proxy says. The client is the last address that is not a trusted proxy's own.
func (o *origin) believe(h http.Header, before string, trusted []netip.Prefix) {
	if proto := strings.ToLower(h.Get("X-Forwarded-Proto")); proto == "http" || proto == "https" {
		o.proto = proto
	}
	if host := h.Get("X-Forwarded-Host"); host != "" {
		o.host = host
	}
	o.port = portOf(o.host, o.proto)
	if port, err := strconv.ParseUint(h.Get("X-Forwarded-Port"), 10, 16); err == nil {
		o.port = strconv.FormatUint(port, 10)
	}
	hops := strings.Split(before, ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop := strings.TrimSpace(hops[i])
		if _, err := netip.ParseAddr(hop); err != nil {
			return
		}
		o.ip = hop
		if !isTrusted(hop, trusted) {
			return
		}
	}
}

// set cleans out's headers and writes ours.
func (o origin) set(out http.Header, start int64, via string) {
	for name := range out {
		if ours[name] || (strings.Contains(name, "_") && ours[http.CanonicalHeaderKey(strings.ReplaceAll(name, "_", "-"))]) {
			delete(out, name)
		}
	}
	out.Set("X-Forwarded-For", o.fwd)
	out.Set("X-Forwarded-Host", o.host)
	out.Set("X-Forwarded-Port", o.port)
	out.Set("X-Forwarded-Proto", o.proto)
	out.Set("X-Real-Ip", o.ip)
	out.Set("X-Request-Id", o.id)
	out.Set("X-Request-Start", strconv.FormatInt(start, 10))
	out.Add("Via", via)
}

func portOf(host, proto string) string {
	if _, port, err := net.SplitHostPort(host); err == nil && port != "" {
		return port
	}
	if proto == "https" {
		return "443"
	}
	return "80"
}

func isTrusted(ip string, trusted []netip.Prefix) bool {
	if len(trusted) == 0 {
		return false
	}
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return false
	}
	for _, p := range trusted {
		if p.Contains(addr.Unmap().WithZone("")) {
			return true
		}
	}
	return false
}

// safeID says whether a request id can go into a log line and a header as it is.
func safeID(id string) bool {
	if id == "" || len(id) > maxRequestID {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if !alphanumeric(c) && !strings.ContainsRune("-_.+/=:", rune(c)) {
			return false
		}
	}
	return true
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
