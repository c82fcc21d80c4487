package translator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
)

// A raw overlay may say everything that Nomad understands, and some of that reaches beyond the dyno: onto the machine, to
// other apps, to the edge. That much is the operator's to allow. It is judged by what the overlay has made and not by what
// it says, so that no spelling of it gets past: whatever differs from what the settings made has to be known as such.

// contained are the keys of a driver's configuration that stay within the task. Whatever is not here is the operator's: a
// key that a newer driver understands must not be free because nobody has thought about it yet. Not here are, among others:
// load (it may replace another app's image), logging (the machine's daemon then speaks to anybody), and every kind of mount:
// the machine resolves its source, and a task can have put a link there.
var contained = map[string][]string{
	docker: {
		"args", "auth", "auth_soft_fail", "command", "cpu_hard_limit", "dns_options", "dns_search_domains", "dns_servers", "entrypoint",
		"extra_hosts", "force_pull", "healthchecks", "hostname", "image", "image_pull_timeout", "init", "interactive", "labels",
		"network_aliases", "ports", "readonly_rootfs", "shm_size", "tty", "work_dir",
	},
	"podman": {
		"args", "auth", "auth_soft_fail", "command", "dns", "entrypoint", "extra_hosts", "force_pull", "hostname", "image",
		"image_pull_timeout", "init", "labels", "ports", "readonly_rootfs", "shm_size", "tmpfs", "tty", "working_dir",
	},
	isolate: {"args", "command", "work_dir"},
	rawExec: {"args", "command", "work_dir"},
	"java":  {"args", "class", "class_path", "jar_path", "jvm_options", "work_dir"},
	"":      {"args", "command", "image"}, // any other
}

// safeValues are the values of other keys that are harmless all the same.
var safeValues = map[string][]string{
	"network_mode": {"bridge", "none"},
	"ipc_mode":     {"private", "none"},
	"pid_mode":     {"private"},
}

// view is an overlay as its author wrote it, to say which of its settings is to blame.
type view struct {
	main, own string
	layers    []any
	setting   []string
}

// permitted keeps a problem for everything in which after differs from before and that the operator does not allow.
func (r *resolver) permitted(before, after *api.TaskGroup, v view) {
	j := judge{resolver: r, view: v, allow: r.target.Allow}
	for _, name := range slices.Sorted(maps.Keys(after.Volumes)) {
		j.volume(before.Volumes[name], after.Volumes[name], "volume", name)
	}
	j.identity(before.Consul, after.Consul, "consul")
	j.networks(before.Networks, after.Networks, "network")
	j.services(before.Services, after.Services, before.Services, "")
	main := named(before.Tasks, v.main)
	for _, task := range after.Tasks {
		base, ours := named(before.Tasks, task.Name), true
		if base == nil {
			base, ours = &api.Task{}, false
		}
		if ours && same(base, task) {
			continue
		}
		j.task(main, base, task, before.Services, ours)
	}
}

// permittedJob is permitted for a job without its groups.
func (r *resolver) permittedJob(before, after *api.Job, setting []string) {
	j := judge{resolver: r, view: view{setting: setting}, allow: r.target.Allow}
	if pool := value(after.NodePool); pool != value(before.NodePool) && !allowed(j.allow.NodePools, pool) {
		j.deny("node_pools", pool, "node_pool")
	}
	if value(after.Region) != value(before.Region) {
		j.privileged("region")
	}
	if after.Multiregion != nil {
		j.privileged("multiregion")
	}
}

