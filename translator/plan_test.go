package translator_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/nomad/api"
	"golang.org/x/tools/txtar"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/hcl"
	"github.com/dynomad/dynomad/translator"
)

// Each file in testdata/plan is one answer of a Nomad 1.11.3 to the question what registering a job would do, without its
// empty fields. Its first line says what had been changed. Then come, as sections:
//
//	job.json      of the job, what matters for where it can run
//	answer.json   what Nomad said
//	plan          what we make of it, rewritten by -update
func TestPlan(t *testing.T) {
	files, err := filepath.Glob("testdata/plan/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var job api.Job
			var answer api.JobPlanResponse
			parts := map[string]any{"job.json": &job, "answer.json": &answer}
			var kept []txtar.File
			for _, part := range archive.Files {
				if to := parts[part.Name]; to != nil {
					if err := json.Unmarshal(part.Data, to); err != nil {
						t.Fatalf("%s: %v", part.Name, err)
					}
					kept = append(kept, part)
				}
			}
			holes := []translator.Hole{
				{Node: "small", Datacenter: "dc1", Pool: "default", Free: translator.Room{CPU: 5000, Memory: 256, Cores: 2}},
				{Node: "large", Datacenter: "dc1", Pool: "default", Free: translator.Room{CPU: 4892, Memory: 23913, Cores: 2}},
				{Node: "huge", Datacenter: "dc2", Pool: "gpu", Free: translator.Room{CPU: 90000, Memory: 500000, Cores: 64}},
			}
			plan := translator.ReadPlan(&answer, &job, holes)
			kept = append(kept, txtar.File{Name: "plan", Data: []byte(planText(plan))})
			archive.Files = kept
			got := txtar.Format(archive)
			if *update {
				writeFile(t, file, got)
				return
			}
			if diff := cmp.Diff(string(readFile(t, file)), string(got)); diff != "" {
				t.Errorf("not what the file says (-file +got); if this is meant, run: go test ./translator -update\n%s", diff)
			}
		})
	}
}

func planText(p translator.Plan) string {
	var b strings.Builder
	for _, c := range p.Changes {
		fmt.Fprintf(&b, "%s: %s\n", c.Type, c)
	}
	for _, c := range p.Causes {
		fmt.Fprintf(&b, "  %s: %s, restarts: %v\n", c.Type, c, c.Restarts)
	}
	for _, u := range p.Unplaced {
		fmt.Fprintf(&b, "unplaced %s: %s; %s\n", u.Type, u, u.Measure())
	}
	for _, warning := range p.Warnings {
		fmt.Fprintf(&b, "warning: %s\n", warning)
	}
	if p.NextRun != nil {
		fmt.Fprintf(&b, "next run %s\n", p.NextRun.UTC())
	}
	fmt.Fprintf(&b, "exit code %d\n", p.ExitCode())
	return b.String()
}

func TestChangeInWords(t *testing.T) {
	for _, test := range []struct {
		change translator.Change
		want   string
	}{
		{translator.Change{}, "nothing changes"},
		{translator.Change{Same: 3}, "nothing changes"},
		{translator.Change{Start: 1, Same: 2}, "1 dyno starts; 2 dynos run on"},
		{translator.Change{Restart: 1, Move: 2, Stop: 1}, "1 dyno restarts; 2 dynos move to other machines; 1 dyno stops"},
		{translator.Change{Gone: true}, "the process type is no longer there"},
		{translator.Change{Gone: true, Stop: 2}, "2 dynos stop; the process type is no longer there"},
		{translator.Change{Edited: true}, "its settings change, but no dynos run"},
		{translator.Change{New: true}, "new, without dynos"},
	} {
		if got := test.change.String(); got != test.want {
			t.Errorf("%+v is %q, want %q", test.change, got, test.want)
		}
	}
}

// What Nomad fills in and adds is no difference.
func TestComparable(t *testing.T) {
	running, job := jobs(t)
	diff := &api.JobDiff{Type: "Edited", TaskGroups: []*api.TaskGroupDiff{{Name: "web", Type: "Edited"}}}
	old, renewed := translator.Comparable(running, job, diff)
	if diff := cmp.Diff(string(hcl.FormatJob(old)), string(hcl.FormatJob(renewed))); diff != "" {
		t.Errorf("differences where there are none (-running +planned):\n%s", diff)
	}

	job.TaskGroups[0].Count = new(0)
	job.TaskGroups[0].Constraints = nil
	running.TaskGroups[0].Constraints = append(running.TaskGroups[0].Constraints, api.NewConstraint("${meta.rack}", "=", "r1"))
	diff.TaskGroups[0].Objects = []*api.ObjectDiff{{Name: "Constraint", Type: "Deleted"}}
	old, renewed = translator.Comparable(running, job, diff)
	before, after := string(hcl.FormatJob(old)), string(hcl.FormatJob(renewed))
	if !strings.Contains(before, "r1") || strings.Contains(after, "constraint") {
		t.Errorf("the constraint that goes:\n%s%s", before, after)
	}
	if !strings.Contains(before, "count = 1") || !strings.Contains(after, "count = 0") {
		t.Errorf("the count:\n%s%s", before, after)
	}
	if *job.TaskGroups[0].Count != 0 || job.TaskGroups[0].RestartPolicy != nil {
		t.Error("the job itself was changed")
	}
}

