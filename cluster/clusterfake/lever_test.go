package clusterfake_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cluster/clusterfake"
	"github.com/dynomad/dynomad/translator"
)

func clock() time.Time { return time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC) }

// bundle is release v of the app hello with some workers.
func bundle(t *testing.T, v dynomad.Version, workers int, command string) translator.Bundle {
	t.Helper()
	second := new(time.Second)
	b, problems := translator.Translate(dynomad.Blueprint{
		App:       dynomad.App{Name: "hello"},
		Release:   dynomad.Release{Version: v, Status: dynomad.ReleasePending},
		Processes: []dynomad.Process{{Type: "worker", Command: command}},
		Config:    dynomad.Config{"COLOUR": "green"},
		Formation: dynomad.Formation{{Type: "worker", Quantity: workers}},
	}, translator.Target{Driver: "raw_exec", Init: "true", Templates: map[string]dynomad.Settings{"worker": {
		CPU: new(50), Memory: new(64), KillTimeout: second, KillSignal: new("SIGTERM"), DrainDelay: second, Surge: new(true),
		Update: &dynomad.Update{
			MinHealthyTime: second, HealthyDeadline: new(2 * time.Second), ProgressDeadline: new(3 * time.Second),
		},
		Restart:    &dynomad.Restart{Attempts: new(1), Delay: second, Interval: new(10 * time.Second)},
		Reschedule: &dynomad.Reschedule{Delay: new(5 * time.Second), MaxDelay: new(time.Minute)},
	}}})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return b
}

func apply(t *testing.T, c *clusterfake.Cluster, b translator.Bundle, since uint64) translator.Job {
	t.Helper()
	job, err := c.Apply(t.Context(), b, since)
	if err != nil {
		t.Fatal(err)
	}
	return job
}

func states(t *testing.T, c *clusterfake.Cluster) []string {
	t.Helper()
	dynos, err := c.Dynos(t.Context(), "hello")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, d := range dynos {
		out = append(out, d.Release.String()+" "+d.Name()+" "+string(d.State))
	}
	return out
}

func want(t *testing.T, c *clusterfake.Cluster, wanted ...string) {
	t.Helper()
	if diff := cmp.Diff(wanted, states(t, c)); diff != "" {
		t.Error(diff)
	}
}

func status(t *testing.T, c *clusterfake.Cluster, index uint64) translator.DeploymentStatus {
	t.Helper()
	d, err := c.Deployment(t.Context(), "hello", index)
	if err != nil {
		t.Fatal(err)
	}
	return d.Status
}

// A release is held in its middle, and a scale comes over it.
func TestHold(t *testing.T) {
	c := clusterfake.New(clock)
	one := apply(t, c, bundle(t, 1, 1, "work"), 0)
	c.Hold()
	two := apply(t, c, bundle(t, 2, 1, "work"), one.Index)
	want(t, c, "v1 worker.1 up", "v2 worker.1 starting")
	three := apply(t, c, bundle(t, 2, 2, "work"), two.Index)
	if s := status(t, c, two.Index); s != translator.DeploymentCancelled {
		t.Errorf("the deployment that was registered over is %s", s)
	}
	want(t, c, "v1 worker.1 up", "v2 worker.1 starting", "v2 worker.2 starting")
	if !c.Step() {
		t.Error("nothing moved")
	}
	want(t, c, "v2 worker.1 up", "v2 worker.2 up")
	if s := status(t, c, three.Index); s != translator.DeploymentSuccessful {
		t.Errorf("the deployment is %s", s)
	}
	if c.Step() {
		t.Error("something moves for ever")
	}
	apply(t, c, bundle(t, 3, 1, "work"), three.Index)
	c.Release()
	want(t, c, "v3 worker.1 up", "v2 worker.2 down")
}

