// Package clusterfake is a small Nomad in memory, for tests of whatever talks to a cluster. It is no mock: nobody tells it
// what to answer. It takes jobs, counts versions and JobModifyIndex, checks the index that a writer expects, runs
// deployments with canaries, and reverts a failed one by registering the version before it, as Nomad does. The suite in
// cluster/clustertest holds it to the same contract as the real adapter.
//
// What a dyno does is decided by its command, read as a shell would read it: `exit 3` ends with status 3, and anything else
// runs for ever. A group with a route must also listen, so a web command that never mentions $PORT never becomes healthy.
// A dyno that asks for more memory than a client has (NodeMemory) cannot be placed.
//
// A cron runs when a test says so (Fire), whatever its schedule.
//
// Time stands still unless somebody moves it. By default every change plays to its end before the call returns, so that the
// next question finds dynos up and deployments ended. After Hold, nothing moves until Step: one Step starts what was placed
// and judges what runs, so a test can look at, or write into, the middle of a deployment.
package clusterfake

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

// NodeMemory is what each of the fake's two clients offers a single dyno, in MiB.
const NodeMemory = 16 * 1024

// Cluster is the small Nomad. It is safe for concurrent use.
type Cluster struct {
	now func() time.Time

	mu        sync.Mutex
	index     uint64 // of the last write, as Raft counts
	serial    int    // of the last id given out
	jobs      map[string]*job
	variables map[string]map[string]string
	watchers  map[*watcher]struct{}
	calls     map[string]int
	held      bool
	down      bool
}

// New makes an empty cluster that takes its times from now.
func New(now func() time.Time) *Cluster {
	return &Cluster{
		now: now, index: 10,
		jobs: map[string]*job{}, variables: map[string]map[string]string{},
		watchers: map[*watcher]struct{}{}, calls: map[string]int{},
	}
}

// enter counts a call and refuses it while the cluster is down. Whoever calls it holds the lock.
func (c *Cluster) enter(ctx context.Context, call string) error {
	c.calls[call]++
	if err := ctx.Err(); err != nil {
		return err
	}
	if c.down {
		return unavailable()
	}
	return nil
}

func unavailable() error {
	return dynomad.Errorf(dynomad.KindUnavailable, "nomad cannot be reached: connection refused").
		WithHint("the apps run on; try again when Nomad is back")
}

// Jobs tells every app's job, with the crons beside it.
func (c *Cluster) Jobs(ctx context.Context) (map[string]translator.Job, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.enter(ctx, "Jobs"); err != nil {
		return nil, err
	}
	all := make(map[string]translator.Job, len(c.jobs))
	for id := range c.jobs {
		if app, ours := translator.OwnerOf(id); ours {
			id = translator.JobID(app)
		}
		all[id] = c.told(id)
	}
	return all, nil
}

// Job tells the job of one app, with the crons beside it.
func (c *Cluster) Job(ctx context.Context, id string) (translator.Job, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.enter(ctx, "Job"); err != nil {
		return translator.Job{}, err
	}
	told := c.told(id)
	if told.Index == 0 && len(told.Crons) == 0 {
		return told, dynomad.Errorf(dynomad.KindNotFound, "nomad has no job %q", id)
	}
	return told, nil
}

// Apply writes the variables and registers the app's job, then its crons. The same job once more changes nothing, as in
// Nomad.
func (c *Cluster) Apply(ctx context.Context, b translator.Bundle, since uint64) (translator.Job, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.enter(ctx, "Apply"); err != nil {
		return translator.Job{}, err
	}
	id, own, crons, err := checked(b)
	if err != nil {
		return translator.Job{}, err
	}
	if c.told(id).Index != since {
		return translator.Job{}, dynomad.Errorf(dynomad.KindConflict, "the job %q is not at index %d any more", id, since)
	}
	for _, v := range b.Variables {
		c.variables[v.Path] = maps.Clone(v.Items)
	}
	if own != nil {
		c.registerNew(own)
	} else if j, ok := c.jobs[id]; ok && !j.stopped {
		c.stop(j)
	}
	c.applyCrons(id, crons)
	registered := c.told(id) // a deployment that fails while it plays moves the index on, which is no answer to this call
	registered.Stopped = registered.Stopped || own == nil
	c.play()
	return registered, nil
}

