package adopt

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
)

// plain is a copy of a job in which everything is said that Nomad would fill in, and nothing that it adds by itself when a job
// is registered. Two jobs that are the same to Nomad are the same in this form.
func plain(job *api.Job) (*api.Job, error) {
	text, err := json.Marshal(job)
	if err != nil {
		return nil, fmt.Errorf("reading the job: %w", err)
	}
	var tree any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&tree); err != nil {
		return nil, fmt.Errorf("reading the job: %w", err)
	}
	if text, err = json.Marshal(withoutNulls(tree)); err != nil {
		return nil, fmt.Errorf("reading the job: %w", err)
	}
	out := new(api.Job)
	if err := json.Unmarshal(text, out); err != nil {
		return nil, fmt.Errorf("reading the job: %w", err)
	}
	out.Canonicalize()
	settle(out)
	for _, group := range out.TaskGroups {
		settleGroup(group)
	}
	slices.SortStableFunc(out.TaskGroups, func(a, b *api.TaskGroup) int { return strings.Compare(*a.Name, *b.Name) })
	return out, nil
}

// withoutNulls takes what is null out of lists: a job that somebody wrote as JSON may have any, and Nomad's own code trips
// over them.
func withoutNulls(v any) any {
	switch v := v.(type) {
	case []any:
		out := []any{}
		for _, e := range v {
			if e != nil {
				out = append(out, withoutNulls(e))
			}
		}
		return out
	case map[string]any:
		for key := range v {
			v[key] = withoutNulls(v[key])
		}
	}
	return v
}

// settle says one thing in one way.
func settle(job *api.Job) {
	if len(job.Datacenters) == 0 {
		job.Datacenters = []string{"*"}
	}
	if job.NodePool != nil && (*job.NodePool == "" || *job.NodePool == "default") {
		job.NodePool = nil
	}
	if *job.Priority == 0 {
		job.Priority = new(api.JobDefaultPriority)
	}
	if u := job.Update; u != nil && value(u.HealthCheck) == "" && value(u.ProgressDeadline) == 0 {
		job.Update = api.DefaultUpdateStrategy() // what a server leaves of it, once each group has its own
	}
	if p := job.Periodic; p != nil && len(p.Specs) == 0 && p.Spec != nil && *p.Spec != "" {
		p.Spec, p.Specs = new(""), []string{*p.Spec}
	}
}

func value[T any](pointer *T) T {
	if pointer == nil {
		return *new(T)
	}
	return *pointer
}

func settleGroup(group *api.TaskGroup) {
	unsay(group)
	group.Constraints = slices.DeleteFunc(group.Constraints, implied)
	group.Tasks = slices.DeleteFunc(group.Tasks, injected)
	for _, n := range group.Networks {
		for _, ports := range []*[]api.Port{&n.DynamicPorts, &n.ReservedPorts} {
			*ports = slices.DeleteFunc(*ports, func(p api.Port) bool { return strings.HasPrefix(p.Label, "connect-proxy-") })
			for i := range *ports {
				unsay(&(*ports)[i])
			}
		}
	}
	for _, s := range group.Services {
		settleService(s)
	}
	for _, v := range group.Volumes {
		if v != nil && v.Type == "" {
			v.Type = api.CSIVolumeTypeHost
		}
	}
	for _, task := range group.Tasks {
		if reflect.DeepEqual(task.RestartPolicy, group.RestartPolicy) {
			task.RestartPolicy = nil // it would have the group's anyway
		}
		if task.Identity != nil && !task.Identity.Env && !task.Identity.File {
			task.Identity = nil // every task has one, which only Nomad itself sees
		}
		for _, s := range task.Services {
			settleService(s)
			if s.TaskName == task.Name {
				s.TaskName = ""
			}
		}
		settleTask(task)
	}
}

func settleTask(task *api.Task) {
	if reflect.DeepEqual(task.LogConfig, api.DefaultLogConfig()) {
		task.LogConfig = nil
	}
	unsay(task.Resources)
	for _, v := range task.Templates {
		unsay(v)
	}
	for _, v := range task.Artifacts {
		unsay(v)
	}
	for _, v := range task.VolumeMounts {
		unsay(v)
	}
	if task.Vault != nil {
		unsay(task.Vault)
	}
}

