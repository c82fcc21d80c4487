package clustertest

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

// Commands whose end is known.
const (
	serves  = `exec python3 -m http.server "$PORT" --bind 127.0.0.1`
	works   = `exec sleep 100000`
	crashes = `sleep 0.2; exit 3`
)

// room is one test with an app of its own.
type room struct {
	*testing.T
	Subject
	ctx   context.Context
	app   dynomad.AppName
	index uint64 // of the app's last registration
}

func enter(t *testing.T, s Subject) *room {
	sum := fnv.New32a()
	_, _ = fmt.Fprint(sum, t.Name())
	r := &room{T: t, Subject: s, app: dynomad.AppName(fmt.Sprintf("%s%08x", s.Prefix, sum.Sum32()))}
	ctx, cancel := context.WithTimeout(t.Context(), 10*s.Patience)
	r.ctx = ctx
	t.Cleanup(func() {
		cancel()
		ctx, cancel := context.WithTimeout(context.Background(), s.Patience)
		defer cancel()
		if err := s.Cluster.Destroy(ctx, r.id()); err != nil {
			t.Errorf("cleaning up: %v", err)
		}
	})
	return r
}

func (r *room) id() string { return translator.JobID(r.app) }

// plan is a release of the test's app. The key of processes is a type, perhaps with its number of dynos: "web=2".
type plan struct {
	version   dynomad.Version
	processes map[string]string
	crons     map[dynomad.ProcessType]string // their commands; none ever runs by itself
	config    dynomad.Config
	pending   bool
	memory    int // MiB
}

func (r *room) bundle(p plan) translator.Bundle {
	r.Helper()
	blueprint := dynomad.Blueprint{
		App:     dynomad.App{Name: r.app},
		Release: dynomad.Release{Version: max(p.version, 1), Status: dynomad.ReleaseSucceeded},
		Config:  p.config,
	}
	if p.pending {
		blueprint.Release.Status = dynomad.ReleasePending
	}
	for spec, command := range p.processes {
		name, quantity := spec, 1
		if kind, count, ok := strings.Cut(spec, "="); ok {
			name = kind
			if _, err := fmt.Sscan(count, &quantity); err != nil {
				r.Fatal(err)
			}
		}
		process := dynomad.Process{Type: dynomad.ProcessType(name), Command: command}
		if p.memory > 0 {
			process.Settings.Memory = &p.memory
		}
		blueprint.Processes = append(blueprint.Processes, process)
		blueprint.Formation = append(blueprint.Formation, dynomad.FormationEntry{Type: process.Type, Quantity: quantity})
	}
	for name, command := range p.crons {
		process := dynomad.Process{Type: name, Command: command, Settings: dynomad.Settings{Schedule: []string{"@yearly"}}}
		blueprint.Processes = append(blueprint.Processes, process)
	}
	b, problems := translator.Translate(blueprint, target(r.Subject))
	if err := problems.Err(); err != nil {
		r.Fatal(err)
	}
	return b
}

// target has the shortest times in which a real Nomad on a busy machine still decides rightly.
func target(s Subject) translator.Target {
	settings := dynomad.Settings{
		CPU: new(20), Memory: new(64), KillTimeout: new(5 * time.Second), KillSignal: new("SIGTERM"),
		DrainDelay: new(time.Second), Surge: new(true),
		Update: &dynomad.Update{
			MinHealthyTime: new(2 * time.Second), HealthyDeadline: new(15 * time.Second), ProgressDeadline: new(20 * time.Second),
		},
		Restart: &dynomad.Restart{Attempts: new(1), Delay: new(time.Duration(0)), Interval: new(20 * time.Second)},
		Reschedule: &dynomad.Reschedule{
			Delay: new(5 * time.Second), MaxDelay: new(time.Minute),
		},
	}
	web := settings
	web.Service, web.Routes = new(true), []dynomad.Route{{Path: "/"}}
	web.Check = &dynomad.Check{Kind: new("tcp"), Interval: new(time.Second), Timeout: new(time.Second)}
	runs := dynomad.Settings{
		CPU: new(20), Memory: new(64), KillTimeout: new(5 * time.Second), KillSignal: new("SIGTERM"), Timeout: new(time.Hour),
		Restart: &dynomad.Restart{Attempts: new(0), Delay: new(time.Duration(0)), Interval: new(20 * time.Second)},
	}
	return translator.Target{
		Driver: s.Driver, Namespace: s.Namespace, Domain: "localhost", EdgePort: 80,
		Templates: map[string]dynomad.Settings{"web": web, "worker": settings, "cron": runs},
		Exec:      translator.Exec{User: "nobody", Volumes: []string{"usr", "etc", "lib", "lib64", "bin"}},
		Init:      `exec /bin/sh "$NOMAD_TASK_DIR/command"` + "\n",
	}
}

