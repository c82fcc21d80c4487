package cluster

import (
	"context"
	"net"
	"strconv"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

// trait is what an allocation keeps for life, and what Nomad tells only with the whole of it: asked once, then remembered.
type trait struct {
	release  dynomad.Version
	address  string        // host:port where it listens, or ""
	signal   string        // that ends it: "SIGTERM"
	check    string        // the kind of its check: "tcp", "http", or "" for none
	deadline time.Duration // by which it must be healthy in its deployment
}

// traits tells the traits of every allocation that runs or should. Those that ended are not asked about.
func (c *Cluster) traits(ctx context.Context, jobID string, stubs []*api.AllocationListStub) (map[string]trait, error) {
	c.mu.Lock()
	before := c.known[jobID]
	c.mu.Unlock()
	now := make(map[string]trait, len(stubs))
	for _, stub := range stubs {
		t, ok := before[stub.ID]
		if !ok && wanted(stub) {
			var err error
			if t, err = c.trait(ctx, stub.ID); err != nil {
				return nil, err
			}
			ok = true
		}
		if ok {
			now[stub.ID] = t
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[jobID] = now
	return now, nil
}

// forget drops what is remembered of a job that is no more.
func (c *Cluster) forget(jobID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.known, jobID)
}

func (c *Cluster) trait(ctx context.Context, id string) (trait, error) {
	opts, cancel := c.read(ctx)
	defer cancel()
	alloc, _, err := c.nomad.Allocations().Info(id, opts)
	if err != nil {
		return trait{}, request{doing: "read the dyno " + id, needs: "read-job"}.failed(ctx, err)
	}
	return traitOf(alloc), nil
}

func traitOf(alloc *api.Allocation) trait {
	var t trait
	if alloc.AllocatedResources != nil && len(alloc.AllocatedResources.Shared.Ports) > 0 {
		port := alloc.AllocatedResources.Shared.Ports[0]
		t.address = net.JoinHostPort(port.HostIP, strconv.Itoa(port.Value))
	}
	group := alloc.GetTaskGroup()
	if group == nil {
		return t
	}
	for _, task := range group.Tasks {
		if version, ok := translator.VersionOf(task.Name); ok {
			t.release, t.signal = version, task.KillSignal
		}
	}
	for _, service := range group.Services {
		if len(service.Checks) > 0 {
			t.check = service.Checks[0].Type
		}
	}
	if group.Update != nil && group.Update.HealthyDeadline != nil {
		t.deadline = *group.Update.HealthyDeadline
	}
	return t
}
