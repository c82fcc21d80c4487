package adopt

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad/hcl"
	"github.com/dynomad/dynomad/translator"
)

// Eject is a job of Dynomad's as a job file that runs without Dynomad. The log sidecar is gone, routes stay as Fabio's tags,
// and a comment at the top says what else has to be there: it names the config vars and never their values. Variables are
// those that the job reads, as far as they are known.
func Eject(job *api.Job, variables []translator.Variable) ([]byte, error) {
	out, err := ejected(job)
	if err != nil {
		return nil, err
	}
	return append(needs(out, variables), hcl.FormatJob(out)...), nil
}

// ejected is a copy of a job without its log sidecars. One that Nomad has answered is said without what Nomad fills in.
func ejected(job *api.Job) (*api.Job, error) {
	out := *job
	if job.JobModifyIndex != nil && *job.JobModifyIndex > 0 {
		settled, err := plain(job)
		if err != nil {
			return nil, err
		}
		out = *settled
		out.Region = nil
		if *out.Namespace == api.DefaultNamespace {
			out.Namespace = nil
		}
	}
	groups := out.TaskGroups
	out.TaskGroups = make([]*api.TaskGroup, len(groups))
	for i, group := range groups {
		g := *group
		g.Tasks = slices.DeleteFunc(slices.Clone(g.Tasks), func(t *api.Task) bool { return t.Name == translator.SidecarTask })
		out.TaskGroups[i] = &g
	}
	return &out, nil
}

// needs is the comment at the top of an ejected job.
func needs(job *api.Job, variables []translator.Variable) []byte {
	var out bytes.Buffer
	say := func(format string, args ...any) { fmt.Fprintf(&out, strings.TrimRight("# "+format, " ")+"\n", args...) }
	say("Made by `dynomad eject`. `nomad job run FILE` starts it; Dynomad is not needed. What it needs:")
	n := inventory(job)
	say("")
	say("- machines with the driver %s", strings.Join(sorted(n.drivers), ", "))
	for _, user := range sorted(n.users) {
		say("- the user %q on each machine", user)
	}
	if len(n.volumes) > 0 {
		say("- on each machine the host volumes %s, for example: client { host_volume %q { path = %q read_only = true } }",
			strings.Join(sorted(n.volumes), ", "), sorted(n.volumes)[0], "/"+sorted(n.volumes)[0])
	}
	for _, source := range sorted(n.sources) {
		say("- the program, which is fetched from %s whenever a dyno starts", source)
	}
	if len(n.routes) > 0 {
		say("- Fabio, which reads the routes from Consul: %s", strings.Join(sorted(n.routes), ", "))
	}
	known := map[string][]string{}
	for _, v := range variables {
		known[v.Path] = slices.Sorted(maps.Keys(v.Items))
	}
	for _, path := range sorted(n.variables) {
		names := "NAME=VALUE ..."
		if len(known[path]) > 0 {
			names = strings.Join(known[path], "=... ") + "=..."
		}
		say("- the config vars, written before: nomad var put %s %s", path, names)
	}
	out.WriteByte('\n')
	return out.Bytes()
}

type names map[string]bool

func sorted(n names) []string { return slices.Sorted(maps.Keys(n)) }

// stock is what a job uses and does not bring.
type stock struct{ drivers, users, volumes, sources, routes, variables names }

func inventory(job *api.Job) stock {
	n := stock{names{}, names{}, names{}, names{}, names{}, names{}}
	for _, group := range job.TaskGroups {
		for _, v := range group.Volumes {
			if v != nil && v.Type == api.CSIVolumeTypeHost {
				n.volumes[v.Source] = true
			}
		}
		for _, s := range group.Services {
			for _, tag := range s.Tags {
				if route, ok := strings.CutPrefix(tag, "urlprefix-"); ok {
					n.routes[route] = true
				}
			}
		}
		for _, task := range group.Tasks {
			n.of(task, *job.ID, *group.Name)
		}
	}
	return n
}

func (n stock) of(task *api.Task, job, group string) {
	n.drivers[task.Driver] = true
	if task.User != "" && task.Driver != "docker" {
		n.users[task.User] = true
	}
	for _, a := range task.Artifacts {
		if a.GetterSource != nil {
			n.sources[*a.GetterSource] = true
		}
	}
	path := "nomad/jobs/" + job + "/" + group + "/" + task.Name
	for _, file := range task.Templates {
		if file.EmbeddedTmpl != nil && strings.Contains(*file.EmbeddedTmpl, `"`+path+`"`) {
			n.variables[path] = true
		}
	}
}