// jobs are a job as it was made, and what Nomad tells of it when it runs.
func jobs(t *testing.T) (running, job *api.Job) {
	t.Helper()
	job = &api.Job{
		ID: new("hello"), Name: new("hello"), Type: new("service"), Datacenters: []string{"*"},
		Meta: map[string]string{"app": "hello", "release": "v12"},
		TaskGroups: []*api.TaskGroup{{
			Name: new("web"), Count: new(1),
			Networks: []*api.NetworkResource{{DynamicPorts: []api.Port{{Label: "http"}}}},
			Services: []*api.Service{{
				Name: "hello-web", PortLabel: "http", Provider: "consul",
				Tags: []string{"urlprefix-hello.example.com/", "urlprefix-hello.example.com:8080/", "urlprefix-www.example.org/api strip=/api"},
			}},
			Tasks: []*api.Task{{
				Name: "v12", Driver: "exec", Config: map[string]any{"command": "/bin/sh"},
				Artifacts: []*api.TaskArtifact{{
					GetterSource: new("http://bucket/slug"), GetterOptions: map[string]string{"archive": "tgz", "checksum": "sha256:abc"},
					RelativeDest: new("local/app"),
				}},
				Templates: []*api.Template{{DestPath: new("local/command"), EmbeddedTmpl: new("run")}},
			}},
		}},
	}
	text, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &running); err != nil {
		t.Fatal(err)
	}
	running.Canonicalize()
	running.NodePool, running.Update = new("default"), &api.UpdateStrategy{}
	group := running.TaskGroups[0]
	group.Constraints = []*api.Constraint{api.NewConstraint("${attr.consul.version}", "semver", ">= 1.8.0")}
	group.Networks[0].DynamicPorts[0].HostNetwork = "default"
	task := group.Tasks[0]
	task.Identity = &api.WorkloadIdentity{Name: "default", Audience: []string{"nomadproject.io"}}
	task.Identities = []*api.WorkloadIdentity{{Name: "consul_default", Audience: []string{"consul.io"}}}
	task.Resources.MemoryMaxMB, task.Resources.DiskMB = new(0), new(0)
	return running, job
}

func TestReadRunning(t *testing.T) {
	running, _ := jobs(t)
	got, ok := translator.ReadRunning(running)
	want := translator.Running{
		Release: 12, Driver: "exec", Slug: "http://bucket/slug", SHA256: "abc", Domain: "example.com", EdgePort: 8080,
		Hosts: []string{"www.example.org"}, Quantity: map[dynomad.ProcessType]int{"web": 1},
	}
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Errorf("%v (-want +got):\n%s", ok, diff)
	}
	task := running.TaskGroups[0].Tasks[0]
	task.Driver, task.Config, task.Artifacts = "docker", map[string]any{"image": "ruby:3"}, nil
	if got, _ := translator.ReadRunning(running); got.Image != "ruby:3" || got.Slug != "" || got.Driver != "docker" {
		t.Errorf("of an image: %+v", got)
	}
	running.Meta = map[string]string{"app": "hello"}
	if _, ok := translator.ReadRunning(running); ok {
		t.Error("a job without a release is taken for ours")
	}
}

// What only the platform knows is taken over, so that it is no difference.
func TestTakeOver(t *testing.T) {
	running, job := jobs(t)
	group := running.TaskGroups[0]
	group.Tasks = append(group.Tasks, &api.Task{Name: "agent", Driver: "exec"}, &api.Task{Name: "redis", Driver: "exec"})
	group.Tasks[0].Templates = append(group.Tasks[0].Templates, &api.Template{DestPath: new("secrets/config.env")})
	group.Update = &api.UpdateStrategy{AutoRevert: new(false)}
	job.TaskGroups[0].Update = &api.UpdateStrategy{AutoRevert: new(true)}
	translator.TakeOver(job, running, func(dynomad.ProcessType) bool { return true })
	if n := len(job.TaskGroups[0].Tasks); n != 1 {
		t.Errorf("a type that wants no sidecar has %d tasks", n)
	}
	translator.TakeOver(job, running, func(dynomad.ProcessType) bool { return false })
	translator.TakeOver(job, running, func(dynomad.ProcessType) bool { return false })
	tasks := job.TaskGroups[0].Tasks
	if len(tasks) != 2 || tasks[1].Name != "agent" || len(tasks[0].Templates) != 2 || *job.TaskGroups[0].Update.AutoRevert {
		t.Errorf("taken over: %+v", job.TaskGroups[0])
	}
}

func TestReadVariables(t *testing.T) {
	ours, theirs := map[string]string{"A": "1", "B": "2", "C": "3"}, map[string]string{"A": "1", "B": "secret", "X": "9"}
	var got []string
	for _, c := range translator.ReadVariables("web", ours, theirs) {
		got = append(got, c.String())
	}
	if diff := cmp.Diff([]string{"env B changed", "env C added"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
