package adopt

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

// release is the release whose job is compared: adopting a job is the app's first.
const release dynomad.Version = 1

// Job makes of a Nomad job the source of an app of the same name, whose translation for the Target is that job again. What
// differs is what Dynomad names: the main task of a group, and the meta app and release. A periodic job becomes a cron, whose
// job and group get a cron's names as well.
//
// Each group becomes a process type. What the settings of a dynomad.hcl say in the same way they say; the rest stands in raw
// `nomad` blocks. What cannot be adopted is a problem. The job may be as Nomad returns it or as it parses a job file.
func Job(job *api.Job, t translator.Target) (Files, dynomad.Problems) {
	a, problems := adopted(job, t)
	if problems.Err() != nil {
		return Files{}, problems
	}
	return a.files(), problems
}

// adoption is a job on its way into an app.
type adoption struct {
	app       dynomad.AppName
	target    translator.Target // what it is compared under: everything allowed, no log sidecar
	allow     translator.Allow  // what the operator allows already
	want      *api.Job          // in its plain form, with Dynomad's names
	processes []dynomad.Process // in the order of their types
	configs   map[string]string // by group: the path of the Nomad variable from which its config vars come
	domains   []string
	overlay   []byte
	problems  dynomad.Problems
}

// adopted finds what a job is as an app; if problems.Err is not nil, nothing.
func adopted(job *api.Job, t translator.Target) (*adoption, dynomad.Problems) {
	want, err := plain(job)
	if err != nil {
		return nil, dynomad.Problems{{Message: err.Error(), Hint: "is it a Nomad job?"}}
	}
	a := &adoption{target: t, allow: t.Allow, want: want, configs: map[string]string{}}
	a.target.Agent = nil
	a.target.Allow = everything()
	a.refuse()
	for _, group := range want.TaskGroups {
		a.rename(group)
	}
	if a.problems.Err() != nil {
		return nil, a.problems
	}
	a.findDomains()
	a.layJob()
	for _, group := range want.TaskGroups {
		if p, ok := a.process(group); ok {
			a.processes = append(a.processes, p)
		}
	}
	if a.problems.Err() == nil {
		a.verify()
	}
	return a, a.problems
}

func everything() translator.Allow {
	all := []string{"*"}
	return translator.Allow{Drivers: all, Users: all, HostVolumes: all, NodePools: all, Privileged: true, Identities: true, Routes: true}
}

func (a *adoption) fail(hint, format string, args ...any) {
	a.problems = append(a.problems, dynomad.Problem{Message: fmt.Sprintf(format, args...), Hint: hint})
}

func (a *adoption) warn(hint, format string, args ...any) {
	a.fail(hint, format, args...)
	a.problems[len(a.problems)-1].Warning = true
}

// refuse finds what no app can be.
func (a *adoption) refuse() {
	job := a.want
	a.app = dynomad.AppName(*job.ID)
	if app, _, ok := translator.CronOf(*job.ID); ok {
		a.app = app
	}
	if err := a.app.Valid(); err != nil {
		a.fail(fmt.Sprintf("adopt it under another name, such as --app %s; %s", nearest(*job.ID), dynomad.HintOf(err)),
			"the job's id %q is no name for an app", *job.ID)
	}
	if own, here := *job.Namespace, cmp.Or(a.target.Namespace, api.DefaultNamespace); own != here {
		a.warn("adopt it for a platform of that namespace", "the job is in the namespace %q, and apps are in %q", own, here)
	}
	if *job.Name != *job.ID {
		a.fail("give the job its id as its name, or adopt it under another name with --app", "the job's name %q is not its id, which an app's is", *job.Name)
	}
	periodic := job.Periodic != nil
	switch {
	case job.ParameterizedJob != nil:
		a.fail("deploy what it runs as an app, and start it with `dynomad run`", "the job is parameterized: it runs when it is dispatched, and an app's dynos do not")
	case *job.Type == api.JobTypeSystem || *job.Type == api.JobTypeSysbatch:
		a.fail("leave it a job of its own", "the job is of the type %s: it runs on every machine, and an app as many dynos as it is told", *job.Type)
	case *job.Type == api.JobTypeBatch && !periodic:
		a.fail("deploy what it runs as an app, and start it with `dynomad run`", "the job is of the type batch and no clock starts it")
	case *job.Type != api.JobTypeBatch && *job.Type != api.JobTypeService:
		a.fail("", "the job is of the type %q, which Nomad does not have", *job.Type)
	case len(job.TaskGroups) == 0:
		a.fail("", "the job has no groups")
	case periodic && len(job.TaskGroups) > 1:
		a.fail("make a job of each of them", "the job is periodic and has %d groups, and a cron runs one thing", len(job.TaskGroups))
	}
}

