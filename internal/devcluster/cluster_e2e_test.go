//go:build e2e

package devcluster

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	consul "github.com/hashicorp/consul/api"
	nomad "github.com/hashicorp/nomad/api"
)

// patience bounds every wait of these tests; on a quiet machine the longest takes twelve seconds.
const patience = 2 * time.Minute

// TestLifeOfACluster starts a cluster, runs dynos, loses a machine, brings it back, stops, starts again, and looks for what
// is left behind.
func TestLifeOfACluster(t *testing.T) {
	o := options(t)
	c := start(t, o)
	tokens := c.Tokens
	j := runJob(t, c, "life", 4)
	j.wait("two dynos on each client", map[string]int{"client-1": 2, "client-2": 2})
	j.waitService(4)

	lost := time.Now()
	if err := c.Clients[0].Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := belonging(c.Clients[0].dir); len(left) > 0 {
		t.Errorf("the lost machine still runs %v", left)
	}
	j.wait("all dynos on the other client", map[string]int{"client-2": 4})
	t.Logf("dynos of a lost client are back after %s", time.Since(lost).Round(100*time.Millisecond))
	if err := c.Clients[0].Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	j.waitService(4)

	stop(t, c)
	begun := time.Now()
	c = start(t, o)
	t.Logf("a second start takes %s", time.Since(begun).Round(100*time.Millisecond))
	if diff := cmp.Diff(tokens, c.Tokens); diff != "" {
		t.Errorf("the tokens changed (-first +second):\n%s", diff)
	}
	if job := (&job{t: t, c: c, nomad: j.nomad, id: "life"}).read(); !*job.Stop {
		t.Error("the job of the first run is not known as stopped")
	}
	runJob(t, c, "life", 2).wait("the dynos of the second run", map[string]int{"client-1": 1, "client-2": 1})
	stop(t, c)
	if err := c.Remove(); err != nil {
		t.Error(err)
	}
}

// TestStartAfterACrash drops a cluster without a word and starts it again: its dynos run on.
func TestStartAfterACrash(t *testing.T) {
	o := options(t)
	j := runJob(t, start(t, o), "steady", 2)
	j.wait("one dyno on each client", map[string]int{"client-1": 1, "client-2": 1})
	before := j.running()
	c := start(t, o)
	j.c = c
	j.wait("the same dynos after the crash", map[string]int{"client-1": 1, "client-2": 1})
	if diff := cmp.Diff(before, j.running()); diff != "" {
		t.Errorf("dynos were replaced (-before +after):\n%s", diff)
	}
	stop(t, c)
}

// TestStopEndsWhatAgentsHaveLeft stops a cluster whose Nomad agents were killed: only /proc knows of the dynos then.
func TestStopEndsWhatAgentsHaveLeft(t *testing.T) {
	c := start(t, options(t))
	runJob(t, c, "orphans", 2).wait("one dyno on each client", map[string]int{"client-1": 1, "client-2": 1})
	for _, m := range c.Machines() {
		if err := m.Nomad.Kill(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	report, err := c.Stop(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Processes) == 0 {
		t.Error("the report tells of no process that was left")
	}
	nothingLeft(t, c)
}

// TestAsAnOrdinaryUser runs the life of a cluster again as nobody, with copies of the programs that nobody may read.
func TestAsAnOrdinaryUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("the other tests have just run as an ordinary user")
		return
	}
	dir, err := os.MkdirTemp("/tmp", "dynomad-nobody-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	programs := findPrograms(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"consul": programs.Consul, "nomad": programs.Nomad, "test": self} {
		if out, err := exec.Command("cp", "--reflink=auto", path, filepath.Join(dir, name)).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	const nobody = 65534
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "test"), "-test.run=^TestLifeOfACluster$", "-test.v")
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + dir + ":" + defaultPath, "HOME=" + dir, "TMPDIR=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
}