// apply registers a plan over the test's last registration.
func (r *room) apply(p plan) translator.Job {
	r.Helper()
	job, err := r.Cluster.Apply(r.ctx, r.bundle(p), r.index)
	if err != nil {
		r.Fatalf("apply: %v", err)
	}
	r.index = job.Index
	return job
}

// settle waits for the end of the deployment of a registration.
func (r *room) settle(index uint64) translator.Deployment {
	r.Helper()
	var d translator.Deployment
	r.until(func() string {
		var err error
		d, err = r.Cluster.Deployment(r.ctx, r.id(), index)
		if err != nil {
			return err.Error()
		}
		return differs(d.Status != translator.DeploymentRunning, "the deployment still runs: %+v", d)
	})
	return d
}

// deploy applies a plan that has to succeed, and gives the dynos that it made.
func (r *room) deploy(p plan) []dynomad.Dyno {
	r.Helper()
	job := r.apply(p)
	if d := r.settle(job.Index); d.Status != translator.DeploymentSuccessful {
		r.Fatalf("the deployment is %s: %s", d.Status, d.Reason)
	}
	wanted := 0
	for _, entry := range r.bundle(p).Jobs[0].TaskGroups {
		wanted += *entry.Count
	}
	return r.dynosUp(wanted)
}

// dynosUp waits until exactly this many dynos are up and no other is on its way up or down.
func (r *room) dynosUp(wanted int) []dynomad.Dyno {
	r.Helper()
	var up []dynomad.Dyno
	r.until(func() string {
		up = nil
		for _, d := range r.dynos() {
			if d.State == dynomad.DynoUp {
				up = append(up, d)
			} else if d.Reason != "stopped" && d.Reason != "completed" {
				return fmt.Sprintf("%s is %s: %s", d.Name(), d.State, d.Reason)
			}
		}
		return differs(len(up) == wanted, "%d dynos are up, want %d", len(up), wanted)
	})
	return up
}

func (r *room) dynos() []dynomad.Dyno {
	r.Helper()
	dynos, err := r.Cluster.Dynos(r.ctx, r.id())
	if err != nil {
		r.Fatalf("dynos: %v", err)
	}
	return dynos
}

// until asks again until check is content, which it says by "".
func (r *room) until(check func() string) {
	r.Helper()
	deadline := time.Now().Add(r.Patience)
	for {
		complaint := check()
		if complaint == "" {
			return
		}
		if time.Now().After(deadline) {
			r.Fatalf("after %s: %s", r.Patience, complaint)
		}
		time.Sleep(min(100*time.Millisecond, r.Patience/50))
	}
}

func differs(fine bool, format string, args ...any) string {
	if fine {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

func (r *room) wantKind(err error, kind dynomad.Kind) {
	r.Helper()
	if got := dynomad.KindOf(err); got != kind {
		r.Errorf("the error is of the kind %q, want %q: %v", got, kind, err)
	}
}

// ids are the dynos' ids by name, for seeing which of them stayed.
func ids(dynos []dynomad.Dyno) map[string]dynomad.DynoID {
	out := map[string]dynomad.DynoID{}
	for _, d := range dynos {
		out[d.Name()] = d.ID
	}
	return out
}

// texts are what a dyno's history says.
func texts(d dynomad.Dyno) []string {
	var out []string
	for _, m := range d.History {
		out = append(out, m.Text)
	}
	return out
}

// tells says whether the wanted texts occur in this order, perhaps with others between them.
func tells(d dynomad.Dyno, wanted ...string) bool {
	rest := texts(d)
	for _, text := range wanted {
		i := slices.Index(rest, text)
		if i < 0 {
			return false
		}
		rest = rest[i+1:]
	}
	return true
}
