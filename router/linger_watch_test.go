package router

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/consul/api"
)

// reaction bounds how long the watch takes to notice: it pauses between looks. Work itself takes no time in a bubble.
const reaction = 2 * minPause

// inBubble runs a watch of a Consul in time that passes by itself. Beside Consul itself it knows one instance, a1 on node n1.
func inBubble(t *testing.T, run func(t *testing.T, c *consul, routes *Routes)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := emptyConsul()
		t.Cleanup(func() { c.change(func() { c.down = true }) })
		c.add("n0", "consul", "consul", "h:0", api.HealthPassing)
		c.add("n1", "a1", "a", "h:1", api.HealthPassing, "urlprefix-a/")
		run(t, c, watchBy(t, &api.Config{HttpClient: &http.Client{Transport: c}}))
	})
}

// stays looks at a host all the time for a while.
func stays(t *testing.T, routes *Routes, want string, while time.Duration) {
	t.Helper()
	for start := time.Now(); time.Since(start) < while; time.Sleep(time.Millisecond) {
		if got := serving(routes, "a"); got != want {
			t.Fatalf("after %v: %q serves, want %q", time.Since(start), got, want)
		}
	}
}

// becomes waits for who serves a host, for no longer than it may take, and lets nothing come in between.
func becomes(t *testing.T, routes *Routes, want string, within time.Duration) {
	t.Helper()
	before := ""
	for start := time.Now(); ; time.Sleep(time.Millisecond) {
		got := serving(routes, "a")
		switch {
		case got == want:
			return
		case time.Since(start) == 0:
			before = got
		case got != before || time.Since(start) > within:
			t.Fatalf("after %v: %q serves, want %q", time.Since(start), got, want)
		}
	}
}

// A promotion: the old dyno leaves, and only later does its successor get the tag that its canary lacked. Checks and catalogue
// are heard in either order, so it is done often.
func TestTheGapOfAPromotionIsBridged(t *testing.T) {
	for range 20 {
		inBubble(t, func(t *testing.T, c *consul, routes *Routes) {
			c.add("n2", "a2", "a", "h:2", api.HealthPassing, "canary")
			stays(t, routes, "h:1", time.Second)
			c.remove("n1", "a1")
			becomes(t, routes, "h:1 late", reaction)
			stays(t, routes, "h:1 late", 200*time.Millisecond)
			c.retag("n2", "a2", "urlprefix-a/")
			becomes(t, routes, "h:2", reaction)
			stays(t, routes, "h:2", 3*linger)
		})
	}
}

func TestWhoLeavesConsulLingersAndEndsOnTime(t *testing.T) {
	for range 20 {
		inBubble(t, func(t *testing.T, c *consul, routes *Routes) {
			c.remove("n1", "a1")
			becomes(t, routes, "h:1 late", reaction)
			stays(t, routes, "h:1 late", linger-time.Millisecond)
			becomes(t, routes, "", 2*time.Millisecond)
			c.add("n1", "a1", "a", "h:1", api.HealthPassing, "urlprefix-a/")
			becomes(t, routes, "h:1", reaction)
			stays(t, routes, "h:1", 3*linger)
		})
	}
}

func TestWhoComesBackWhileLingeringServesAsBefore(t *testing.T) {
	inBubble(t, func(t *testing.T, c *consul, routes *Routes) {
		c.remove("n1", "a1")
		becomes(t, routes, "h:1 late", reaction)
		c.add("n1", "a1", "a", "h:1", api.HealthPassing, "urlprefix-a/")
		becomes(t, routes, "h:1", reaction)
		stays(t, routes, "h:1", 3*linger)
	})
}

// Ends that were meant: none of them lingers, whichever of checks and catalogue is heard first.
func TestWhoStaysInConsulDoesNotLinger(t *testing.T) {
	for name, end := range map[string]func(c *consul){
		"check critical":      func(c *consul) { c.set("n1", "a1", api.HealthCritical) },
		"tags taken away":     func(c *consul) { c.retag("n1", "a1") },
		"other tags":          func(c *consul) { c.retag("n1", "a1", "urlprefix-b/") },
		"machine lost":        func(c *consul) { c.check("n1", nodeAlive, api.HealthCritical) },
		"machine maintained":  func(c *consul) { c.check("n1", nodeMaintenance, api.HealthCritical) },
		"instance maintained": func(c *consul) { c.check("n1", svcMaintenance+"a1", api.HealthCritical) },
		"tags taken away while another leaves": func(c *consul) {
			c.add("n2", "a2", "a", "h:2", api.HealthPassing)
			c.retag("n1", "a1")
			c.remove("n2", "a2")
		},
	} {
		t.Run(name, func(t *testing.T) {
			for range 5 {
				inBubble(t, func(t *testing.T, c *consul, routes *Routes) {
					end(c)
					becomes(t, routes, "", 2*reaction)
					stays(t, routes, "", 2*linger)
				})
			}
		})
	}
}

// Whether tags or instances are gone takes a question, but one only.
func TestAServiceThatLostItsRoutesIsAskedForOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, c *consul, routes *Routes) {
		asked := func() int {
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.asked["a"]
		}
		before := asked()
		c.retag("n1", "a1")
		becomes(t, routes, "", reaction)
		time.Sleep(5 * time.Second)
		c.check("n2", nodeAlive, api.HealthPassing)
		time.Sleep(5 * time.Second)
		if more := asked() - before; more != 1 {
			t.Errorf("asked for %d times", more)
		}
	})
}