func named(tasks []*api.Task, name string) *api.Task {
	for _, t := range tasks {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// allowed says whether a list of the operator's has a name; "*" is any.
func allowed(list []string, name string) bool {
	return slices.Contains(list, "*") || name != "" && slices.Contains(list, name)
}

// judge looks at what an overlay has made.
type judge struct {
	resolver *resolver
	view     view
	allow    Allow
}

// deny keeps a problem that the operator can solve by one more name in a list of allow.hcl.
func (j *judge) deny(list, name string, at ...string) {
	if name == "" || strings.Contains(name, "${") {
		name = "*"
	}
	j.refuse(ask(fmt.Sprintf("%s = [%q]", list, name)), at)
}

// ask is the mend of whatever the operator may allow.
func ask(what string) string {
	return "ask the operator to say allow { " + what + " } in templates/process/allow.hcl"
}

func (j *judge) privileged(at ...string) {
	if !j.allow.Privileged {
		j.refuse(ask("privileged = true"), at)
	}
}

func (j *judge) refuse(hint string, at []string) {
	setting := slices.Concat(j.view.setting, at)
	j.resolver.problems = append(j.resolver.problems, dynomad.Problem{
		Message: whose(setting) + " only the operator may allow", Hint: hint, Setting: setting,
	})
}

// identity judges what gives a task a token.
func (j *judge) identity(before, after any, at ...string) {
	if !same(before, after) && !same(after, nil) && !j.allow.Identities {
		j.refuse(ask("identities = true"), at)
	}
}

// same compares as JSON, where nothing, null, an empty list and an empty object are alike.
func same(a, b any) bool {
	return bytes.Equal(plain(a), plain(b))
}

func plain(v any) []byte {
	text, err := json.Marshal(v)
	if s := string(text); err != nil || s == "[]" || s == "{}" {
		return []byte("null")
	}
	return text
}

func (j *judge) volume(before, after *api.VolumeRequest, at ...string) {
	if after == nil || after.Type == api.CSIVolumeTypeCSI || same(before, after) || allowed(j.allow.HostVolumes, after.Source) {
		return
	}
	j.deny("host_volumes", after.Source, at...)
}

// networks judges by their modes: one of a CNI plugin's may lead anywhere.
func (j *judge) networks(before, after []*api.NetworkResource, at ...string) {
	for i, n := range after {
		mode := ""
		if i < len(before) {
			mode = before[i].Mode
		}
		if n.Mode != mode && !slices.Contains([]string{"", "host", "bridge", "none"}, n.Mode) {
			j.privileged(slices.Concat(at, []string{strconv.Itoa(i), "mode"})...)
		}
	}
}

// task judges a task; ours says whether the settings have made it, and main is the process's own one.
func (j *judge) task(main, base, task *api.Task, routed []*api.Service, ours bool) {
	at := []string{"task"}
	if task.Name != j.view.main {
		at = append(at, task.Name)
	}
	in := func(names ...string) []string { return slices.Concat(at, names) }
	known := []string{j.resolver.target.Driver, base.Driver}
	if main != nil {
		known = append(known, main.Driver)
	}
	if !slices.Contains(known, task.Driver) && !allowed(j.allow.Drivers, task.Driver) {
		j.deny("drivers", task.Driver, in("driver")...)
	}
	// A further task of no user runs as its driver's or its image's, and so may it as the process's.
	usual := task.User == base.User || !ours && (task.User == "" || main != nil && task.User == main.User)
	if !usual && !allowed(j.allow.Users, task.User) {
		j.deny("users", task.User, in("user")...)
	}
	j.config(base, task, in("config"))
	j.identity(base.Identity, task.Identity, in("identity")...)
	j.identity(base.Identities, task.Identities, in("identity")...)
	j.identity(base.Vault, task.Vault, in("vault")...)
	j.identity(base.Consul, task.Consul, in("consul")...)
	j.identity(base.Secrets, task.Secrets, in("secret")...)
	j.identity(base.Kind, task.Kind, in("kind")...)
	if task.CSIPluginConfig != nil {
		j.privileged(in("csi_plugin")...)
	}
	if task.Resources != nil {
		j.networks(nil, task.Resources.Networks, in("resources", "network")...)
	}
	for _, mount := range task.VolumeMounts {
		if mode := value(mount.PropagationMode); mode != "" && mode != api.VolumeMountPropagationPrivate {
			j.privileged(j.nth(in("volume_mount"), task.Name, "VolumeMounts", "Destination", value(mount.Destination), "propagation_mode")...)
		}
	}
	j.files(base, task, in)
	j.services(base.Services, task.Services, routed, task.Name, at...)
}

// config judges a driver's configuration.
func (j *judge) config(base, task *api.Task, at []string) {
	before := base.Config
	if base.Driver != task.Driver {
		before = nil
	}
	keys, known := contained[task.Driver]
	if !known {
		keys = contained[""]
	}
	names := maps.Clone(before)
	if names == nil {
		names = map[string]any{}
	}
	maps.Copy(names, task.Config)
	for _, key := range slices.Sorted(maps.Keys(names)) {
		now := task.Config[key]
		text, _ := now.(string)
		switch {
		case same(before[key], now), slices.Contains(keys, key), slices.Contains(safeValues[key], text):
		case key == "cap_drop" && drops(now, before[key]):
		default:
			j.privileged(slices.Concat(at, []string{key})...)
		}
	}
	// Nomad's chroot is made of hard links to the machine's own files, and a task that keeps its capabilities may write them.
	chroot := task.Driver == isolate || task.Driver == "java"
	if chroot && names["cap_drop"] == nil {
		if !j.allow.Privileged {
			j.refuse(`say cap_drop = ["all"] in its config, or `+ask("privileged = true"), slices.Concat(at, []string{"cap_drop"}))
		}
	}
}

// drops says whether now takes at least those Linux capabilities from a task that before took.
func drops(now, before any) bool {
	list := func(v any) []string {
		var out []string
		text, err := json.Marshal(v)
		if err != nil || json.Unmarshal(text, &out) != nil {
			return nil
		}
		for i := range out {
			out[i] = strings.TrimPrefix(strings.ToLower(out[i]), "cap_")
		}
		return out
	}
	got := list(now)
	if slices.Contains(got, "all") {
		return true
	}
	for _, capability := range list(before) {
		if !slices.Contains(got, capability) {
			return false
		}
	}
	return len(got) > 0
}

// files judges where templates and artifacts are written to, and templates read from: not in another task's folder, which
// holds what only that one may know.
func (j *judge) files(base, task *api.Task, in func(...string) []string) {
	for _, file := range task.Templates {
		if slices.ContainsFunc(base.Templates, func(t *api.Template) bool { return same(t, file) }) {
			continue
		}
		at := func(name string) []string {
			return j.nth(in("template"), task.Name, "Templates", "DestPath", value(file.DestPath), name)
		}
		if strays(value(file.DestPath)) {
			j.privileged(at("destination")...)
		}
		if strays(value(file.SourcePath)) {
			j.privileged(at("source")...)
		}
	}
	for _, a := range task.Artifacts {
		if !slices.ContainsFunc(base.Artifacts, func(t *api.TaskArtifact) bool { return same(t, a) }) && strays(value(a.RelativeDest)) {
			j.privileged(j.nth(in("artifact"), task.Name, "Artifacts", "RelativeDest", value(a.RelativeDest), "destination")...)
		}
	}
}

// strays says whether a path may lead out of a task's folder. Of what a client would replace in it only the task's own
// folders are known to stay there.
func strays(file string) bool {
	for _, own := range []string{"TASK", "SECRETS", "ALLOC"} {
		if rest, ok := strings.CutPrefix(file, "${NOMAD_"+own+"_DIR}"); ok {
			file = "/local" + rest
		}
	}
	if strings.Contains(file, "${") || slices.Contains(strings.Split(file, "/"), "..") {
		return true
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(path.Clean(file), "/"), "/")
	return strings.HasPrefix(file, "/") && !slices.Contains([]string{"local", "secrets", "alloc", "tmp"}, first)
}

// nth is the setting of an element of a list that has no label: its place in the last layer that speaks of it.
func (j *judge) nth(at []string, task, list, key, name string, rest ...string) []string {
	for _, layer := range slices.Backward(j.view.layers) {
		object, _ := layer.(map[string]any)
		if task != "" {
			object = elementOf(object["Tasks"], task, j.view.main)
		}
		elements, _ := object[list].([]any)
		if len(elements) > 0 && elements[0] == nil {
			elements = elements[1:]
		}
		own := ""
		if list == "Services" && task == "" {
			own = j.view.own
		}
		for i, e := range elements {
			if found := identityOf(e, key); found == name || found == "" && name == own {
				return slices.Concat(at, []string{strconv.Itoa(i)}, rest)
			}
		}
	}
	return at
}

func elementOf(list any, name, unnamed string) map[string]any {
	elements, _ := list.([]any)
	for _, e := range elements {
		if found := identityOf(e, "Name"); found == name || found == "" && name == unnamed {
			object, _ := e.(map[string]any)
			return object
		}
	}
	return nil
}
