package devcluster

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
)

// jobsGrace is how long the jobs get to end; a dyno that ignores SIGTERM is killed by Nomad after its kill_timeout.
const jobsGrace = time.Minute

// Report says what a stop had to do beyond asking: nothing, in the ordinary course.
type Report struct {
	Jobs      int      // how many jobs were stopped
	Processes []string // killed because their agents had not ended them, containers included
	Mounts    []string // undone because their agents had left them
}

// Stop ends the cluster and leaves no process and no mount behind: first the jobs, which stay known and start again when
// somebody registers them, then the clients, the Nomad server and Consul. Steps that fail do not keep the later ones from
// being tried.
func (c *Cluster) Stop(ctx context.Context) (Report, error) {
	var r Report
	var errs []error
	if c.Server.Nomad.Alive() {
		jobs, err := c.stopJobs(ctx)
		r.Jobs = jobs
		errs = append(errs, err)
	}
	errs = append(errs, c.stopAgents(ctx))
	processes, err := killAll(ctx, c.Dir)
	containers, dockerErr := c.docker().removeAll(ctx, c.Dir)
	r.Processes = slices.Concat(processes, containers)
	errs = append(errs, err, dockerErr)
	mounts, err := unmountAll(c.Dir)
	r.Mounts = mounts
	return r, errors.Join(append(errs, err)...)
}

// Remove deletes everything that the cluster keeps. It refuses while something of it runs or is mounted: below such a mount
// lie this machine's own files.
func (c *Cluster) Remove() error {
	mounts, err := mountsBelow(c.Dir)
	if err != nil {
		return err
	}
	if left := belonging(c.Dir); len(left)+len(mounts) > 0 {
		return dynomad.Errorf(dynomad.KindConflict, "the cluster still has %d processes and %d mounts", len(left), len(mounts)).
			WithHint("stop it first")
	}
	if err := os.RemoveAll(c.Dir); err != nil {
		return dynomad.Errorf(dynomad.KindInternal, "deleting the cluster: %w", err)
	}
	return nil
}

// stopAgents ends every agent, the clients first, each machine's Nomad before its Consul.
func (c *Cluster) stopAgents(ctx context.Context) error {
	var errs []error
	for _, m := range c.Clients {
		errs = append(errs, m.Stop(ctx))
	}
	return errors.Join(append(errs, c.Server.Stop(ctx))...)
}

// stopStale ends the agents that an earlier owner has left running. Their dynos run on.
func (c *Cluster) stopStale(ctx context.Context) error {
	for _, m := range c.Machines() {
		if m.Nomad.Alive() || m.Consul.Alive() {
			c.Log.Info("an earlier run has left agents running: restarting them", "machine", m.Name)
		}
	}
	return c.stopAgents(ctx)
}

// stopJobs stops every job without forgetting it, and waits until its dynos have ended.
func (c *Cluster) stopJobs(ctx context.Context) (int, error) {
	client, err := c.nomadClient()
	if err != nil {
		return 0, err
	}
	patient, cancel := context.WithTimeout(ctx, jobsGrace)
	defer cancel()
	everywhere := (&api.QueryOptions{Namespace: "*"}).WithContext(patient)
	jobs, _, err := client.Jobs().List(everywhere)
	if err != nil {
		return 0, dynomad.Errorf(dynomad.KindUnavailable, "listing the jobs to stop: %w", err)
	}
	stopped := 0
	for _, job := range jobs {
		if job.Stop {
			continue
		}
		where := (&api.WriteOptions{Namespace: job.Namespace}).WithContext(patient)
		if _, _, err := client.Jobs().Deregister(job.ID, false, where); err != nil {
			return stopped, dynomad.Errorf(dynomad.KindUnavailable, "stopping job %s: %w", job.ID, err)
		}
		stopped++
	}
	ended := poll(patient, 200*time.Millisecond, func() bool { return running(client, everywhere) == 0 })
	if !ended {
		left := running(client, everywhere)
		return stopped, dynomad.Errorf(dynomad.KindUnavailable, "%d dynos have not ended within %s", left, jobsGrace)
	}
	return stopped, nil
}

// running counts the dynos that have not ended, on machines that could tell.
func running(client *api.Client, query *api.QueryOptions) int {
	nodes, _, err := client.Nodes().List(query)
	if err != nil {
		return -1
	}
	ready := map[string]bool{}
	for _, node := range nodes {
		ready[node.ID] = node.Status == "ready"
	}
	allocations, _, err := client.Allocations().List(query)
	if err != nil {
		return -1
	}
	count := 0
	for _, a := range allocations {
		if ready[a.NodeID] && (a.ClientStatus == "running" || a.ClientStatus == "pending") {
			count++
		}
	}
	return count
}
