package router

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
)

// watch runs a watcher of c until the test ends.
func watch(t testing.TB, c *consul) *Routes {
	t.Helper()
	return watchBy(t, &api.Config{Address: c.URL})
}

func watchBy(t testing.TB, config *api.Config) *Routes {
	t.Helper()
	client, err := api.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	w := &Watcher{Consul: client, Routes: NewRoutes(), Self: "router", Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	select {
	case <-w.Ready():
	case <-time.After(20 * time.Second):
		t.Fatal("no first table")
	}
	return w.Routes
}

// eventually waits for the addresses behind a host.
func eventually(t testing.TB, routes *Routes, host string, want ...string) {
	t.Helper()
	var got []string
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if got = addresses(routes, host); slices.Equal(got, want) {
			return
		}
	}
	t.Fatalf("%s leads to %v, want %v", host, got, want)
}

func addresses(routes *Routes, host string) (out []string) {
	for _, r := range routes.Table().match(host, "/") {
		for _, target := range r.Targets {
			out = append(out, target.URL.Host)
		}
		break
	}
	slices.Sort(out)
	return out
}

func TestWatchFollowsConsul(t *testing.T) {
	c := newConsul(t)
	c.add("n1", "a1", "a", "10.0.0.1:1", api.HealthPassing, "urlprefix-a/")
	c.add("n1", "self", "router", "10.0.0.9:9", api.HealthPassing, "urlprefix-/")
	c.add("n1", "db", "db", "10.0.0.8:8", api.HealthPassing)
	routes := watch(t, c)
	eventually(t, routes, "a", "10.0.0.1:1")
	eventually(t, routes, "elsewhere") // our own catch-all is not a route

	c.add("n2", "a2", "a", "10.0.0.2:2", api.HealthCritical, "urlprefix-a/")
	c.add("n2", "b1", "b", "10.0.0.3:3", api.HealthPassing, "urlprefix-b/", "urlprefix-foo/[")
	eventually(t, routes, "b", "10.0.0.3:3") // whatever its other tag says
	eventually(t, routes, "a", "10.0.0.1:1")
	c.set("n2", "a2", api.HealthPassing)
	eventually(t, routes, "a", "10.0.0.1:1", "10.0.0.2:2")

	c.check("n2", "serfHealth", api.HealthPassing)
	c.check("n2", "serfHealth", api.HealthCritical) // the machine is lost; its services' own checks stay as they were
	eventually(t, routes, "a", "10.0.0.1:1")
	eventually(t, routes, "b")
	c.check("n2", "serfHealth", api.HealthPassing)
	eventually(t, routes, "b", "10.0.0.3:3")
	c.check("n2", "_node_maintenance", api.HealthCritical)
	eventually(t, routes, "b")
	c.change(func() { delete(c.checks, "n2_node_maintenance") })
	eventually(t, routes, "b", "10.0.0.3:3")
	c.check("n2", "_service_maintenance:b1", api.HealthCritical)
	eventually(t, routes, "b")
	eventually(t, routes, "a", "10.0.0.1:1", "10.0.0.2:2")

	c.remove("n1", "a1")
	eventually(t, routes, "a", "10.0.0.2:2")
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asked["db"] > 0 || c.asked["router"] > 0 {
		t.Errorf("asked for services without routes of interest: %v", c.asked)
	}
}

// A domain added to an app changes the tags of its instances in place, on one node after the other. No check moves, and the
// second change leaves the catalogue's set of tags as it is.
func TestTagsChangedInPlaceOneNodeAfterTheOther(t *testing.T) {
	c := newConsul(t)
	for _, node := range []string{"1", "2", "3"} {
		c.add("n"+node, "a"+node, "a", "10.0.0."+node+":1", api.HealthPassing, "urlprefix-a/")
	}
	for i := range 200 { // so many that the slow round does not come by in time to mend what the watch misses
		c.add("n1", fmt.Sprint("x", i), fmt.Sprint("x", i), "10.0.1.1:1", api.HealthPassing, fmt.Sprintf("urlprefix-x%d/", i))
	}
	routes := watch(t, c)
	eventually(t, routes, "a", "10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1")
	c.retag("n1", "a1", "urlprefix-a/", "urlprefix-new/")
	eventually(t, routes, "new", "10.0.0.1:1")
	c.retag("n2", "a2", "urlprefix-a/", "urlprefix-new/")
	eventually(t, routes, "new", "10.0.0.1:1", "10.0.0.2:1")
	c.retag("n3", "a3", "urlprefix-a/", "urlprefix-new/")
	eventually(t, routes, "new", "10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1")
	for _, node := range []string{"1", "2", "3"} {
		c.retag("n"+node, "a"+node, "urlprefix-a/")
	}
	eventually(t, routes, "new")
}

func TestConsulAwayServesOn(t *testing.T) {
	c := newConsul(t)
	c.add("n1", "a1", "a", "10.0.0.1:1", api.HealthPassing, "urlprefix-a/")
	routes := watch(t, c)
	c.change(func() { c.down = true })
	time.Sleep(4 * minRetry)
	if got := addresses(routes, "a"); !slices.Equal(got, []string{"10.0.0.1:1"}) {
		t.Fatalf("%v while consul is away", got)
	}
	c.change(func() { c.down, c.index = false, 1 }) // restored from an older state: its index is behind
	c.add("n1", "a2", "a", "10.0.0.2:2", api.HealthPassing, "urlprefix-a/")
	eventually(t, routes, "a", "10.0.0.1:1", "10.0.0.2:2")
}

func TestOnlyChangedServicesAreAskedFor(t *testing.T) {
	c := newConsul(t)
	for i := range 50 {
		n := strconv.Itoa(i)
		c.add("n", n, "s"+n, "10.0.0.1:"+n, api.HealthPassing, "urlprefix-h"+n+"/")
	}
	routes := watch(t, c)
	eventually(t, routes, "h49", "10.0.0.1:49")
	c.change(func() { clear(c.asked) })
	c.add("n", "new", "s7", "10.0.0.1:777", api.HealthPassing, "urlprefix-h7/")
	eventually(t, routes, "h7", "10.0.0.1:7", "10.0.0.1:777")
	c.mu.Lock()
	defer c.mu.Unlock()
	others := 0
	for name, n := range c.asked {
		if name != "s7" {
			others += n
		}
	}
	if others > 20 { // the slow round may have come by: one a second
		t.Errorf("asked for others %d times: %v", others, c.asked)
	}
}

func TestEveryServiceHasItsTurn(t *testing.T) {
	v := &view{Watcher: &Watcher{}, known: map[string]known{}}
	for i := range 1000 {
		v.known[strconv.Itoa(i)] = known{}
	}
	seen := map[string]bool{}
	for range int(refreshIn / time.Second) {
		for _, name := range v.nextOfRound() {
			seen[name] = true
		}
	}
	if len(seen) != 1000 {
		t.Errorf("%d of 1000 services asked for within %v", len(seen), refreshIn)
	}
}