// registerNew registers a job unless that would change nothing.
func (c *Cluster) registerNew(spec *api.Job) {
	if j, ok := c.jobs[*spec.ID]; !ok || j.stopped || !same(j.current().spec, spec) {
		c.register(spec)
	}
}

// checked takes a bundle apart as Nomad would accept it: the id of the app's job, that job (nil: it has none) and its crons.
func checked(b translator.Bundle) (id string, own *api.Job, crons []*api.Job, err error) {
	for _, spec := range b.Jobs {
		if spec.ID == nil || *spec.ID == "" || len(spec.TaskGroups) == 0 {
			return "", nil, nil, dynomad.Errorf(dynomad.KindInvalid, "nomad refuses the job: it needs an id and a task group")
		}
		app, _ := translator.OwnerOf(*spec.ID)
		if id = translator.JobID(app); *spec.ID == id {
			own = spec
		} else {
			crons = append(crons, spec)
		}
	}
	if id == "" {
		err = dynomad.Errorf(dynomad.KindInternal, "there is no job of an app in the bundle")
	}
	return id, own, crons, err
}

// Stop ends the dynos and keeps the job. Its crons are ended for good.
func (c *Cluster) Stop(ctx context.Context, id string) (translator.Job, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.enter(ctx, "Stop"); err != nil {
		return translator.Job{}, err
	}
	c.applyCrons(id, nil)
	j, ok := c.jobs[id]
	if !ok {
		return translator.Job{ID: id, Stopped: true}, nil
	}
	if !j.stopped {
		c.stop(j)
	}
	return c.told(id), nil
}

// Destroy leaves nothing of the job, and of what is beside it.
func (c *Cluster) Destroy(ctx context.Context, id string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.enter(ctx, "Destroy"); err != nil {
		return err
	}
	c.applyCrons(id, nil)
	c.forgetJob(id)
	return nil
}

// Dynos tells the job's dynos, and the runs of its crons.
func (c *Cluster) Dynos(ctx context.Context, jobID string) ([]dynomad.Dyno, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.enter(ctx, "Dynos"); err != nil {
		return nil, err
	}
	var told []dynomad.Dyno
	if j, ok := c.jobs[jobID]; ok {
		told = j.tellDynos()
	}
	told = append(told, c.tellRuns(jobID)...)
	slices.SortStableFunc(told, func(a, b dynomad.Dyno) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Index, b.Index), a.CreatedAt.Compare(b.CreatedAt))
	})
	return told, nil
}

// Restart ends and starts the dynos in place.
func (c *Cluster) Restart(ctx context.Context, dynos []dynomad.Dyno) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.enter(ctx, "Restart"); err != nil {
		return err
	}
	for _, wanted := range dynos {
		d := c.dyno(wanted.ID)
		if d == nil || d.ended {
			return dynomad.Errorf(dynomad.KindNotFound, "there is no running dyno %s", wanted.Name())
		}
		d.restart(c.now())
		c.changed(d.job.id)
	}
	c.play()
	return nil
}

// Deployment tells how the registration at index went.
func (c *Cluster) Deployment(ctx context.Context, jobID string, index uint64) (translator.Deployment, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.enter(ctx, "Deployment"); err != nil {
		return translator.Deployment{}, err
	}
	if j, ok := c.jobs[jobID]; ok {
		i := slices.IndexFunc(j.deployments, func(d *deployment) bool { return d.index == index })
		if i >= 0 {
			return j.deployments[i].told(), nil
		}
	}
	return translator.Deployment{}, dynomad.Errorf(dynomad.KindNotFound, "nomad made no deployment of %q at index %d", jobID, index)
}