func options(t *testing.T) Options {
	t.Helper()
	dir, err := os.MkdirTemp("", "dynomad-e2e-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // refuses nothing: stop has looked for mounts before
	ports, err := FreePorts(27000)
	if err != nil {
		t.Fatal(err)
	}
	return Options{
		Dir: dir, Ports: ports, Programs: findPrograms(t), Exec: os.Geteuid() == 0,
		Log: slog.New(slog.DiscardHandler),
	}
}

func findPrograms(t *testing.T) Programs {
	t.Helper()
	finder, err := NewFinder(func(line string) { t.Log(line) })
	if err != nil {
		t.Fatal(err)
	}
	p, err := finder.Programs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func start(t *testing.T, o Options) *Cluster {
	t.Helper()
	c, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if _, err := c.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return c
}

// stop stops the cluster and checks that its agents have ended their dynos themselves, and that nothing is left.
func stop(t *testing.T, c *Cluster) {
	t.Helper()
	report, err := c.Stop(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Processes) > 0 {
		t.Errorf("processes had to be killed: %q", report.Processes)
	}
	nothingLeft(t, c)
}

func nothingLeft(t *testing.T, c *Cluster) {
	t.Helper()
	for _, pid := range belonging(c.Dir) {
		t.Errorf("left running: %s", describe(pid))
	}
	mounts, err := mountsBelow(c.Dir)
	if err != nil {
		t.Error(err)
	}
	for _, mount := range mounts {
		t.Errorf("left mounted: %s", mount)
	}
}

// job is a job of a test, registered with the rights of Dynomad's server.
type job struct {
	t     *testing.T
	c     *Cluster
	nomad *nomad.Client
	id    string
}

func runJob(t *testing.T, c *Cluster, id string, count int) *job {
	t.Helper()
	client, err := nomad.NewClient(&nomad.Config{Address: c.NomadAddr(), SecretID: c.Tokens.NomadServer, Namespace: Namespace})
	if err != nil {
		t.Fatal(err)
	}
	task := nomad.NewTask("main", "raw_exec").SetConfig("command", "/bin/sh").SetConfig("args", []string{"-c", "exec sleep 3600"})
	group := nomad.NewTaskGroup("web", count).AddTask(task)
	if c.Exec {
		task.Driver, task.User = "exec", "nobody"
		group.Volumes = map[string]*nomad.VolumeRequest{}
		for _, name := range []string{"usr", "etc", "lib", "lib64", "bin"} {
			group.Volumes[name] = &nomad.VolumeRequest{Name: name, Type: "host", Source: name, ReadOnly: true}
			task.VolumeMounts = append(task.VolumeMounts, &nomad.VolumeMount{Volume: new(name), Destination: new("/" + name), ReadOnly: new(true)})
		}
	}
	group.Services = []*nomad.Service{{Name: id, Provider: "consul"}}
	group.Spreads = []*nomad.Spread{nomad.NewSpread("${node.unique.id}", 100, nil)}
	spec := nomad.NewServiceJob(id, id, "global", 50).AddTaskGroup(group).AddDatacenter("*")
	if _, _, err := client.Jobs().Register(spec, nil); err != nil {
		t.Fatal(err)
	}
	return &job{t: t, c: c, nomad: client, id: id}
}

func (j *job) read() *nomad.Job {
	j.t.Helper()
	job, _, err := j.nomad.Jobs().Info(j.id, nil)
	if err != nil {
		j.t.Fatal(err)
	}
	return job
}

// running lists the ids of the dynos that run, sorted.
func (j *job) running() []string {
	var ids []string
	allocations, _, err := j.nomad.Jobs().Allocations(j.id, false, nil)
	if err != nil {
		return nil
	}
	for _, a := range allocations {
		if a.ClientStatus == "running" && a.DesiredStatus == "run" {
			ids = append(ids, a.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// wait returns when exactly so many dynos run on each client.
func (j *job) wait(what string, want map[string]int) {
	j.t.Helper()
	ctx, cancel := context.WithTimeout(j.t.Context(), patience)
	defer cancel()
	var diff string
	if !poll(ctx, 100*time.Millisecond, func() bool {
		allocations, _, err := j.nomad.Jobs().Allocations(j.id, false, nil)
		if err != nil {
			diff = err.Error()
			return false
		}
		got := map[string]int{}
		for _, a := range allocations {
			if a.ClientStatus == "running" && a.DesiredStatus == "run" {
				got[a.NodeName]++
			}
		}
		diff = cmp.Diff(want, got)
		return diff == ""
	}) {
		j.t.Fatalf("waited in vain for %s (-want +got):\n%s", what, diff)
	}
}

// waitService returns when the router may read so many instances of the job's service in Consul.
func (j *job) waitService(want int) {
	j.t.Helper()
	client, err := consul.NewClient(&consul.Config{Address: j.c.Server.ConsulAddress(), Scheme: "http", Token: j.c.Tokens.ConsulRouter})
	if err != nil {
		j.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(j.t.Context(), patience)
	defer cancel()
	got := -1
	if !poll(ctx, 100*time.Millisecond, func() bool {
		entries, _, err := client.Health().Service(j.id, "", true, nil)
		if err == nil {
			got = len(entries)
		}
		return got == want
	}) {
		j.t.Fatalf("Consul tells of %d instances, not %d", got, want)
	}
}
