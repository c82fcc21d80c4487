package clusterfake

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
)

// job is one job with everything that happened to it.
type job struct {
	id            string
	index         uint64 // JobModifyIndex
	stopped       bool
	registrations []*registration // oldest first; the last is what should run
	deployments   []*deployment   // oldest first
	dynos         []*dyno         // oldest first, ended ones included
}

// registration is one version of a job.
type registration struct {
	spec   *api.Job
	index  uint64
	stable bool // its deployment succeeded, so that Nomad would revert to it
}

func (j *job) current() *registration { return j.registrations[len(j.registrations)-1] }

// register makes spec the job's newest version and starts to move its dynos there.
func (c *Cluster) register(spec *api.Job) {
	j, ok := c.jobs[*spec.ID]
	if !ok {
		j = &job{id: *spec.ID}
		c.jobs[j.id] = j
	}
	c.index++
	j.index, j.stopped = c.index, false
	j.registrations = append(j.registrations, &registration{spec: copied(spec), index: c.index})
	if spec.Periodic == nil { // otherwise it is Fire that makes something of it
		c.deploy(j)
	}
	c.changed(j.id)
}

// stop is a version of its own in Nomad, too; only its index matters here.
func (c *Cluster) stop(j *job) {
	c.index++
	j.index, j.stopped = c.index, true
	j.cancel("the job was stopped")
	for _, d := range j.live() {
		d.end(c.now())
	}
	c.changed(j.id)
}

func (c *Cluster) purge(id string) {
	if _, ok := c.jobs[id]; ok {
		delete(c.jobs, id)
		c.index++
		c.changed(id)
	}
}

func (c *Cluster) dyno(id dynomad.DynoID) *dyno {
	for _, j := range c.jobs {
		for _, d := range j.dynos {
			if d.id == id {
				return d
			}
		}
	}
	return nil
}

func (c *Cluster) nextID() string {
	c.serial++
	return fmt.Sprintf("00000000-0000-4000-8000-%012d", c.serial)
}

func (j *job) live() []*dyno {
	var live []*dyno
	for _, d := range j.dynos {
		if !d.ended {
			live = append(live, d)
		}
	}
	return live
}

// tellDynos is what should run, plus the last that ended of every name that has nothing else.
func (j *job) tellDynos() []dynomad.Dyno {
	last := map[string]*dyno{}
	named := map[string]bool{}
	for _, d := range j.dynos {
		last[d.name()] = d
		named[d.name()] = named[d.name()] || !d.ended
	}
	var told []dynomad.Dyno
	for _, d := range j.dynos {
		if !d.ended || !named[d.name()] && last[d.name()] == d {
			told = append(told, d.told())
		}
	}
	return told
}

// copied guards the fake's memory from a caller that goes on editing its job.
func copied(spec *api.Job) *api.Job {
	var out api.Job
	if err := json.Unmarshal(text(spec), &out); err != nil {
		panic("clusterfake: a job does not survive JSON: " + err.Error())
	}
	return &out
}

func text(v any) []byte {
	out, err := json.Marshal(v)
	if err != nil {
		panic("clusterfake: a job cannot be written as JSON: " + err.Error())
	}
	return out
}

func same(a, b any) bool { return string(text(a)) == string(text(b)) }

// belongs says whether a variable is the job's: app "foo" does not own what lies under "foobar".
func belongs(path, id string) bool {
	return path == "nomad/jobs/"+id || strings.HasPrefix(path, "nomad/jobs/"+id+"/")
}

// Variables are the paths of all variables, sorted.
func (c *Cluster) Variables() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.variables))
}
