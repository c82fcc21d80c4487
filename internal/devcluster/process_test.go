package devcluster

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad"
)

// shell is a process that runs a line of shell.
func shell(t *testing.T, line string) *Process {
	t.Helper()
	p := &Process{Name: "shell", Path: "/bin/sh", Args: []string{"-c", line}, Env: []string{"MARK=1"}, Dir: t.TempDir()}
	run(t, p)
	return p
}

// run starts a process and ends it with the test.
func run(t *testing.T, p *Process) {
	t.Helper()
	t.Cleanup(func() {
		if err := p.Kill(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
}

// printed waits until the process has printed so many lines.
func printed(t *testing.T, p *Process, lines int) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var got []string
	if !poll(ctx, 5*time.Millisecond, func() bool {
		got = p.LastLines(100)
		return len(got) >= lines && got[0] != ""
	}) {
		t.Fatalf("printed only %q", got)
	}
	return got
}

func TestProcessIsFoundAgain(t *testing.T) {
	p := shell(t, "echo hello; exec sleep 600")
	found := &Process{Name: p.Name, Path: p.Path, Args: p.Args, Dir: p.Dir}
	if found.PID() == 0 || found.PID() != p.PID() {
		t.Fatalf("found process %d, want %d", found.PID(), p.PID())
	}
	if err := found.Start(); err != nil { // it runs: nothing to do
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"hello"}, printed(t, p, 1)); diff != "" {
		t.Errorf("the log (-want +got):\n%s", diff)
	}
	if err := found.Stop(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	if p.Alive() || found.Alive() {
		t.Error("it is still alive")
	}
	if err := found.Stop(t.Context(), time.Minute); err != nil {
		t.Errorf("stopping what does not run: %v", err)
	}
}

func TestProcessHasOnlyItsOwnEnvironment(t *testing.T) {
	t.Setenv("SECRET", "of the caller")
	p := shell(t, `echo "[$SECRET][$MARK]"; exec sleep 600`)
	if diff := cmp.Diff([]string{"[][1]"}, printed(t, p, 1)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestProcessThatWillNotEndIsKilled(t *testing.T) {
	p := shell(t, `trap "echo no" INT; echo ready; while :; do sleep 0.1; done`)
	printed(t, p, 1)
	if err := p.Stop(t.Context(), 300*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if p.Alive() {
		t.Error("it is still alive")
	}
	if diff := cmp.Diff([]string{"ready", "no"}, p.LastLines(2)); diff != "" {
		t.Errorf("it was not asked first (-want +got):\n%s", diff)
	}
}

func TestProcessIdsAreNotMistaken(t *testing.T) {
	p := shell(t, "exec sleep 600")
	id, err := os.ReadFile(p.pidPath())
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(id))
	for what, forged := range map[string]string{
		"another start": fmt.Sprintf("%s 1 %s\n", fields[0], fields[2]),
		"another boot":  fmt.Sprintf("%s %s 0-0\n", fields[0], fields[1]),
		"an empty file": "",
		"nonsense":      "x y z",
	} {
		if err := os.WriteFile(p.pidPath(), []byte(forged), 0o600); err != nil {
			t.Fatal(err)
		}
		if pid := p.PID(); pid != 0 {
			t.Errorf("%s: taken for process %d", what, pid)
		}
	}
	if err := os.WriteFile(p.pidPath(), id, 0o600); err != nil {
		t.Fatal(err)
	}
	if !p.Alive() {
		t.Error("its own id is not recognised")
	}
}

func TestProcessThatCannotStart(t *testing.T) {
	p := &Process{Name: "shell", Path: "/nowhere", Dir: t.TempDir()}
	if err := p.Start(); dynomad.KindOf(err) != dynomad.KindInternal {
		t.Errorf("a missing program: got %v", err)
	}
	if p.Alive() {
		t.Error("it is alive")
	}
}

func TestLargeLogIsPutAside(t *testing.T) {
	p := &Process{Name: "shell", Path: "/bin/sh", Args: []string{"-c", "echo new; exec sleep 600"}, Dir: t.TempDir()}
	if err := os.MkdirAll(filepath.Dir(p.LogPath()), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.LogPath(), make([]byte, maxLog+1), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, p)
	if diff := cmp.Diff([]string{"new"}, printed(t, p, 1)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if info, err := os.Stat(p.LogPath() + ".1"); err != nil || info.Size() != maxLog+1 {
		t.Errorf("the old log is not kept: %v", err)
	}
}

// TestKillAll ends a family that has scattered itself, and only that: a stranger with its working directory there lives.
func TestKillAll(t *testing.T) {
	dir := t.TempDir()
	marked := exec.Command("/bin/sh", "-c", `setsid sh -c "env -i sleep 600" & trap "" TERM INT HUP; echo started; sleep 600; sleep 600`)
	marked.Env = []string{"HOME=" + filepath.Join(dir, "client-1"), "PATH=" + defaultPath}
	out, err := marked.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stranger := exec.Command("sleep", "600")
	stranger.Dir = dir
	for _, cmd := range []*exec.Cmd{marked, stranger} {
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Signal(syscall.SIGKILL)
			_ = cmd.Wait()
		})
	}
	if _, err := out.Read(make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if !poll(ctx, 5*time.Millisecond, func() bool { return len(belonging(dir)) >= 3 }) { // sh, its sleep, the scattered one
		t.Fatalf("belonging to it: %v", belonging(dir))
	}
	found, err := killAll(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 3 {
		t.Errorf("it tells only of %q", found)
	}
	if left := belonging(dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if _, err := identify(stranger.Process.Pid); err != nil {
		t.Errorf("the stranger was killed: %v", err)
	}
}
