//go:build e2e

package devcluster

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	nomad "github.com/hashicorp/nomad/api"
)

// dockerd starts a Docker daemon for a test, or skips the test where none can be had.
func dockerd(t *testing.T) Docker {
	t.Helper()
	if err := CanDockerd(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skipf("dynos are not tried as containers: %v", err)
	}
	dir, err := os.MkdirTemp("/tmp", "dynomad-docker-")
	if err != nil {
		t.Fatal(err)
	}
	d, err := StartDockerd(t.Context(), dir, func(line string) { t.Log(line) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := d.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return d.Docker
}

// TestContainersOfACluster runs dynos as containers of one daemon for both clients, loses a client, and stops a cluster
// whose agents are gone: only the daemon knows of the containers then.
func TestContainersOfACluster(t *testing.T) {
	o := options(t)
	o.Docker = dockerd(t).Endpoint
	c := start(t, o)
	j := runContainers(t, c, "boxed", 4)
	j.wait("two dynos on each client", map[string]int{"client-1": 2, "client-2": 2})
	containers(t, c, c.Dir, 4)

	if err := c.Clients[0].Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	containers(t, c, c.Clients[0].dir, 0)
	containers(t, c, c.Clients[1].dir, 2) // another client's are left alone
	j.wait("all dynos on the other client", map[string]int{"client-2": 4})

	for _, m := range c.Machines() {
		if err := m.Nomad.Kill(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	report, err := c.Stop(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.Join(report.Processes, "\n"); strings.Count(text, "container main-") != 4 {
		t.Errorf("the report tells of\n%s", text)
	}
	containers(t, c, c.Dir, 0)
	nothingLeft(t, c)
}

// runContainers is runJob with the docker driver.
func runContainers(t *testing.T, c *Cluster, id string, count int) *job {
	t.Helper()
	client, err := nomad.NewClient(&nomad.Config{Address: c.NomadAddr(), SecretID: c.Tokens.NomadServer, Namespace: Namespace})
	if err != nil {
		t.Fatal(err)
	}
	task := nomad.NewTask("main", "docker").SetConfig("image", StackImage).
		SetConfig("command", "/bin/sh").SetConfig("args", []string{"-c", "exec sleep 3600"})
	task.KillTimeout = new(time.Second) // sleep is process 1 there, and handles no signal
	group := nomad.NewTaskGroup("web", count).AddTask(task)
	group.Spreads = []*nomad.Spread{nomad.NewSpread("${node.unique.id}", 100, nil)}
	spec := nomad.NewServiceJob(id, id, "global", 50).AddTaskGroup(group).AddDatacenter("*")
	if _, _, err := client.Jobs().Register(spec, nil); err != nil {
		t.Fatal(err)
	}
	return &job{t: t, c: c, nomad: client, id: id}
}

// containers checks how many containers belong to a folder.
func containers(t *testing.T, c *Cluster, dir string, want int) {
	t.Helper()
	found, err := c.docker().below(t.Context(), dir)
	if err != nil || len(found) != want {
		t.Errorf("%d containers belong to %s, not %d: %v", len(found), dir, want, err)
	}
}
