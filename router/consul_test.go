package router

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/consul/api"
)

// consul is as much of Consul as the watch needs: checks, catalogue, and blocking queries on one index. It behaves as the real
// one in what matters here: a service's tags changed in place move no check. The e2e test asks the real one.
type consul struct {
	*httptest.Server
	mu       sync.Mutex
	moved    *sync.Cond
	index    uint64
	services map[string]*api.CatalogService // by id
	checks   map[string]*api.HealthCheck
	down     bool
	asked    map[string]int // by service
}

func newConsul(t testing.TB) *consul {
	t.Helper()
	c := emptyConsul()
	c.Server = httptest.NewServer(c)
	t.Cleanup(func() { c.change(func() { c.down = true }); c.Close() })
	return c
}

func emptyConsul() *consul {
	c := &consul{index: 10, services: map[string]*api.CatalogService{}, checks: map[string]*api.HealthCheck{}, asked: map[string]int{}}
	c.moved = sync.NewCond(&c.mu)
	return c
}

// change edits under the lock and moves the index.
func (c *consul) change(edit func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.index++
	edit()
	c.moved.Broadcast()
}

// add registers an instance on a node, with one check.
func (c *consul) add(node, id, service, address, status string, tags ...string) {
	c.change(func() {
		host, port, _ := strings.Cut(address, ":")
		number, _ := strconv.Atoi(port)
		c.services[node+id] = &api.CatalogService{
			Node: node, Address: host, ServiceID: id, ServiceName: service, ServicePort: number, ServiceTags: tags, Datacenter: "dc1",
			ServiceMeta: map[string]string{"app": service},
		}
		c.checks[node+id] = &api.HealthCheck{
			Node: node, CheckID: "check:" + id, ServiceID: id, ServiceName: service, Status: status, ModifyIndex: c.index,
		}
	})
}

// check sets a node's own check.
func (c *consul) check(node, id, status string) {
	c.change(func() {
		c.checks[node+id] = &api.HealthCheck{Node: node, CheckID: id, Status: status, ModifyIndex: c.index}
	})
}

// remove deregisters an instance, which takes its checks along.
func (c *consul) remove(node, id string) {
	c.change(func() { delete(c.services, node+id); delete(c.checks, node+id) })
}

// set sets the check of an instance.
func (c *consul) set(node, id, status string) {
	c.change(func() {
		check := *c.checks[node+id]
		check.Status, check.ModifyIndex = status, c.index
		c.checks[node+id] = &check
	})
}

func (c *consul) retag(node, id string, tags ...string) {
	c.change(func() { s := *c.services[node+id]; s.ServiceTags = tags; c.services[node+id] = &s })
}

func (c *consul) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	since, _ := strconv.ParseUint(r.URL.Query().Get("index"), 10, 64)
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.index <= since && !c.down {
		c.moved.Wait()
	}
	if c.down {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	var answer any
	name, isService := strings.CutPrefix(r.URL.Path, "/v1/catalog/service/")
	switch {
	case isService:
		c.asked[name]++
		instances := []*api.CatalogService{}
		for _, s := range c.services {
			if s.ServiceName == name {
				instances = append(instances, s)
			}
		}
		answer = instances
	case r.URL.Path == "/v1/catalog/services":
		names := map[string][]string{}
		for _, s := range c.services {
			for _, tag := range append(s.ServiceTags, "plain") {
				if !slices.Contains(names[s.ServiceName], tag) {
					names[s.ServiceName] = append(names[s.ServiceName], tag)
				}
			}
		}
		answer = names
	case r.URL.Path == "/v1/health/state/any":
		checks := []*api.HealthCheck{}
		for _, check := range c.checks {
			checks = append(checks, check)
		}
		answer = checks
	default:
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("X-Consul-Index", strconv.FormatUint(c.index, 10))
	_ = json.NewEncoder(w).Encode(answer)
}

// RoundTrip asks without a network, so that time stands still until the answer is there.
func (c *consul) RoundTrip(r *http.Request) (*http.Response, error) {
	w, done := httptest.NewRecorder(), make(chan struct{})
	go func() { defer close(done); c.ServeHTTP(w, r) }()
	select {
	case <-done:
		return w.Result(), nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}
