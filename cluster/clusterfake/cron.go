package clusterfake

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

// recentRuns is how many of a cron's ended runs are told.
const recentRuns = 3

// told is what is said of an app's job, the crons beside it included.
func (c *Cluster) told(id string) translator.Job {
	told := translator.Job{ID: id}
	if j, ok := c.jobs[id]; ok {
		told.Index, told.Stopped = j.index, j.stopped
	}
	for _, cron := range c.crons(id) {
		if told.Crons == nil {
			told.Crons = map[string]uint64{}
		}
		told.Crons[cron] = c.jobs[cron].index
	}
	return told
}

// crons are the ids of the cron jobs beside an app's job.
func (c *Cluster) crons(id string) []string {
	app, ok := translator.AppOf(id)
	return slices.DeleteFunc(slices.Sorted(maps.Keys(c.jobs)), func(id string) bool {
		return !ok || !strings.HasPrefix(id, translator.CronPrefix(app)) || strings.Contains(id, "/")
	})
}

// runs are the ids of the jobs that a cron job has made, oldest first.
func (c *Cluster) runs(cron string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(c.jobs)), func(id string) bool { return !strings.HasPrefix(id, cron+"/") })
}

// applyCrons registers the cron jobs beside an app's job, and ends all others that there are, their runs included.
func (c *Cluster) applyCrons(id string, wanted []*api.Job) {
	superfluous := map[string]bool{}
	for _, cron := range c.crons(id) {
		superfluous[cron] = true
	}
	for _, spec := range wanted {
		c.registerNew(spec)
		delete(superfluous, *spec.ID)
	}
	for cron := range superfluous {
		for _, run := range c.runs(cron) {
			c.forgetJob(run)
		}
		c.forgetJob(cron)
	}
}

// forgetJob ends a job and removes it with its variables.
func (c *Cluster) forgetJob(id string) {
	if j, ok := c.jobs[id]; ok && !j.stopped {
		c.stop(j)
	}
	c.purge(id)
	maps.DeleteFunc(c.variables, func(path string, _ map[string]string) bool { return belongs(path, id) })
}

// tellRuns is what runs of the crons beside an app's job, and what ended last.
func (c *Cluster) tellRuns(id string) []dynomad.Dyno {
	var told []dynomad.Dyno
	for _, cron := range c.crons(id) {
		runs := c.runs(cron)
		for i, run := range runs {
			if j := c.jobs[run]; len(j.live()) > 0 || len(runs)-i <= recentRuns {
				told = append(told, j.tellDynos()...)
			}
		}
	}
	return told
}

// Fire starts a run of a cron job, as Nomad does when its time has come.
func (c *Cluster) Fire(cron string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	j, ok := c.jobs[cron]
	if !ok || j.stopped {
		return
	}
	spec := copied(j.current().spec)
	c.serial++
	spec.ID, spec.Periodic = new(fmt.Sprintf("%s/periodic-%010d", cron, c.serial)), nil
	c.register(spec)
	c.play()
}
