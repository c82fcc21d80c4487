package translator

import (
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/nomad/api"
)

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
