package translator

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
)

// Running is what a job that runs says about the release that it was made of.
type Running struct {
	Release  dynomad.Version
	Driver   string
	Image    string // "" of a slug
	Slug     string // its URL, "" of an image
	SHA256   string
	Domain   string   // "" where no process type of it has a route
	EdgePort int      // 0 where the tags name none
	Hosts    []string // further host names of it
	Quantity map[dynomad.ProcessType]int
}

// ReadRunning reads a job that Dynomad has made. False of any other: nothing can be known about it.
func ReadRunning(job *api.Job) (Running, bool) {
	r := Running{Quantity: map[dynomad.ProcessType]int{}}
	version, ok := VersionOf(job.Meta[MetaRelease])
	if !ok || job.Meta[MetaApp] == "" {
		return r, false
	}
	r.Release = version
	images := map[string]int{}
	for _, g := range job.TaskGroups {
		if g.Name == nil {
			continue
		}
		if g.Count != nil {
			r.Quantity[TypeOf(*g.Name)] = *g.Count
		}
		for _, t := range g.Tasks {
			if t.Name == Task(version) {
				r.read(t, images)
			}
		}
		for _, s := range g.Services {
			r.route(dynomad.AppName(job.Meta[MetaApp]), s.Tags)
		}
	}
	if r.Slug == "" {
		r.Image = mostOften(images)
	}
	return r, true
}

// mostOften is the image of the most process types: the others have said one of their own.
func mostOften(images map[string]int) string {
	best := ""
	for _, image := range slices.Sorted(maps.Keys(images)) {
		if best == "" || images[image] > images[best] {
			best = image
		}
	}
	return best
}

// read takes what a main task says of the program.
func (r *Running) read(t *api.Task, images map[string]int) {
	r.Driver = t.Driver
	for _, a := range t.Artifacts {
		if value(a.GetterSource) != "" && value(a.RelativeDest) == localDir+home {
			r.Slug, r.SHA256 = *a.GetterSource, strings.TrimPrefix(a.GetterOptions["checksum"], "sha256:")
			return
		}
	}
	if image, ok := t.Config["image"].(string); ok {
		images[image]++
	}
}

// route takes the domain, the edge's port and the app's host names out of Fabio's tags: "urlprefix-hello.example.com:8080/".
func (r *Running) route(app dynomad.AppName, tags []string) {
	for _, tag := range tags {
		rest, ok := strings.CutPrefix(tag, fabioPrefix)
		if !ok {
			continue
		}
		host, _, _ := strings.Cut(rest, "/")
		name, digits, _ := strings.Cut(host, ":")
		if port, err := strconv.Atoi(digits); err == nil {
			r.EdgePort = port
		}
		if domain, own := strings.CutPrefix(name, string(app)+"."); own && r.Domain == "" {
			r.Domain = domain
		} else if name != string(app)+"."+r.Domain && !slices.Contains(r.Hosts, name) {
			r.Hosts = append(r.Hosts, name)
		}
	}
}

// TakeOver gives a job what only the platform knows, as it is in the job that runs: the log sidecars, where from config vars
// come, and whether a failure would be reverted, which the platform decides as a release goes on. What is left between the
// two is what the source says differently. Sidecars are not taken over for types that want none.
func TakeOver(job, running *api.Job, alone func(dynomad.ProcessType) bool) {
	for _, g := range job.TaskGroups {
		old := groupOf(running, value(g.Name))
		if old == nil {
			continue
		}
		if g.Update != nil && old.Update != nil {
			g.Update.AutoRevert = old.Update.AutoRevert
		}
		for _, was := range old.Tasks {
			i := slices.IndexFunc(g.Tasks, func(t *api.Task) bool { return t.Name == was.Name })
			switch {
			case was.Name == SidecarTask && i < 0 && !alone(TypeOf(*g.Name)):
				g.Tasks = append(g.Tasks, was)
			case i >= 0 && was.Name != SidecarTask:
				takeConfig(g.Tasks[i], was)
			}
		}
	}
}

// takeConfig takes over the file of config vars, if a task has none.
func takeConfig(task, was *api.Task) {
	isConfig := func(t *api.Template) bool { return value(t.DestPath) == configPath }
	if slices.ContainsFunc(task.Templates, isConfig) {
		return
	}
	if i := slices.IndexFunc(was.Templates, isConfig); i >= 0 {
		task.Templates = append(task.Templates, was.Templates[i])
	}
}
