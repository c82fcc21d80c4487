package translator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
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
