package router

import (
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// seenBy is what a dyno gets of the headers that tell about its client, with the ids and times taken out.
func seenBy(t *testing.T, change func(*Options), headers ...string) map[string]string {
	t.Helper()
	var seen http.Header
	e := newEdge(t, routesOf(t, dyno(t, "0", "urlprefix-hello/", func(_ http.ResponseWriter, r *http.Request) { seen = r.Header.Clone() })), change)
	e.get(t, "hello:8080", "/", headers...)
	out := map[string]string{}
	for name, values := range seen {
		out[name] = strings.Join(values, " | ")
	}
	for _, name := range []string{"X-Request-Start", "Via"} {
		if out[name] == "" {
			t.Errorf("no %s", name)
		}
		delete(out, name)
	}
	delete(out, "Accept-Encoding")
	delete(out, "User-Agent")
	if safeID(out["X-Request-Id"]) && len(out["X-Request-Id"]) == 36 {
		out["X-Request-Id"] = "made"
	}
	return out
}

var forged = []string{
	"Forwarded", "for=6.6.6.6", "X-Forwarded-For", "6.6.6.6", "X-Forwarded-For", "7.7.7.7", "X-Forwarded-Host", "forged", "X-Forwarded-Port", "666",
	"X-Forwarded-Proto", "https", "X-Forwarded-Prefix", "/forged", "X-Real-Ip", "6.6.6.6", "X-Request-Id", "a b\"forged", "X-Request-Start", "0",
	"X_Forwarded_Proto", "https", "X-Real_Ip", "6.6.6.6", "Connection", "X-Forwarded-For, X-Custom", "X-Custom", "hop", "X_Other", "kept",
	"Via", "",
}

func TestForgedHeadersAreCleaned(t *testing.T) {
	want := map[string]string{
		"X-Forwarded-For": "6.6.6.6, 7.7.7.7, 127.0.0.1", "X-Forwarded-Host": "hello:8080", "X-Forwarded-Port": "8080",
		"X-Forwarded-Proto": "http", "X-Real-Ip": "127.0.0.1", "X-Request-Id": "made", "X_other": "kept",
	}
	if diff := cmp.Diff(want, seenBy(t, nil, forged...)); diff != "" {
		t.Error(diff)
	}
}

func TestTrustedProxyIsBelieved(t *testing.T) {
	trust := func(o *Options) { o.Trusted = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }
	want := map[string]string{
		"X-Forwarded-For": "6.6.6.6, 8.8.8.8, 127.0.0.9, 127.0.0.1", "X-Forwarded-Host": "www.example", "X-Forwarded-Port": "443",
		"X-Forwarded-Proto": "https", "X-Real-Ip": "8.8.8.8", "X-Request-Id": "from-the-front_1.2",
	}
	got := seenBy(t, trust, "X-Forwarded-For", "6.6.6.6, 8.8.8.8, 127.0.0.9", "X-Forwarded-Proto", "https", "X-Forwarded-Host", "www.example",
		"X-Request-Id", "from-the-front_1.2", "X-Real-Ip", "6.6.6.6")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, bad := range [][]string{
		{"X-Forwarded-Proto", "javascript"}, {"X-Forwarded-Port", "70000"}, {"X-Forwarded-For", "<script>"},
	} {
		got := seenBy(t, trust, bad...)
		if got["X-Forwarded-Proto"] != "http" || got["X-Forwarded-Port"] != "8080" || got["X-Real-Ip"] != "127.0.0.1" {
			t.Errorf("%v: %v", bad, got)
		}
	}
}

func TestRequestIDs(t *testing.T) {
	for id, ok := range map[string]bool{
		"a": true, strings.Repeat("x", 200): true, "A-b_c.d+e/f=g:0": true,
		"": false, strings.Repeat("x", 201): false, "a b": false, "a\"": false, "a\n": false, "é": false, "\xff": false,
	} {
		if safeID(id) != ok {
			t.Errorf("%q: %v", id, !ok)
		}
	}
}

func TestEveryHeaderOfOursIsSetOrDropped(t *testing.T) {
	h := http.Header{}
	for name := range ours {
		h.Set(name, "forged")
	}
	origin{fwd: "1.1.1.1", host: "h", port: "1", proto: "http", ip: "1.1.1.1", id: "i"}.set(h, 1, "v")
	for _, name := range slices.Sorted(maps.Keys(h)) {
		if h.Get(name) == "forged" {
			t.Errorf("%s is the client's", name)
		}
	}
}
