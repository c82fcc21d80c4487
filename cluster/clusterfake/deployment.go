package clusterfake

import (
	"fmt"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

// deployment replaces the dynos of one registration by those of the next.
type deployment struct {
	id     string
	index  uint64 // JobModifyIndex of the registration it deploys
	job    *job
	status translator.DeploymentStatus
	reason string
	wanted map[string]int // by group
	revert bool
	unfit  map[string]bool // groups whose dynos fit nowhere
}

func (d *deployment) told() translator.Deployment {
	told := translator.Deployment{
		ID: d.id, Status: d.status, Reason: d.reason, Progress: map[dynomad.ProcessType]translator.Progress{},
	}
	for group, wanted := range d.wanted {
		p := translator.Progress{Wanted: wanted}
		for _, dyno := range d.job.dynos {
			if dyno.group != group || dyno.deployment != d {
				continue
			}
			p.Placed++
			switch {
			case dyno.unhealthy:
				p.Unhealthy++
			case dyno.state == dynomad.DynoUp:
				p.Healthy++
			}
		}
		told.Progress[dynomad.ProcessType(group)] = p
	}
	return told
}

// running is the job's unfinished deployment, or nil.
func (j *job) running() *deployment {
	if n := len(j.deployments); n > 0 && j.deployments[n-1].status == translator.DeploymentRunning {
		return j.deployments[n-1]
	}
	return nil
}

func (j *job) cancel(reason string) {
	if d := j.running(); d != nil {
		d.status, d.reason = translator.DeploymentCancelled, reason
	}
}

// deploy moves the job's dynos towards its newest registration as far as Nomad does in one evaluation.
func (c *Cluster) deploy(j *job) {
	j.cancel("a newer version of the job was registered")
	spec := j.current().spec
	d := &deployment{
		id: c.nextID(), index: j.index, job: j, status: translator.DeploymentRunning,
		wanted: map[string]int{}, unfit: map[string]bool{},
	}
	groups := map[string]bool{}
	for _, group := range spec.TaskGroups {
		groups[*group.Name] = true
		c.arrange(j, group, d)
	}
	for _, dyno := range j.live() {
		if !groups[dyno.group] {
			dyno.end(c.now())
		}
	}
	if len(d.wanted) > 0 {
		j.deployments = append(j.deployments, d)
	}
}

// arrange brings one group to its count: dynos with the same imprint stay, others are replaced, by canaries where the group
// wants a full second set.
func (c *Cluster) arrange(j *job, group *api.TaskGroup, d *deployment) {
	mark, count := imprint(j.current().spec, group), 1
	if group.Count != nil {
		count = *group.Count
	}
	update := updateOf(j.current().spec, group)
	batch := j.current().spec.Type != nil && *j.current().spec.Type == api.JobTypeBatch // which makes no deployments
	counts := count > 0 && !batch && (update.MaxParallel == nil || *update.MaxParallel > 0)
	if counts {
		d.wanted[*group.Name] = count
		d.revert = d.revert || update.AutoRevert != nil && *update.AutoRevert
	}
	kept, old := map[int]bool{}, 0
	canaries := update.Canary != nil && *update.Canary > 0
	for _, dyno := range j.live() {
		switch {
		case dyno.group != *group.Name:
		case dyno.imprint == mark && dyno.slot < count && !kept[dyno.slot]:
			kept[dyno.slot], dyno.spec = true, group
			if counts {
				dyno.deployment = d
			}
		case dyno.imprint != mark && dyno.slot < count && canaries && !dyno.canary:
			old++
		default:
			dyno.end(c.now())
		}
	}
	c.place(j, group, d, placing{count: count, kept: kept, canary: old > 0})
}

// placing is what a group still lacks.
type placing struct {
	count  int
	kept   map[int]bool // slots that need nothing
	canary bool
}

func (c *Cluster) place(j *job, group *api.TaskGroup, d *deployment, p placing) {
	for slot := range p.count {
		if p.kept[slot] {
			continue
		}
		if memory(group) > NodeMemory {
			d.unfit[*group.Name] = true
			d.reason = fmt.Sprintf("%s does not fit: memory exhausted on 2 nodes", *group.Name)
			continue
		}
		now := c.now()
		dyno := &dyno{
			id: dynomad.DynoID(c.nextID()), job: j, group: *group.Name, slot: slot, spec: group, canary: p.canary,
			node: fmt.Sprintf("client-%d", 1+len(j.dynos)%2), imprint: imprint(j.current().spec, group), created: now,
		}
		if _, ok := d.wanted[*group.Name]; ok {
			dyno.deployment = d
		}
		dyno.start(now)
		j.dynos = append(j.dynos, dyno)
	}
}

func updateOf(spec *api.Job, group *api.TaskGroup) *api.UpdateStrategy {
	out := &api.UpdateStrategy{}
	out.Merge(spec.Update)
	out.Merge(group.Update)
	return out
}

// judge ends a deployment whose dynos are all healthy, or of which one is not and never will be.
func (c *Cluster) judge(d *deployment) bool {
	healthy := true
	for _, dyno := range d.job.live() {
		if dyno.deployment == d && dyno.unhealthy {
			c.fail(d, dyno.name()+" "+dyno.reason)
			return true
		}
	}
	for _, p := range d.told().Progress {
		healthy = healthy && p.Healthy >= p.Wanted
	}
	if healthy {
		c.succeed(d)
	}
	return healthy
}

func (c *Cluster) succeed(d *deployment) {
	d.status = translator.DeploymentSuccessful
	d.job.current().stable = true
	for _, dyno := range d.job.live() {
		dyno.canary = false
		if _, ok := d.wanted[dyno.group]; ok && dyno.deployment != d {
			dyno.end(c.now())
		}
	}
	c.changed(d.job.id)
}

// fail ends a deployment and its canaries. With auto_revert the newest stable version that differs is registered again,
// which moves the job's index and makes a deployment of its own.
func (c *Cluster) fail(d *deployment, reason string) {
	d.status, d.reason = translator.DeploymentFailed, reason
	for _, dyno := range d.job.live() {
		if dyno.canary {
			dyno.end(c.now())
		}
	}
	c.changed(d.job.id)
	if !d.revert {
		return
	}
	failed := d.job.current()
	for i := len(d.job.registrations) - 1; i >= 0; i-- {
		if before := d.job.registrations[i]; before.stable && before != failed {
			if !same(before.spec, failed.spec) {
				c.register(before.spec)
			}
			return
		}
	}
}
