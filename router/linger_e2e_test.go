//go:build e2e

package router

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
)

// Of the real Consul's events, which are a dyno's departure, which a meant end of its route? The dyno is this test's own.
func TestLingeringWithARealConsul(t *testing.T) {
	a := newAgent(t)
	d := dyno(t, "0", "urlprefix-hello/", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("still here")) })
	register := func(tags ...string) { a.register(t, "hello-web", "d1", d.Address, tags...) }
	register(d.Tags...)
	e := newEdge(t, a.watch(t, a.routerToken(t)), func(o *Options) { o.Apps = fixedApps{"hello": StateStarting} })
	serves := func(want bool) time.Time {
		t.Helper()
		patiently(t, fmt.Sprintf("a dyno that serves: %v", want), func() error {
			res, body := e.get(t, "hello", "/")
			if (body == "still here") != want || (res.StatusCode == http.StatusOK) != want {
				return fmt.Errorf("%d %s", res.StatusCode, body)
			}
			return nil
		})
		return time.Now()
	}
	for _, c := range []struct {
		name    string
		end     func() error
		lingers bool
	}{
		{"deregistered", func() error { return a.Agent().ServiceDeregister("d1") }, true},
		{"check critical", func() error { return a.Agent().UpdateTTL("check-d1", "", api.HealthCritical) }, false},
		{"tags taken away", func() error { register(); return nil }, false},
	} {
		register(d.Tags...)
		serves(true)
		began := time.Now()
		if err := c.end(); err != nil {
			t.Fatal(err)
		}
		took := serves(false).Sub(began)
		t.Logf("%s: served for %v more", c.name, took)
		if (took >= linger) != c.lingers {
			t.Errorf("%s: served for %v more", c.name, took)
		}
	}
}