// nearest is an app's name that is most like a job's id.
func nearest(id string) string {
	name := strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(id), "-"), "-")
	if name == "" || name[0] < 'a' {
		name = "app-" + name
	}
	name = strings.Trim(name[:min(len(name), 30)], "-")
	for len(name) < 3 {
		name += "-app"
	}
	return name
}

var processType = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// rename gives a group what Dynomad names: its main task, which then comes first.
func (a *adoption) rename(group *api.TaskGroup) {
	name := *group.Name
	switch {
	case !processType.MatchString(name) || len(name) > translator.MaxTypeLength:
		a.fail(fmt.Sprintf("use letters, digits, dashes and underscores, at most %d", translator.MaxTypeLength), "the group %q is no process type", name)
	case name == string(dynomad.ReleasePhase):
		a.fail("give the group another name", "the group %q is called like the release phase, which runs once and no dynos", name)
	}
	for _, task := range group.Tasks {
		if task.Driver == "" {
			a.fail("say driver in it", "the group %q has a task %q without a driver", name, task.Name)
		}
	}
	main, err := mainOf(group)
	if err != nil {
		a.fail(dynomad.HintOf(err), "the group %q %s", name, err)
		return
	}
	old, task := main.Name, translator.Task(release)
	for _, other := range group.Tasks {
		_, taken := translator.VersionOf(other.Name)
		if other != main && (taken || other.Name == translator.SidecarTask) {
			a.fail("give the task another name", "the group %q has a task %q, a name that only Dynomad gives", name, other.Name)
		}
	}
	main.Name = task
	group.Tasks = append([]*api.Task{main}, slices.DeleteFunc(group.Tasks, func(t *api.Task) bool { return t == main })...)
	a.referTo(group, old)
	a.config(group, main, old)
}

// referTo takes away the main task's name where Nomad does without it, and refuses where it does not: the name changes with
// every release.
func (a *adoption) referTo(group *api.TaskGroup, old string) {
	const hint = "a release gives the main task another name; leave the others out of the group, or look for the port by its label"
	services := slices.Clone(group.Services)
	for _, task := range group.Tasks {
		services = append(services, task.Services...)
	}
	for _, s := range services {
		names := []*string{&s.TaskName}
		for i := range s.Checks {
			names = append(names, &s.Checks[i].TaskName)
		}
		for _, name := range names {
			switch {
			case *name != old:
			case len(group.Tasks) == 1 || slices.Contains(group.Tasks[0].Services, s):
				*name = ""
			default:
				a.fail(hint, "the group %q has a service %q that refers to its main task by the name %q", *group.Name, s.Name, old)
			}
		}
	}
	ports := regexp.MustCompile(`NOMAD_(ADDR|PORT|IP|HOST_[A-Z]+)_` + regexp.QuoteMeta(old) + `_`)
	if group.Networks == nil {
		return
	}
	for _, task := range group.Tasks {
		texts := slices.Collect(maps.Values(task.Env))
		for _, file := range task.Templates {
			texts = append(texts, *file.EmbeddedTmpl)
		}
		if slices.ContainsFunc(texts, ports.MatchString) {
			a.warn(hint, "the group %q has a text that names a port by its main task %q", *group.Name, old)
		}
	}
}

const configFile = "secrets/config.env"

// config recognizes the template of an ejected job by which its config vars come in: config vars make it anew. They are in a
// variable that only the task of its name may read.
func (a *adoption) config(group *api.TaskGroup, main *api.Task, old string) {
	prefix := "nomad/jobs/" + *a.want.ID + "/" + *group.Name + "/"
	for _, file := range main.Templates {
		if *file.DestPath == configFile && strings.Contains(*file.EmbeddedTmpl, `"`+prefix+old+`"`) {
			group := string(a.typeOf(group))
			a.configs[group] = prefix + old
			own := translator.VariablePath(a.app, dynomad.ProcessType(group), release)
			if a.want.Periodic != nil {
				own = "nomad/jobs/" + translator.CronJobID(a.app, dynomad.ProcessType(group)) + "/cron/" + main.Name
			}
			file.EmbeddedTmpl = new(strings.ReplaceAll(*file.EmbeddedTmpl, `"`+prefix+old+`"`, `"`+own+`"`))
		}
	}
}

// typeOf is the process type of a group, or the name of the cron that a periodic job is.
func (a *adoption) typeOf(group *api.TaskGroup) dynomad.ProcessType {
	if _, cron, ok := translator.CronOf(*a.want.ID); ok {
		return cron
	}
	return translator.TypeOf(*group.Name)
}

