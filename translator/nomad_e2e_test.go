//go:build e2e

package translator_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cmd/dynomad/target"
	"github.com/dynomad/dynomad/translator"
)

// These tests run on a real cluster, found as `nomad` finds it: NOMAD_ADDR, NOMAD_TOKEN and NOMAD_NAMESPACE, and Consul by
// CONSUL_HTTP_ADDR and CONSUL_HTTP_TOKEN. DYNOMAD_DRIVER names the drivers to try, "raw_exec,exec,docker";
// raw_exec if it is not set. DYNOMAD_STACK_IMAGE is a small image that the docker clients have: a shell and the usual tools.

const patience = 90 * time.Second // for anything that takes a second on an idle machine

func nomad(t *testing.T) *api.Client {
	t.Helper()
	if os.Getenv("NOMAD_ADDR") == "" {
		t.Fatal("NOMAD_ADDR is not set: these tests need a cluster, such as that of `dynomad dev up`")
	}
	client, err := api.NewClient(api.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// eachDriver runs a test for each driver of the cluster, with the Target that our own templates describe.
func eachDriver(t *testing.T, test func(*testing.T, translator.Target)) {
	for _, driver := range strings.Split(cmp.Or(os.Getenv("DYNOMAD_DRIVER"), "raw_exec"), ",") {
		t.Run(driver, func(t *testing.T) {
			to, err := target.Default(driver, "localhost", 8080)
			if err != nil {
				t.Fatal(err)
			}
			to.Namespace = os.Getenv("NOMAD_NAMESPACE")
			to.Docker.Image = cmp.Or(os.Getenv("DYNOMAD_STACK_IMAGE"), to.Docker.Image)
			test(t, to)
		})
	}
}

// run translates and registers a Blueprint as release v1 and takes it away when the test ends. It gets an app name of its own.
func run(t *testing.T, client *api.Client, bp dynomad.Blueprint, to translator.Target) string {
	t.Helper()
	bp.Release.Version = 1
	bp.App.Name = dynomad.AppName("t-" + uuid.NewString()[:8])
	bundle, problems := translator.Translate(bp, to)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	register(t, client, bundle)
	return *bundle.Jobs[0].ID
}

// register gives Nomad everything in a bundle, and takes it away when the test ends.
func register(t *testing.T, client *api.Client, bundle translator.Bundle) {
	t.Helper()
	for _, v := range bundle.Variables {
		variable := &api.Variable{Path: v.Path, Items: api.VariableItems(v.Items)}
		if _, _, err := client.Variables().Create(variable, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, job := range bundle.Jobs {
		t.Cleanup(func() { remove(t, client, *job.ID, bundle.Variables) })
		if _, _, err := client.Jobs().Register(job, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// remove stops a job, waits for its dynos to end and then removes every trace: to purge at once could leave them running.
func remove(t *testing.T, client *api.Client, id string, variables []translator.Variable) {
	if _, _, err := client.Jobs().Deregister(id, false, nil); err != nil {
		t.Error(err)
	}
	until(t, "every dyno has ended", func() bool {
		for _, alloc := range allocations(t, client, id) {
			if alloc.ClientStatus == api.AllocClientStatusRunning || alloc.ClientStatus == api.AllocClientStatusPending {
				return false
			}
		}
		return true
	})
	if _, _, err := client.Jobs().Deregister(id, true, nil); err != nil {
		t.Error(err)
	}
	for _, v := range variables {
		if _, err := client.Variables().Delete(v.Path, nil); err != nil {
			t.Error(err)
		}
	}
}

func allocations(t *testing.T, client *api.Client, id string) []*api.AllocationListStub {
	t.Helper()
	allocs, _, err := client.Jobs().Allocations(id, true, nil)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(allocs, func(a, b *api.AllocationListStub) int { return strings.Compare(a.Name, b.Name) })
	return allocs
}

func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain until %s", patience, what)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// output waits until the dyno has printed want and a newline on stdout, and fails with what it has printed instead.
func output(t *testing.T, client *api.Client, alloc *api.AllocationListStub, want string) {
	t.Helper()
	got := ""
	deadline := time.Now().Add(patience)
	for got != want && time.Now().Before(deadline) {
		time.Sleep(200 * time.Millisecond)
		got = strings.TrimSuffix(logs(client, alloc, translator.Task(1)), "\n") // docker keeps a line until it is whole
		if len(got) > len(want) {
			break
		}
	}
	if got != want {
		t.Errorf("%s printed %q, want %q; %s", alloc.Name, got, want, events(t, client, alloc))
	}
}

// logs is what a task of a dyno has printed on stdout so far.
func logs(client *api.Client, alloc *api.AllocationListStub, task string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	frames, errs := client.AllocFS().Logs(&api.Allocation{ID: alloc.ID}, false, task, "stdout", "start", 0, ctx.Done(), nil)
	var text strings.Builder
	for {
		select {
		case frame, more := <-frames:
			if !more {
				return text.String()
			}
			text.Write(frame.Data)
		case err := <-errs:
			if err != nil && !errors.Is(err, io.EOF) {
				return text.String() // not there yet
			}
		case <-ctx.Done():
			return text.String()
		}
	}
}

func events(t *testing.T, client *api.Client, alloc *api.AllocationListStub) string {
	t.Helper()
	full, _, err := client.Allocations().Info(alloc.ID, nil)
	if err != nil {
		return err.Error()
	}
	var out strings.Builder
	for _, task := range slices.Sorted(maps.Keys(full.TaskStates)) {
		for _, e := range full.TaskStates[task].Events {
			fmt.Fprintf(&out, "\n  %s: %s: %s", task, e.Type, e.DisplayMessage)
		}
	}
	return out.String()
}