func settleService(s *api.Service) {
	if c := s.Connect; c != nil && c.SidecarService != nil && c.SidecarService.Proxy != nil {
		proxy := c.SidecarService.Proxy
		if proxy.Expose == nil {
			proxy.Expose = proxy.ExposeConfig
		}
		proxy.ExposeConfig = nil // its old name
	}
	for i := range s.Checks {
		c := &s.Checks[i]
		if c.Name == fmt.Sprintf("service: %q check", s.Name) {
			c.Name = ""
		}
		if c.OnUpdate == s.OnUpdate {
			c.OnUpdate = "" // it would have its service's anyway
		}
	}
	unsay(s)
}

// usual is what Nomad fills in where a job does not say it.
var usual = map[reflect.Type]map[string]any{
	reflect.TypeFor[api.TaskGroup]():    {"PreventRescheduleOnLost": false},
	reflect.TypeFor[api.Resources]():    {"MemoryMaxMB": 0, "Cores": 0, "DiskMB": 0, "SecretsMB": 0, "IOPS": 0},
	reflect.TypeFor[api.Port]():         {"HostNetwork": "default"},
	reflect.TypeFor[api.Service]():      {"AddressMode": "auto", "OnUpdate": api.OnUpdateRequireHealthy, "Cluster": "default", "Provider": api.ServiceProviderConsul},
	reflect.TypeFor[api.TaskArtifact](): {"GetterMode": "any", "GetterInsecure": false},
	reflect.TypeFor[api.VolumeMount]():  {"ReadOnly": false, "PropagationMode": api.VolumeMountPropagationPrivate, "SELinuxLabel": ""},
	reflect.TypeFor[api.Template](): {
		"SourcePath": "", "ChangeMode": "restart", "ChangeSignal": "", "Once": false, "Splay": 5 * time.Second, "Perms": "0644",
		"LeftDelim": "{{", "RightDelim": "}}", "Envvars": false, "ErrMissingKey": false, "VaultGrace": time.Duration(0),
	},
	reflect.TypeFor[api.Vault](): {
		"Namespace": "", "Cluster": "default", "Env": true, "DisableFile": false, "ChangeMode": "restart", "ChangeSignal": "SIGHUP",
		"AllowTokenExpiration": false,
	},
}

// unsay takes out of a struct what Nomad would fill in.
func unsay(pointer any) {
	v := reflect.ValueOf(pointer).Elem()
	for name, said := range usual[v.Type()] {
		if field := v.FieldByName(name); !field.IsZero() && reflect.Indirect(field).Interface() == said {
			field.SetZero()
		}
	}
}

// implied says whether Nomad has added a constraint for what a group uses.
func implied(c *api.Constraint) bool {
	switch c.LTarget {
	case "${attr.vault.version}", "${attr.consul.version}", "${attr.nomad.version}":
		return c.Operand == api.ConstraintSemver
	case "${attr.os.signals}":
		return c.Operand == api.ConstraintSetContains
	case "${attr.nomad.service_discovery}", "${attr.nomad.bridge.hairpin_mode}":
		return c.RTarget == "true"
	}
	return strings.HasPrefix(c.LTarget, "${attr.plugins.cni.version.") && c.Operand == api.ConstraintSemver
}

// injected says whether a task is a proxy that Nomad has put beside a service in Consul's mesh.
func injected(t *api.Task) bool {
	kind, _, _ := strings.Cut(t.Kind, ":")
	return strings.HasPrefix(kind, "connect-") && strings.HasPrefix(t.Name, kind+"-")
}

// mainOf is the task that a group's process is: its leader, or the only one that neither runs before nor after the others.
func mainOf(group *api.TaskGroup) (*api.Task, error) {
	var leaders, plain []*api.Task
	for _, task := range group.Tasks {
		if task.Leader {
			leaders = append(leaders, task)
		}
		if task.Lifecycle == nil {
			plain = append(plain, task)
		}
	}
	switch {
	case len(leaders) == 1:
		return leaders[0], nil
	case len(plain) == 1:
		return plain[0], nil
	case len(group.Tasks) == 0:
		return nil, dynomad.Errorf(dynomad.KindInvalid, "has no tasks")
	case len(plain) == 0:
		return nil, dynomad.Errorf(dynomad.KindInvalid, "has no main task").
			WithHint("one task of a group has to have no lifecycle block")
	default:
		return nil, dynomad.Errorf(dynomad.KindInvalid, "has %d tasks of which none is the main one", len(plain)).
			WithHint("say leader = true in one of them, or give each a group of its own")
	}
}