// layJob finds what has to be laid over the job for it to be the one that is wanted.
func (a *adoption) layJob() {
	probe := a.start(a.want.TaskGroups[0])
	bundle, problems := a.translate(probe)
	if problems.Err() != nil {
		a.problems = append(a.problems, problems...)
		return
	}
	base, err := plain(bundle.Jobs[0])
	if err != nil {
		a.fail("", "%s", err)
		return
	}
	a.overlay = translator.DiffJob(base, a.want)
}

// translate makes the app's job of some of its processes.
func (a *adoption) translate(processes ...dynomad.Process) (translator.Bundle, dynomad.Problems) {
	return translator.Translate(a.blueprint(processes...), a.target)
}

func (a *adoption) blueprint(processes ...dynomad.Process) dynomad.Blueprint {
	bp := dynomad.Blueprint{
		App:     dynomad.App{Name: a.app},
		Release: dynomad.Release{Version: release, Status: dynomad.ReleaseSucceeded},
		Slug:    dynomad.Slug{Overlay: a.overlay},
	}
	if len(a.configs) > 0 {
		bp.Config = dynomad.Config{"CONFIG": ""} // whatever they are, they make the template
	}
	for _, domain := range a.domains {
		bp.Domains = append(bp.Domains, dynomad.Domain{Hostname: domain})
	}
	for _, p := range processes {
		bp.Processes = append(bp.Processes, p)
		if quantity := translator.Settings(p, a.target).Quantity; quantity != nil && p.Scaled() {
			bp.Formation = append(bp.Formation, dynomad.FormationEntry{Type: p.Type, Quantity: *quantity})
		}
	}
	return bp
}

// verify translates the whole app and holds it against the job, so that a difference is told and not deployed.
func (a *adoption) verify() {
	bundle, problems := a.translate(a.processes...)
	if err := problems.Err(); err != nil {
		a.problems = append(a.problems, problems...)
		return
	}
	got, err := plain(bundle.Jobs[0])
	if err != nil || len(bundle.Jobs) != 1 || len(got.TaskGroups) != len(a.want.TaskGroups) {
		a.fail("this is a mistake of Dynomad's", "the job cannot be made again: %v", errors.Join(err))
		return
	}
	const hint = "this is a mistake of Dynomad's; leave what it names out and adopt again"
	if left := translator.DiffJob(got, a.want); left != nil {
		a.fail(hint, "the job cannot be made again: it would lack %s", left)
	}
	for i, group := range got.TaskGroups {
		if left := a.difference(group, a.want.TaskGroups[i]); left != nil || *group.Count != *a.want.TaskGroups[i].Count {
			a.fail(hint, "the group %q cannot be made again: it would lack %s", *a.want.TaskGroups[i].Name, left)
		}
	}
}

func (a *adoption) difference(base, want *api.TaskGroup) []byte {
	return translator.DiffGroup(base, want, translator.Task(release), translator.Service(a.app, a.typeOf(want)))
}

// findDomains are the host names of an ejected job's routes, beside the app's own.
func (a *adoption) findDomains() {
	own := string(a.app) + "." + a.target.Domain
	hosts := map[string]bool{}
	for _, group := range a.want.TaskGroups {
		for _, s := range group.Services {
			for _, tag := range s.Tags {
				if host, _, ok := routeOf(tag); ok {
					hosts[host] = true
				}
			}
		}
	}
	if !hosts[own] {
		return // its routes are somebody else's idea
	}
	delete(hosts, own)
	a.domains = slices.Sorted(maps.Keys(hosts))
}

// routeOf reads a tag of Fabio's as we write it: its host without the port, and the route.
func routeOf(tag string) (host string, route dynomad.Route, ok bool) {
	rest, found := strings.CutPrefix(tag, "urlprefix-")
	address, path, slash := strings.Cut(rest, "/")
	path, option, _ := strings.Cut("/"+path, " ")
	host, _, _ = strings.Cut(address, ":")
	route = dynomad.Route{Path: path}
	if option != "" {
		route.Strip = new(true)
	}
	return host, route, found && slash && cmp.Or(option, "strip="+path) == "strip="+path
}

// Driver is the driver for whose cluster a job is best adopted: that of its first group's main task where dynos can run under
// it. An overlay names any other.
func Driver(job *api.Job) string {
	for _, group := range job.TaskGroups {
		if group == nil {
			continue
		}
		for _, task := range group.Tasks {
			if task != nil && slices.Contains([]string{"docker", "exec", "raw_exec"}, task.Driver) {
				return task.Driver
			}
		}
	}
	return "raw_exec"
}
