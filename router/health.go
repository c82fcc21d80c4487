package router

import (
	"hash/maphash"
	"slices"
	"strings"

	"github.com/hashicorp/consul/api"
)

// Checks that Consul keeps by itself. The first two carry no service name but speak for every service of their node.
const (
	nodeAlive       = "serfHealth"
	nodeMaintenance = "_node_maintenance"
	svcMaintenance  = "_service_maintenance:"
)

// instanceID names a service instance: ids are unique on a node only.
type instanceID struct{ node, id string }

// health is what Consul's checks say of one service.
type health struct {
	passing    map[instanceID]bool // may serve
	registered map[instanceID]bool // has a check, whatever that says
	// sum changes whenever an instance starts or stops passing, or its checks are registered anew.
	sum uint64
}

// seed makes sums of this process comparable with each other.
type seed struct{ maphash.Seed }

// healthOf sorts out which instances may serve, by service, as Fabio does: at least one check of the instance passes, its
// node is alive, and neither is in maintenance. An instance without a check never serves.
func (s seed) healthOf(checks api.HealthChecks) map[string]health {
	down := map[string]bool{}       // nodes
	paused := map[instanceID]bool{} // instances in maintenance
	for _, c := range checks {
		switch {
		case c.CheckID == nodeAlive && c.Status == api.HealthCritical, c.CheckID == nodeMaintenance:
			down[c.Node] = true
		case strings.HasPrefix(c.CheckID, svcMaintenance) && c.Status == api.HealthCritical:
			paused[instanceID{c.Node, c.CheckID[len(svcMaintenance):]}] = true
		}
	}
	services := map[string]health{}
	for _, c := range checks {
		if c.ServiceID == "" {
			continue
		}
		h, ok := services[c.ServiceName]
		if !ok {
			h = health{passing: map[instanceID]bool{}, registered: map[instanceID]bool{}}
		}
		id := instanceID{c.Node, c.ServiceID}
		h.registered[id] = true
		if c.Status == api.HealthPassing && !down[c.Node] && !paused[id] && !strings.HasPrefix(c.CheckID, svcMaintenance) {
			h.passing[id] = true
			h.sum ^= maphash.Comparable(s.Seed, passingCheck{id, c.CheckID, c.ModifyIndex}) // in any order
		}
		services[c.ServiceName] = h
	}
	return services
}

type passingCheck struct {
	instance instanceID
	check    string
	modified uint64
}

// routed picks the services that have a route tag out of the catalogue, each with a sum of the tags of all its instances.
func (s seed) routed(catalogue map[string][]string, self string) map[string]uint64 {
	out := map[string]uint64{}
	for name, tags := range catalogue {
		isRoute := func(tag string) bool { return strings.HasPrefix(strings.TrimSpace(tag), tagPrefix) }
		if name == self || !slices.ContainsFunc(tags, isRoute) {
			continue
		}
		var sum uint64
		for _, tag := range tags {
			sum ^= maphash.String(s.Seed, tag)
		}
		out[name] = sum
	}
	return out
}
