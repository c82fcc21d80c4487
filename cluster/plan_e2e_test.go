//go:build e2e

package cluster_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cluster"
	"github.com/dynomad/dynomad/hcl"
	"github.com/dynomad/dynomad/translator"
)

// TestPlan plans on the Nomad at NOMAD_ADDR: a job that is new, the same, changed, and too large for every machine. What is
// said would happen is compared with what is there.
func TestPlan(t *testing.T) {
	nomad, err := api.NewClient(api.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	ctx, namespace := context.Background(), os.Getenv("NOMAD_NAMESPACE")
	subject := cluster.New(cluster.Config{Nomad: nomad, Namespace: namespace, Log: slog.New(slog.DiscardHandler)})
	id := fmt.Sprintf("p%05x", time.Now().Unix()&0xfffff)
	t.Cleanup(func() {
		_, _, _ = nomad.Jobs().DeregisterOpts(id, &api.DeregisterOptions{Purge: true}, &api.WriteOptions{Namespace: namespace})
	})

	plan := func(job *api.Job) translator.Plan {
		t.Helper()
		answer, err := subject.Plan(ctx, job)
		if err != nil {
			t.Fatal(err)
		}
		holes, err := subject.Holes(ctx)
		if err != nil || len(holes) == 0 {
			t.Fatal(holes, err)
		}
		return translator.ReadPlan(answer, job, holes)
	}
	if p := plan(sleeper(id, namespace, 64)); !p.New || p.Changes[0].Start != 1 || p.ExitCode() != 2 {
		t.Errorf("a new job: %+v", p)
	}
	if _, err := subject.Running(ctx, id); dynomad.KindOf(err) != dynomad.KindNotFound {
		t.Fatalf("planning has made the job: %v", err)
	}
	before, err := subject.Holes(ctx)
	if err != nil {
		t.Fatal(err)
	}

	since := uint64(0)
	job, err := subject.Apply(ctx, translator.Bundle{Jobs: []*api.Job{sleeper(id, namespace, 64)}}, since)
	if err != nil {
		t.Fatal(err)
	}
	waitRunning(t, nomad, namespace, id)
	if p := plan(sleeper(id, namespace, 64)); p.Changed || p.ExitCode() != 0 {
		t.Errorf("the same job: %+v", p)
	}
	after, err := subject.Holes(ctx)
	if err != nil || free(before)-free(after) != 64 {
		t.Errorf("64 MiB more are used: %v, then %v: %v", before, after, err)
	}

	changed := sleeper(id, namespace, 96)
	p := plan(changed)
	if !p.Changes[0].Restarts() || len(p.Causes) != 1 || p.Causes[0].String() != "memory changed from 64 to 96" || !p.Causes[0].Restarts {
		t.Errorf("more memory: %+v", p)
	}
	running, err := subject.Running(ctx, id)
	if err != nil || *running.JobModifyIndex != job.Index {
		t.Fatalf("planning has changed the job: %v", err)
	}
	answer, err := subject.Plan(ctx, changed)
	if err != nil {
		t.Fatal(err)
	}
	old, renewed := translator.Comparable(running, changed, answer.Diff)
	if lines := differing(string(hcl.FormatJob(old)), string(hcl.FormatJob(renewed))); lines != 1 {
		t.Errorf("%d lines differ where the memory does:\n%s\n%s", lines, hcl.FormatJob(old), hcl.FormatJob(renewed))
	}

	p = plan(sleeper(id, namespace, 1<<30))
	if p.ExitCode() != 3 || len(p.Unplaced) != 1 || p.Unplaced[0].Largest == nil || p.Unplaced[0].Need.Memory != 1<<30 {
		t.Errorf("too large: %+v", p)
	}
}

// sleeper is a job with one task, as Translate would name it.
func sleeper(id, namespace string, memory int) *api.Job {
	job := &api.Job{
		ID: &id, Name: &id, Type: new(api.JobTypeService), Datacenters: []string{"*"},
		Meta: map[string]string{translator.MetaApp: id, translator.MetaRelease: "v1"},
		TaskGroups: []*api.TaskGroup{{
			Name: new("worker"), Count: new(1),
			Tasks: []*api.Task{{
				Name: "v1", Driver: "raw_exec", Config: map[string]any{"command": "/bin/sleep", "args": []string{"600"}},
				KillSignal: "SIGTERM", Resources: &api.Resources{CPU: new(20), MemoryMB: new(memory)},
			}},
		}},
	}
	if namespace != "" {
		job.Namespace = &namespace
	}
	return job
}

func waitRunning(t *testing.T, nomad *api.Client, namespace, id string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		allocs, _, err := nomad.Jobs().Allocations(id, false, &api.QueryOptions{Namespace: namespace})
		if err != nil {
			t.Fatal(err)
		}
		if len(allocs) == 1 && allocs[0].ClientStatus == api.AllocClientStatusRunning {
			return
		}
	}
	t.Fatal("it never runs")
}

// free is the memory that all machines have left together.
func free(holes []translator.Hole) int {
	sum := 0
	for _, h := range holes {
		sum += h.Free.Memory
	}
	return sum
}

// differing counts the lines that differ of two texts.
func differing(a, b string) int {
	one, other := strings.Split(a, "\n"), strings.Split(b, "\n")
	if len(one) != len(other) {
		return max(len(one), len(other))
	}
	n := 0
	for i := range one {
		if one[i] != other[i] {
			n++
		}
	}
	return n
}
