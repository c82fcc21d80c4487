//go:build e2e

package translator_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	consul "github.com/hashicorp/consul/api"
	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

// TestChecksPass: a server on $PORT passes a check of every kind that it can, and a script runs in the dyno's folder.
func TestChecksPass(t *testing.T) {
	client := nomad(t)
	registry, err := consul.NewClient(consul.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	checks := map[dynomad.ProcessType]*dynomad.Check{
		"tcp":    {},
		"http":   {Kind: new("http"), Path: new("/")},
		"script": {Kind: new("script"), Command: new(`[ -e here ] && [ "$PWD" = "$HOME" ] && [ "$V" = value ]`), Failures: new(3), Grace: new(time.Minute)},
	}
	eachDriver(t, func(t *testing.T, to translator.Target) {
		bp := dynomad.Blueprint{Config: dynomad.Config{"V": "value"}}
		for kind, check := range checks {
			s := small()
			s.Memory, s.Service, s.Check = new(64), new(true), check
			bp.Processes = append(bp.Processes, dynomad.Process{Type: kind, Command: "touch here; exec python3 -m http.server $PORT", Settings: s})
			bp.Formation = append(bp.Formation, dynomad.FormationEntry{Type: kind, Quantity: 1})
		}
		id := run(t, client, bp, to)
		app, _ := translator.AppOf(id)
		for kind := range checks {
			until(t, "the check of the kind "+string(kind)+" passes", func() bool {
				passing, _, err := registry.Health().Service(translator.Service(app, kind), "", true, nil)
				return err == nil && len(passing) == 1
			})
		}
	})
}

// once runs something to its end and gives its status and what it printed.
func once(t *testing.T, client *api.Client, to translator.Target, bp dynomad.Blueprint, run translator.Run) (status, text string) {
	t.Helper()
	bp.App.Name, bp.Release.Version = dynomad.AppName("t-"+uuid.NewString()[:8]), 1
	run.Template = "run"
	run.Settings.CPU, run.Settings.Memory = new(5), new(16)
	bundle, problems := translator.TranslateRun(bp, to, run)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	register(t, client, bundle)
	alloc := started(t, client, *bundle.Jobs[0].ID, 1)[0]
	until(t, "the run has ended", func() bool { status = exitOf(t, client, alloc); return status != "" })
	return status, logs(client, alloc, translator.Task(1))
}

// TestRuns: a run knows its name, reads its own copy of the config vars, ends with its command's status and is not started
// again; and one that takes too long is ended with everything in it.
func TestRuns(t *testing.T) {
	client := nomad(t)
	eachDriver(t, func(t *testing.T, to translator.Target) {
		bp := dynomad.Blueprint{Config: dynomad.Config{"V": "value"}}
		status, text := once(t, client, to, bp, translator.Run{Name: "run.1234", Command: `echo "$DYNO $V"; exit 3`})
		if status != "3" || text != "run.1234 value\n" {
			t.Errorf("it ended with %s and printed %q", status, text)
		}
		marker := fmt.Sprintf("600.%d", time.Now().UnixNano())
		deaf := translator.Run{Name: "run.1", Command: `trap "" TERM; echo up; sh -c 'sleep ` + marker + `'; sleep ` + marker}
		deaf.Settings.Timeout, deaf.Settings.KillTimeout = new(time.Second), new(time.Second)
		if status, text = once(t, client, to, bp, deaf); status != "124" || text != "up\n" {
			t.Errorf("out of time it ended with %s and printed %q", status, text)
		}
		until(t, "nothing of it runs", func() bool { return !runs(t, marker) })
	})
}

// runs says whether a program with this word among its arguments is on this machine, which is the cluster's too.
func runs(t *testing.T, word string) bool {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil && strings.Contains(string(text), word) {
			return true
		}
	}
	return false
}

// TestProgramsWithoutAShell: the arguments arrive byte for byte, and a program of the slug starts in its folder.
func TestProgramsWithoutAShell(t *testing.T) {
	client := nomad(t)
	slug := tarball(t, map[string]string{"bin/here": "#!/bin/sh\n[ -e bin/here ] && [ \"${PWD##*/}\" = app ] && echo \"$@\"\n"})
	bucket := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(slug) }))
	defer bucket.Close()
	eachDriver(t, func(t *testing.T, to translator.Target) {
		words := []string{"${V} $V $$${node.unique.name} $${x} ${", "%{ if true } %%{x}", `"quoted" 'both' \ \n`, "{{ x }} é 🚀"}
		var run translator.Run
		run.Name, run.Settings.Exec = "run.1", append([]string{"/bin/echo"}, words...)
		want := strings.Join(words, " ") + "\n"
		if status, text := once(t, client, to, dynomad.Blueprint{}, run); status != "0" || text != want {
			t.Errorf("it ended with %s and printed\n%q, want\n%q", status, text, want)
		}
		bp := dynomad.Blueprint{Slug: dynomad.Slug{URL: bucket.URL + "/slug.tgz", SHA256: digest(slug)}}
		run.Settings.Exec = []string{"bin/here", "hello"}
		if status, text := once(t, client, to, bp, run); status != "0" || text != "hello\n" {
			t.Errorf("in its slug it ended with %s and printed %q", status, text)
		}
	})
}

// TestVolumes: a folder of the machine is where the manifest wants it.
func TestVolumes(t *testing.T) {
	client := nomad(t)
	eachDriver(t, func(t *testing.T, to translator.Target) {
		if to.Driver == "raw_exec" {
			t.Skip("it mounts nothing")
		}
		to.Allow.HostVolumes = []string{"usr"} // which every client has for the exec driver
		run := translator.Run{Name: "run.1", Command: "[ -x /mnt/system/bin/env ] && ! touch /mnt/system/x 2>/dev/null && echo there"}
		run.Settings.Volumes = []dynomad.Volume{{Name: "system", Type: new("host"), Source: new("usr"), Destination: new("/mnt/system"), ReadOnly: new(true)}}
		if status, text := once(t, client, to, dynomad.Blueprint{}, run); status != "0" || text != "there\n" {
			t.Errorf("it ended with %s and printed %q", status, text)
		}
	})
}

// TestCronsRun: a cron beside the app's dynos runs when Nomad is told that its time has come.
func TestCronsRun(t *testing.T) {
	client := nomad(t)
	eachDriver(t, func(t *testing.T, to translator.Target) {
		s := small()
		s.Schedule = []string{"0 0 1 1 *"}
		bp := dynomad.Blueprint{
			App: dynomad.App{Name: dynomad.AppName("t-" + uuid.NewString()[:8])}, Release: dynomad.Release{Version: 1}, Config: dynomad.Config{"V": "value"},
			Processes: []dynomad.Process{{Type: "nightly", Command: `echo "$DYNO $V"`, Settings: s}},
		}
		bundle, problems := translator.Translate(bp, to)
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		register(t, client, bundle)
		id := translator.CronJobID(bp.App.Name, "nightly")
		if _, _, err := client.Jobs().PeriodicForce(id, nil); err != nil {
			t.Fatal(err)
		}
		var child string
		until(t, "there is a run of it", func() bool {
			jobs, _, err := client.Jobs().PrefixList(id + "/")
			if err == nil && len(jobs) == 1 {
				child = jobs[0].ID
			}
			return child != ""
		})
		t.Cleanup(func() { _, _, _ = client.Jobs().Deregister(child, true, nil) })
		output(t, client, started(t, client, child, 1)[0], "nightly.1 value")
	})
}
