package translator

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/nomad/api"
)

// Each patch has the settings that only the operator may allow, and what the operator has to say for them.
func TestWhatTheOperatorHasToAllow(t *testing.T) {
	for _, c := range []struct {
		patch string
		want  []string
		allow Allow
	}{
		{patch: `{"Constraints": [{"Operand": "distinct_hosts"}], "Migrate": {}, "EphemeralDisk": {"SizeMB": 1}, "Meta": {"a": "b"}}`},
		{patch: `{"Tasks": [{"Env": {"A": "B"}, "Resources": {"Devices": [{"Name": "nvidia/gpu"}]}, "Templates": [{"DestPath": "local/x"}, {"DestPath": "${NOMAD_SECRETS_DIR}/x"}, {"DestPath": "/secrets/x"}]}]}`},
		{patch: `{"Tasks": [{"Config": {"command": "/bin/x", "args": []}}, {"Name": "cache", "Config": {"command": "redis", "cap_drop": ["ALL"]}, "User": "nobody"}]}`},
		{patch: `{"Services": [{"Name": "db", "PortLabel": "http", "Tags": ["a", "v-${NOMAD_META_x}"]}, {"Name": "admin", "Tags": ["urlprefix-hello/"]}]}`},
		{patch: `{"Volumes": {"data": {"Name": "data", "Type": "csi", "Source": "data"}}}`},

		{`{"Tasks": [{"Driver": "raw_exec"}]}`, []string{"task.driver"}, Allow{Drivers: []string{"raw_exec"}}},
		{`{"Tasks": [{"Name": "x", "Driver": "docker", "Config": {"image": "redis"}}]}`, []string{"task.x.driver"}, Allow{Drivers: []string{"docker"}}},
		{`{"Tasks": [{"Name": "x", "Driver": "new", "Config": {"image": "redis", "hole": true}}]}`, []string{"task.x.driver", "task.x.config.hole"}, Allow{Drivers: []string{"*"}, Privileged: true}},
		{`{"Tasks": [{"User": "root"}]}`, []string{"task.user"}, Allow{Users: []string{"root"}}},
		{`{"Tasks": [{"User": null}]}`, []string{"task.user"}, Allow{Users: []string{"*"}}},
		{`{"Tasks": [{"Name": "x", "User": "root", "Config": {"cap_drop": ["all"]}}]}`, []string{"task.x.user"}, Allow{Users: []string{"*"}}},
		{`{"Tasks": [{"Config": {"cap_drop": null}}]}`, []string{"task.config.cap_drop"}, Allow{Privileged: true}},
		{`{"Tasks": [{"Config": {"cap_drop": ["net_raw"]}}]}`, []string{"task.config.cap_drop"}, Allow{Privileged: true}},
		{`{"Tasks": [{"Config": null}]}`, []string{"task.config.cap_drop"}, Allow{Privileged: true}},
		{`{"Tasks": [{"Name": "x", "Config": {"command": "y"}}]}`, []string{"task.x.config.cap_drop"}, Allow{Privileged: true}},
		{`{"Tasks": [{"Config": {"cap_add": ["sys_admin"], "pid_mode": "host", "ipc_mode": "private"}}]}`, []string{"task.config.cap_add", "task.config.pid_mode"}, Allow{Privileged: true}},
		{`{"Tasks": [{"CSIPluginConfig": {"ID": "x"}}]}`, []string{"task.csi_plugin"}, Allow{Privileged: true}},
		{`{"Tasks": [{"VolumeMounts": [{"Volume": "usr", "Destination": "/x"}, {"Volume": "usr", "Destination": "/y", "PropagationMode": "bidirectional"}]}]}`, []string{"task.volume_mount.1.propagation_mode"}, Allow{Privileged: true}},
		{`{"Tasks": [{"Templates": [null, {"DestPath": "../agent/local/dynomad-agent"}]}]}`, []string{"task.template.0.destination"}, Allow{Privileged: true}},
		{`{"Tasks": [{"Templates": [{"DestPath": "local/a"}, {"DestPath": "${X}/y"}]}]}`, []string{"task.template.1.destination"}, Allow{Privileged: true}},
		{`{"Tasks": [{"Templates": [{"DestPath": "local/a", "SourcePath": "${NOMAD_TASK_DIR}/../../agent/secrets/nomad_logplex.jwt"}]}]}`, []string{"task.template.0.source"}, Allow{Privileged: true}},
		{`{"Tasks": [{"Artifacts": [{"GetterSource": "x", "RelativeDest": "/etc/cron.d"}, {"GetterSource": "x", "RelativeDest": "local/../../other"}]}]}`, []string{"task.artifact.0.destination", "task.artifact.1.destination"}, Allow{Privileged: true}},
		{`{"Networks": [{"Mode": "bridge"}]}`, nil, Allow{}},
		{`{"Networks": [{"Mode": "cni/admin"}]}`, []string{"network.0.mode"}, Allow{Privileged: true}},
		{`{"Volumes": {"data": {"Name": "data", "Type": "host", "Source": "disk"}}}`, []string{"volume.data"}, Allow{HostVolumes: []string{"disk"}}},
		{`{"Volumes": {"usr": {"ReadOnly": false}}}`, []string{"volume.usr"}, Allow{HostVolumes: []string{"usr"}}},
		{`{"Volumes": {"data": {"Source": "disk"}}}`, []string{"volume.data"}, Allow{HostVolumes: []string{"*"}}},
		{
			`{"Consul": {"Namespace": "x"}, "Tasks": [{"Vault": {}, "Identity": {"Env": true}, "Identities": [{"Name": "x"}], "Kind": "connect-native:x", "Secrets": [{"Name": "s"}]}]}`,
			[]string{"consul", "task.identity", "task.identity", "task.vault", "task.secret", "task.kind"},
			Allow{Identities: true},
		},
		{`{"Services": [{"Identity": {"File": true}, "Connect": {"Native": true}}]}`, []string{"service.0.identity", "service.0.connect.native"}, Allow{Identities: true}},
		{`{"Services": [{"Connect": {"Gateway": {"Mesh": {}}}}, {"Name": "b", "Connect": {"SidecarTask": {"User": "root"}}}]}`, []string{"service.0.connect.gateway", "service.1.connect.sidecar_task"}, Allow{Privileged: true}},
		{`{"Services": [{"Checks": [{"Type": "script", "TaskName": "agent", "Command": "cat"}]}]}`, []string{"service.0.task"}, Allow{Privileged: true}},
		{`{"Services": [{"Name": "x", "Tags": ["a"]}, {"Tags": ["urlprefix-other/"]}]}`, []string{"service.1.tags"}, Allow{Routes: true}},
		{`{"Services": [{"CanaryTags": [" urlprefix-other/"]}]}`, []string{"service.0.canary_tags"}, Allow{Routes: true}},
		{`{"Services": [{"Name": "x", "Tags": ["${X}"]}, {"Name": "y", "Tags": ["url${X}"]}]}`, []string{"service.0.tags", "service.1.tags"}, Allow{Routes: true}},
		{`{"Tasks": [{"Services": [{"Name": "x", "Tags": ["urlprefix-other/"]}]}]}`, []string{"task.service.0.tags"}, Allow{Routes: true}},
		{`{"Services": [{"Address": "169.254.169.254"}]}`, []string{"service.0.address"}, Allow{Routes: true}},
		{`{"Services": [{"Meta": {"app": "other", "x": "y"}}]}`, []string{"service.0.meta.app"}, Allow{Routes: true}},
	} {
		for _, allow := range []Allow{{}, c.allow} {
			r := resolver{target: &Target{Driver: "exec", Allow: allow}}
			group := webGroup()
			group.Services[0].Meta = map[string]string{"app": "hello"}
			r.overlayGroup(group, json.RawMessage(c.patch), "v12", "hello-web", "process", "web", "nomad")
			var got []string
			for _, p := range r.problems {
				got = append(got, strings.TrimPrefix(strings.Join(p.Setting, "."), "process.web.nomad."))
			}
			if allowed := !cmp.Equal(allow, Allow{}); allowed && got != nil {
				t.Errorf("%s: %v although allowed", c.patch, r.problems)
			} else if !allowed && !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v", c.patch, got, c.want)
			}
		}
	}
}