func TestDown(t *testing.T) {
	c := clusterfake.New(clock)
	apply(t, c, bundle(t, 1, 1, "work"), 0)
	broken := make(chan error, 1)
	standing := make(chan bool, 100)
	go func() { broken <- c.Watch(t.Context(), func(string) { standing <- true }) }()
	<-standing
	c.Down(true)
	if err := <-broken; dynomad.KindOf(err) != dynomad.KindUnavailable {
		t.Errorf("watch ended with %v", err)
	}
	if _, err := c.Jobs(t.Context()); dynomad.KindOf(err) != dynomad.KindUnavailable {
		t.Errorf("jobs: %v", err)
	}
	c.Down(false)
	if jobs, err := c.Jobs(t.Context()); err != nil || len(jobs) != 1 {
		t.Errorf("jobs: %v, %v", jobs, err)
	}
	want(t, c, "v1 worker.1 up")
	if n := c.Calls("Jobs"); n != 2 {
		t.Errorf("%d calls of Jobs were counted", n)
	}
}

// What others do to the cluster: register over us, fail a deployment, purge.
func TestStrangers(t *testing.T) {
	c := clusterfake.New(clock)
	job := apply(t, c, bundle(t, 1, 1, "work"), 0)
	c.Touch("hello")
	if _, err := c.Apply(t.Context(), bundle(t, 1, 2, "work"), job.Index); dynomad.KindOf(err) != dynomad.KindConflict {
		t.Errorf("a stranger's registration was overwritten: %v", err)
	}
	now, err := c.Job(t.Context(), "hello")
	if err != nil {
		t.Fatal(err)
	}
	c.Hold()
	job = apply(t, c, bundle(t, 2, 1, "work"), now.Index)
	c.Fail("hello", "an operator said so")
	if d, err := c.Deployment(t.Context(), "hello", job.Index); err != nil || d.Reason != "an operator said so" {
		t.Errorf("the deployment is %+v, %v", d, err)
	}
	if now, err = c.Job(t.Context(), "hello"); err != nil || now.Index <= job.Index {
		t.Errorf("the job was not reverted: %+v, %v", now, err)
	}
	want(t, c, "v1 worker.1 up")
	c.Purge("hello")
	if _, err := c.Job(t.Context(), "hello"); dynomad.KindOf(err) != dynomad.KindNotFound || c.Spec("hello") != nil {
		t.Errorf("a purged job is there: %v", err)
	}
	if v := c.Variable("nomad/jobs/hello/worker/v2"); v["COLOUR"] != "green" {
		t.Errorf("the variable holds %v", v)
	}
}

func TestCrash(t *testing.T) {
	c := clusterfake.New(clock)
	apply(t, c, bundle(t, 1, 1, "work"), 0)
	dynos, err := c.Dynos(t.Context(), "hello")
	if err != nil {
		t.Fatal(err)
	}
	c.Crash(dynos[0].ID, 7)
	want(t, c, "v1 worker.1 crashed")
	c.Start(dynos[0].ID)
	want(t, c, "v1 worker.1 up")
	if dynos, err = c.Dynos(t.Context(), "hello"); err != nil || *dynos[0].ExitStatus != 7 {
		t.Errorf("%+v, %v", dynos, err)
	}
	var texts []string
	for i, m := range dynos[0].History {
		texts = append(texts, m.Text)
		if i > 0 && !m.Time.After(dynos[0].History[i-1].Time) {
			t.Errorf("%q is not younger than the moment before it", m.Text)
		}
	}
	if diff := cmp.Diff([]string{
		"Starting process", "State changed from starting to up",
		"Process exited with status 7", "State changed from up to crashed",
		"State changed from crashed to starting", "Starting process", "State changed from starting to up",
	}, texts); diff != "" {
		t.Error(diff)
	}
	err = c.Restart(t.Context(), []dynomad.Dyno{{ID: "nobody", Type: "worker", Index: 9}})
	if dynomad.KindOf(err) != dynomad.KindNotFound {
		t.Errorf("restarting nobody: %v", err)
	}
}
