//go:build e2e

package dev

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dynomad/dynomad/internal/devcluster"
)

// patience bounds every wait; on a quiet machine the longest takes ten seconds.
const patience = 2 * time.Minute

// user is somebody with a home and the two binaries.
type user struct {
	t    *testing.T
	home string
	bin  string
	port string
}

func newUser(t *testing.T) *user {
	t.Helper()
	u := &user{t: t, home: t.TempDir(), bin: t.TempDir()}
	ports, err := devcluster.FreePorts(22000)
	if err != nil {
		t.Fatal(err)
	}
	u.port = fmt.Sprint(ports.Server)
	for _, name := range []string{"dynomad", "dynomad-agent"} {
		build := exec.Command("go", "build", "-o", filepath.Join(u.bin, name), "github.com/dynomad/dynomad/cmd/"+name)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	t.Cleanup(func() {
		_ = u.command("dev", "down").Run() // after a failure; else there is none any more
	})
	return u
}

func (u *user) command(args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	u.t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, filepath.Join(u.bin, "dynomad"), args...)
	cache, _ := os.UserCacheDir() // Nomad and Consul are built once for all homes
	cmd.Env = []string{"HOME=" + u.home, "PATH=" + os.Getenv("PATH"), "XDG_CACHE_HOME=" + cache}
	return cmd
}

func (u *user) run(args ...string) string {
	u.t.Helper()
	out, err := u.command(args...).CombinedOutput()
	if err != nil {
		u.t.Fatalf("dynomad %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// foreground starts `dynomad dev up` and returns once it is up. end sends a signal and returns what it printed in all.
func (u *user) foreground() (end func(syscall.Signal) string) {
	u.t.Helper()
	out, err := os.Create(filepath.Join(u.t.TempDir(), "out"))
	if err != nil {
		u.t.Fatal(err)
	}
	defer func() { _ = out.Close() }()
	printed := func() string {
		text, _ := os.ReadFile(out.Name())
		return string(text)
	}
	cmd := exec.Command(filepath.Join(u.bin, "dynomad"), "dev", "up", "--port-base", u.port)
	cmd.Env, cmd.Stdout, cmd.Stderr = u.command().Env, out, out
	if err := cmd.Start(); err != nil {
		u.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // what it prints is what counts
	}()
	deadline := time.Now().Add(patience)
	for !strings.Contains(printed(), "Ctrl-C ends it") {
		select {
		case <-ended:
			u.t.Fatalf("dynomad dev up has ended:\n%s", printed())
		case <-time.After(100 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			u.t.Fatalf("not up: %s", printed())
		}
	}
	return func(signal syscall.Signal) string {
		u.t.Helper()
		_ = cmd.Process.Signal(signal) // it may have ended by itself
		select {
		case <-ended:
		case <-time.After(patience):
			u.t.Fatal("it does not end")
		}
		return printed()
	}
}

// status is the table as JSON, or what went wrong instead.
func (u *user) status() string {
	out, _ := u.command("dev", "status", "--json").CombinedOutput()
	return string(out)
}

// worker waits until a dyno of the app is up, and returns its id.
func (u *user) worker() string {
	u.t.Helper()
	var last string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		out, err := u.command("ps", "-a", "steady", "--json").Output()
		var dynos []struct{ ID, Name, State string }
		if err != nil || json.Unmarshal(out, &dynos) != nil {
			continue
		}
		if last = string(out); len(dynos) == 1 && dynos[0].State == "up" {
			return dynos[0].ID
		}
	}
	u.t.Fatalf("no dyno is up: %s", last)
	return ""
}

// nothingRuns looks for processes and mounts of the user's platform.
func (u *user) nothingRuns() {
	u.t.Helper()
	if out := u.status(); strings.Count(out, `"down"`) != 9 {
		u.t.Errorf("something is left: %s", out)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil || bytes.Contains(mounts, []byte(u.home)) {
		u.t.Errorf("mounts are left: %v", err)
	}
	for _, pattern := range []string{"cmdline", "environ"} {
		files, err := filepath.Glob("/proc/[0-9]*/" + pattern)
		if err != nil {
			u.t.Fatal(err)
		}
		for _, file := range files {
			if text, err := os.ReadFile(file); err == nil && bytes.Contains(text, []byte(filepath.Join(u.home, ".local"))) {
				u.t.Errorf("left running: %s %q", file, text)
			}
		}
	}
}

// TestUpAndDown lives through what a developer does: Ctrl-C, another day, a crash of `up`, a look from a second terminal.
func TestUpAndDown(t *testing.T) {
	u := newUser(t)
	end := u.foreground()
	u.run("create", "steady")
	source := t.TempDir()
	procfile := []byte("worker: while :; do echo working; sleep 1; done\n")
	if err := os.WriteFile(filepath.Join(source, "Procfile"), procfile, 0o600); err != nil {
		t.Fatal(err)
	}
	u.run("deploy", source, "-a", "steady")
	u.run("ps:scale", "worker=1", "-a", "steady")
	u.worker()
	if out, err := u.command("dev", "up").CombinedOutput(); err == nil || !strings.Contains(string(out), "this platform is up already") {
		t.Errorf("up twice: %v\n%s", err, out)
	}
	if out := end(syscall.SIGINT); strings.Contains(out, "killed") || strings.Contains(out, "failed") {
		t.Errorf("it did not end in order:\n%s", out)
	}
	u.nothingRuns()

	end = u.foreground()
	before := u.worker()
	end(syscall.SIGKILL) // its processes run on, and the next `up` takes them up
	end = u.foreground()
	if after := u.worker(); after != before {
		t.Error("the dyno was replaced")
	}
	u.run("dev", "down")
	end(0) // `down` has ended it: there is nobody to send a signal to
	u.nothingRuns()
	u.run("dev", "reset", "--yes")
	if left, _ := filepath.Glob(filepath.Join(u.home, ".local/share/dynomad/dev/*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