// Containers are judged by a list of what is harmless: a key that nobody has thought of is the operator's.
func TestWhatReachesOutOfAContainer(t *testing.T) {
	for config, want := range map[string]string{
		`{"image": "redis", "ports": ["http"], "entrypoint": ["x"], "network_mode": "bridge", "cap_drop": ["all", "net_raw"]}`: "",
		`{"privileged": true}`:              "privileged",
		`{"Privileged": true}`:              "Privileged",
		`{"network_mode": "host"}`:          "network_mode",
		`{"network_mode": "container:x"}`:   "network_mode",
		`{"ipc_mode": "${env.X}"}`:          "ipc_mode",
		`{"userns_mode": "host"}`:           "userns_mode",
		`{"uts_mode": "host"}`:              "uts_mode",
		`{"volumes": ["/:/host"]}`:          "volumes",
		`{"volumes": ["local/link:/host"]}`: "volumes",
		`{"mount": [{"type": "bind"}]}`:     "mount",
		`{"mounts": [{"type": "volume"}]}`:  "mounts",
		`{"devices": [{"host_path": "/"}]}`: "devices",
		`{"cap_add": ["all"]}`:              "cap_add",
		`{"security_opt": ["x"]}`:           "security_opt",
		`{"sysctl": {"a": "b"}}`:            "sysctl",
		`{"ulimit": {"nofile": "9"}}`:       "ulimit",
		`{"runtime": "runc"}`:               "runtime",
		`{"load": "image.tar"}`:             "load",
		`{"logging": {"type": "syslog"}}`:   "logging",
		`{"group_add": ["docker"]}`:         "group_add",
		`{"oom_score_adj": -1000}`:          "oom_score_adj",
		`{"memory_hard_limit": 99999}`:      "memory_hard_limit",
		`{"cap_drop": []}`:                  "cap_drop",
		`{"cap_drop": ["net_raw"]}`:         "cap_drop",
	} {
		group := &api.TaskGroup{Tasks: []*api.Task{{Name: "v12", Driver: "docker", Config: map[string]any{"image": "stack", "cap_drop": []string{"chown", "net_raw"}}}}}
		r := resolver{target: &Target{Driver: "docker"}}
		r.overlayGroup(group, json.RawMessage(`{"Tasks": [{"Config": `+config+`}]}`), "v12", "hello-web", "process", "web", "nomad")
		got := ""
		for _, p := range r.problems {
			got += p.Setting[len(p.Setting)-1]
		}
		if got != want {
			t.Errorf("%s: %q, want %q", config, got, want)
		}
	}
}

