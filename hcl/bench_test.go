package hcl_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad/hcl"
)

// BenchmarkFormatJob is about an app of four process types, each with its log sidecar, as jobs printed a second on one core.
func BenchmarkFormatJob(b *testing.B) {
	job := &api.Job{
		ID: new("hello"), Namespace: new("dynomad"), Type: new("service"), Datacenters: []string{"*"},
		Spreads: []*api.Spread{{Attribute: "${node.unique.id}", Weight: new(int8(100))}}, Meta: map[string]string{"app": "hello", "release": "v12"},
	}
	for i := range 4 {
		job.TaskGroups = append(job.TaskGroups, benchGroup(fmt.Sprintf("type-%d", i)))
	}
	b.Run("plain", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			hcl.FormatJob(job)
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "apps/s")
		b.ReportMetric(float64(len(hcl.FormatJob(job))), "bytes")
	})
	b.Run("commented", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			hcl.FormatJobWith(job, func(string) string { return "of the process template" })
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "apps/s")
	})
}

func benchGroup(name string) *api.TaskGroup {
	volumes, mounts := map[string]*api.VolumeRequest{}, []*api.VolumeMount(nil)
	for _, dir := range []string{"bin", "etc", "lib", "lib64", "usr"} {
		volumes[dir] = &api.VolumeRequest{Name: dir, Type: "host", Source: dir, ReadOnly: true}
		mounts = append(mounts, &api.VolumeMount{Volume: &dir, Destination: new("/" + dir), ReadOnly: new(true)})
	}
	task := func(name string) *api.Task {
		return &api.Task{
			Name: name, Driver: "exec", User: "nobody", KillTimeout: new(30 * time.Second), KillSignal: "SIGTERM",
			Config: map[string]any{"command": "/bin/sh", "args": []string{"local/dyno.sh", "TERM"}, "cap_drop": []string{"all"}},
			Env:    map[string]string{"PORT": "${NOMAD_PORT_http}", "GREETING": "hello"}, Resources: &api.Resources{CPU: new(300), MemoryMB: new(256)},
			Artifacts: []*api.TaskArtifact{{
				GetterSource: new("http://127.0.0.1:5001/blobs/slugs/5f70.tar.gz?op=get&sig=abc"), RelativeDest: new("local/app"), Chown: true,
				GetterOptions: map[string]string{"archive": "tgz", "checksum": "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"},
			}},
			Templates: []*api.Template{
				{DestPath: new("local/dyno.sh"), EmbeddedTmpl: new(benchScript), ChangeMode: new("noop")},
				{DestPath: new("local/command"), EmbeddedTmpl: new(`./server --port "${PORT:-80}"`), ChangeMode: new("noop")},
				{DestPath: new("secrets/config.env"), EmbeddedTmpl: new("{{ range .Tuples }}{{ .K }}={{ .V | toJSON }}\n{{ end }}\n"), ChangeMode: new("noop"), Envvars: new(true)},
			},
			VolumeMounts: mounts,
			Identities:   []*api.WorkloadIdentity{{Name: "logplex", Audience: []string{"dynomad"}, ChangeMode: "noop", File: true, TTL: time.Hour}},
		}
	}
	return &api.TaskGroup{
		Name: &name, Count: new(2), ShutdownDelay: new(3 * time.Second), Volumes: volumes,
		RestartPolicy:    &api.RestartPolicy{Interval: new(time.Minute), Attempts: new(3), Delay: new(2 * time.Second), Mode: new("delay")},
		Disconnect:       &api.DisconnectStrategy{LostAfter: new(10 * time.Minute), Replace: new(true)},
		ReschedulePolicy: &api.ReschedulePolicy{Delay: new(10 * time.Second), DelayFunction: new("exponential"), MaxDelay: new(5 * time.Minute), Unlimited: new(true)},
		Update: &api.UpdateStrategy{
			MaxParallel: new(1), HealthCheck: new("checks"), MinHealthyTime: new(5 * time.Second), HealthyDeadline: new(2 * time.Minute),
			ProgressDeadline: new(3 * time.Minute), Canary: new(2), AutoRevert: new(true), AutoPromote: new(true),
		},
		Networks: []*api.NetworkResource{{DynamicPorts: []api.Port{{Label: "http"}}}},
		Services: []*api.Service{{
			Name: "hello-web", Tags: []string{"urlprefix-hello.example.com/", "urlprefix-*.example.net/"}, CanaryTags: []string{"canary"}, PortLabel: "http", Provider: "consul",
			Checks: []api.ServiceCheck{{Type: "http", Path: "/health", PortLabel: "http", Interval: 2 * time.Second, Timeout: 3 * time.Second}},
			Meta:   map[string]string{"app": "hello", "index": "${NOMAD_ALLOC_INDEX}", "release": "v12", "type": name},
		}},
		Tasks: []*api.Task{task("v12"), task("agent")},
	}
}

const benchScript = `export DYNO="$NOMAD_GROUP_NAME.$((NOMAD_ALLOC_INDEX + 1))" HOME="$NOMAD_TASK_DIR/app"
mkdir -p "$HOME" && cd "$HOME" || exit
trap 'stopping=1; trap "" '"$1"'; kill -s '"$1"' 0' "$1"
/bin/sh -c "$(cat ../command)" 7<&- &
wait $!
status=$?
if [ "$stopping" ]; then
	wait $!
	status=$?
fi
exit $status
`
