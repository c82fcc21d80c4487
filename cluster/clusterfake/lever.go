package clusterfake

import (
	"maps"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
)

// This file holds the levers: what a test does to the cluster behind the platform's back.

// Hold stops the cluster's time: from now on only Step moves it.
func (c *Cluster) Hold() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = true
}

// Release lets every change play to its end again, starting with those that were held.
func (c *Cluster) Release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = false
	c.play()
}

// Step moves every dyno and every deployment one step, and says whether anything moved.
func (c *Cluster) Step() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.step()
}

func (c *Cluster) step() bool {
	moved := false
	for id, j := range c.jobs {
		before := moved
		for _, d := range j.live() {
			moved = d.step(c.now()) || moved
		}
		if d := j.running(); d != nil {
			moved = c.judge(d) || moved
		}
		if moved != before {
			c.changed(id)
		}
	}
	return moved
}

func (c *Cluster) play() {
	for !c.held && c.step() {
	}
}

// Down makes every call fail as Unavailable and breaks every Watch, until Down(false). What runs goes on running.
func (c *Cluster) Down(down bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = down
	if down {
		for w := range c.watchers {
			w.breakOff()
		}
	}
}

// Calls counts the calls of one method of the platform's interface since the cluster was made, by its name.
func (c *Cluster) Calls(method string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls[method]
}

// Spec is the job as it was last registered, or nil.
func (c *Cluster) Spec(jobID string) *api.Job {
	c.mu.Lock()
	defer c.mu.Unlock()
	if j, ok := c.jobs[jobID]; ok {
		return copied(j.current().spec)
	}
	return nil
}

// Variable is what a variable holds, or nil where there is none.
func (c *Cluster) Variable(path string) map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.variables[path])
}

// Touch registers a changed job as a stranger would: its index moves, and a meta key says by whom.
func (c *Cluster) Touch(jobID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if j, ok := c.jobs[jobID]; ok {
		spec := copied(j.current().spec)
		if spec.Meta == nil {
			spec.Meta = map[string]string{}
		}
		spec.Meta["touched"] = c.nextID()
		c.register(spec)
		c.play()
	}
}

// Purge removes the job behind the platform's back and leaves its variables.
func (c *Cluster) Purge(jobID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.purge(jobID)
}

// Fail ends the job's running deployment as failed, as its deadline or an operator would.
func (c *Cluster) Fail(jobID, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if j, ok := c.jobs[jobID]; ok && j.running() != nil {
		c.fail(j.running(), reason)
		c.play()
	}
}

// Crash ends a running dyno's process with this status. Nomad starts it again at the next Start.
func (c *Cluster) Crash(id dynomad.DynoID, status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d := c.dyno(id); d != nil && !d.ended {
		d.crash(c.now(), status)
		c.changed(d.job.id)
	}
}

// Start starts a crashed dyno's process again, as Nomad does after its delay.
func (c *Cluster) Start(id dynomad.DynoID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d := c.dyno(id); d != nil && !d.ended && d.state == dynomad.DynoCrashed {
		d.turn(c.now(), dynomad.DynoStarting)
		d.start(c.now())
		c.changed(d.job.id)
		c.play()
	}
}