func TestWhatTheOperatorHasToAllowOfAJob(t *testing.T) {
	patch := json.RawMessage(`{"NodePool": "gpu", "Region": "eu", "Priority": 70}`)
	r := resolver{target: &Target{}}
	r.overlayJob(&api.Job{}, patch, "nomad")
	want := `the app has nomad.node_pool, which only the operator may allow (ask the operator to say allow { node_pools = ["gpu"] } in templates/process/allow.hcl)
the app has nomad.region, which only the operator may allow (ask the operator to say allow { privileged = true } in templates/process/allow.hcl)`
	if err := r.problems.Err(); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	r = resolver{target: &Target{Allow: Allow{NodePools: []string{"gpu"}, Privileged: true}}}
	r.overlayJob(&api.Job{}, patch, "nomad")
	if len(r.problems) > 0 {
		t.Error(r.problems)
	}
}

// What an overlay says about a setting is one sentence that names it, and the setting itself is known by its place.
func TestProblemOfAnOverlay(t *testing.T) {
	r := resolver{target: &Target{Driver: "exec"}}
	r.overlayGroup(webGroup(), json.RawMessage(`{"Tasks": [{"Name": "v7"}]}`), "v12", "hello-web", "process", "web", "nomad")
	r.overlayGroup(webGroup(), json.RawMessage(`{"Tasks": [{"User": "root"}]}`), "v12", "hello-web", "process", "web", "nomad")
	want := `process "web" has nomad.task.v7, which has a name that only Dynomad gives (leave the name away for the main task, or choose another for a further one)
process "web" has nomad.task.user, which only the operator may allow (ask the operator to say allow { users = ["root"] } in templates/process/allow.hcl)`
	if got := r.problems.Err().Error(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
