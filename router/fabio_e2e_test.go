//go:build e2e

package router

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The stock program beside us, on the same Consul: the same routes in its table, and the same dynos behind each request.
func TestAgreementWithStockFabio(t *testing.T) {
	a := newAgent(t)
	for service, tags := range map[string][]string{
		"plain":    {"urlprefix-app.localhost/", "urlprefix-app.localhost:8080/", "other", "tags"},
		"twin":     {"urlprefix-app.localhost/", "urlprefix-app.localhost/twin"},
		"weighted": {"urlprefix-w.localhost/ weight=0.25", "v1"},
		"rest":     {"urlprefix-w.localhost/"},
		"never":    {"urlprefix-full.localhost/"},
		"all":      {"urlprefix-full.localhost/ weight=1"},
		"stripped": {"urlprefix-s.localhost/api strip=/api", "urlprefix-s.localhost/x prepend=/y", "urlprefix-s.localhost/z strip=/z prepend=/q"},
		"star":     {"urlprefix-*.wild.localhost/", "urlprefix-*.deep.wild.localhost/", "urlprefix-{b,c}.localhost/"},
		"exact":    {"urlprefix-one.wild.localhost/"},
		"upper":    {"urlprefix-UPPER.localhost/Path"},
		"hosted":   {"urlprefix-h.localhost/ host=other.example", "urlprefix-hd.localhost/ host=dst"},
		"moved":    {"urlprefix-m.localhost/ redirect=301,https://new.localhost$path", "urlprefix-m2.localhost/ redirect=302,http://x.localhost/fixed"},
		"denied":   {"urlprefix-d.localhost/ deny=ip:127.0.0.0/8", "urlprefix-al.localhost/ allow=ip:127.0.0.1"},
		"dc":       {"urlprefix-$DC.localhost/"},
		"slash":    {"urlprefix-noslash.localhost"},
		"odd":      {"urlprefix-o.localhost/ sticky=1 register=name  weight=0.5"},
		"common":   {"urlprefix-/common"},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			host := r.Host
			if strings.HasPrefix(host, "127.") {
				host = "itself"
			}
			_, _ = fmt.Fprintf(w, "%s %s %s %s", service, host, r.RequestURI, r.Header.Get("X-Forwarded-Prefix"))
		}))
		t.Cleanup(s.Close)
		a.register(t, service, service, s.Listener.Addr().String(), tags...)
	}
	routes := a.watch(t, a.routerToken(t))
	ports := freePorts(t, 2)
	fabio, ui := fmt.Sprintf("127.0.0.1:%d", ports[0]), fmt.Sprintf("127.0.0.1:%d", ports[1])
	start(t, "fabio", "-registry.consul.addr", a.addr, "-registry.consul.token", managementToken, "-registry.consul.register.enabled=false",
		"-proxy.addr", fabio, "-ui.addr", ui, "-log.access.target", "")

	sameTables(t, routes, ui)
	e := newEdge(t, routes, nil)
	ours := e.Listener.Addr().String()
	for _, host := range []string{
		"app.localhost", "APP.localhost", "app.localhost:8080", "w.localhost", "full.localhost", "s.localhost", "x.wild.localhost",
		"x.deep.wild.localhost", "one.wild.localhost", "b.localhost", "upper.localhost", "h.localhost", "hd.localhost", "m.localhost",
		"m2.localhost", "d.localhost", "al.localhost", "dc1.localhost", "noslash.localhost", "o.localhost", "nobody.localhost",
	} {
		for _, path := range []string{"/", "/api/a%20b?q=1&r", "/api", "/twin/x", "/x/1", "/z", "/Path", "/path", "/common/c"} {
			if diff := cmp.Diff(asked(t, fabio, host, path), asked(t, ours, host, path)); diff != "" {
				t.Errorf("%s%s (-fabio +ours):\n%s", host, path, diff)
			}
		}
	}
}

// sameTables waits until both tables have settled and compares them.
func sameTables(t *testing.T, routes *Routes, ui string) {
	t.Helper()
	patiently(t, "the same table as stock fabio", func() error {
		res, err := http.Get("http://" + ui + "/api/routes?raw")
		if err != nil {
			return err
		}
		defer func() { _ = res.Body.Close() }()
		raw, err := io.ReadAll(res.Body)
		if err != nil {
			return err
		}
		theirs := strings.Split(string(bytes.TrimSpace(raw)), "\n")
		slices.Sort(theirs)
		if diff := cmp.Diff(theirs, dumpFixed(routes.Table())); diff != "" || len(theirs) < 20 {
			return fmt.Errorf("%d routes (-fabio +ours):\n%s", len(theirs), diff)
		}
		return nil
	})
}

// dumpFixed prints a table as Fabio prints its own, without targets that get no traffic.
func dumpFixed(table *Table) (out []string) {
	for s := range table.sites() {
		for _, r := range s.routes {
			for _, target := range r.Targets {
				if target.Weight > 0 {
					out = append(out, r.TargetConfig(target, false))
				}
			}
		}
	}
	slices.Sort(out)
	return out
}

// asked asks often enough to meet every target, and tells the set of answers.
func asked(t *testing.T, addr, host, path string) []string {
	t.Helper()
	answers := map[string]bool{}
	for range 40 {
		req, err := http.NewRequest(http.MethodGet, "http://"+addr+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		res, err := keptAlive.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		answer := fmt.Sprint(res.StatusCode, " ", res.Header.Get("Location"))
		if res.StatusCode == http.StatusOK {
			answer += " " + string(body)
		}
		answers[answer] = true
	}
	var out []string
	for answer := range answers {
		out = append(out, answer)
	}
	slices.Sort(out)
	return out
}

var keptAlive = &http.Client{CheckRedirect: noRedirects.CheckRedirect}
