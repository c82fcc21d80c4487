package target_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/dynomad/dynomad/cmd/dynomad/target"
	"github.com/dynomad/dynomad/translator"
)

func TestDefault(t *testing.T) {
	to, err := target.Default("exec", "example.com", 443)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"web", "worker", "clock"} {
		if to.Templates[name].Size == nil {
			t.Errorf("there is no whole template %q", name)
		}
	}
	if to.Templates["sidecar"].CPU != nil || to.Sidecar.CPU == nil {
		t.Error("the sidecar is among the process types")
	}
	if want := (translator.Size{CPU: 100, Memory: 512}); to.Sizes["standard-1x"] != want {
		t.Errorf("standard-1x is %v", to.Sizes["standard-1x"])
	}
	if to.Exec.User != "nobody" || !slices.Contains(to.Exec.Volumes, "usr") || to.Driver != "exec" || to.Domain != "example.com" || to.EdgePort != 443 {
		t.Errorf("the target is %+v", to)
	}
	if strings.Contains(to.Init, "# ") || !strings.Contains(to.Init, "../command") {
		t.Errorf("dynos start under %q", to.Init)
	}
}

func TestLoadTellsEveryProblem(t *testing.T) {
	_, err := target.Load(fstest.MapFS{
		"web.hcl":    {Data: []byte("process \"web\" {\n  quantty = 1\n}")},
		"worker.hcl": {Data: []byte("process \"worker\" {\n  surge = 7\n}")},
	}, "raw_exec", "localhost", 8080)
	if err == nil || !strings.Contains(err.Error(), "process/web.hcl:2:3: ") || !strings.Contains(err.Error(), "process/worker.hcl:2:11: ") {
		t.Errorf("the problems are %v", err)
	}
	if _, err := target.Load(fstest.MapFS{}, "raw_exec", "localhost", 8080); err == nil {
		t.Error("a folder without templates is taken")
	}
}

// dyno starts a command as a dyno of this machine starts it, without Nomad.
func dyno(t *testing.T, signal, command string) (*exec.Cmd, *bytes.Buffer, io.Reader) {
	t.Helper()
	to, err := target.Default("raw_exec", "localhost", 8080)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"dyno.sh": to.Init, "command": command} {
		if err := os.MkdirAll(filepath.Join(dir, "local"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "local", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "/bin/sh", "local/dyno.sh", signal)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "NOMAD_TASK_DIR="+filepath.Join(dir, "local"), "NOMAD_GROUP_NAME=web", "NOMAD_ALLOC_INDEX=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // as Nomad's executor does
	var errors bytes.Buffer
	cmd.Stderr = &errors
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }) // what it has left behind, as Nomad does
	return cmd, &errors, out
}

func TestDynoStartsAndEnds(t *testing.T) {
	const polite = `sh -c 'trap "sleep 1; echo bye; exit 4" %s; echo ready; while :; do sleep 0.1; done'`
	for _, c := range []struct {
		name, signal, command, want string
		tell                        bool // to end, once it has printed its first line
		status                      int
	}{
		{"its name, home and folder", "TERM", `echo $DYNO; [ "$HOME" = "$PWD" ] && echo ${PWD##*/}`, "web.2\napp\n", false, 0},
		{"the status of its command", "TERM", "exit 3", "", false, 3},
		{"a command that is not there", "TERM", "./absent 2>/dev/null", "", false, 127},
		{"a command that no shell can read", "TERM", "echo 'open 2>/dev/null", "", false, 2},
		{"what is left behind does not keep it", "TERM", "sleep 50 >/dev/null 2>&1 & echo done", "done\n", false, 0},
		{"no handler", "TERM", "echo ready; sleep 50", "ready\n", true, 143},
		{"a pipe", "TERM", "{ echo ready; sleep 50; } | cat", "ready\n", true, 143},
		{"a handler", "TERM", "exec " + strings.Replace(polite, "%s", "TERM", 1), "ready\nbye\n", true, 4},
		{"a handler under a script", "TERM", strings.Replace(polite, "%s", "TERM", 1) + "; echo after", "ready\nbye\n", true, 143},
		{"another signal", "USR2", "exec " + strings.Replace(polite, "%s", "USR2", 1), "ready\nbye\n", true, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cmd, problems, out := dyno(t, c.signal, c.command)
			var got bytes.Buffer
			for part := make([]byte, 1024); ; {
				n, err := out.Read(part)
				got.Write(part[:n])
				if c.tell && n > 0 && strings.Contains(got.String(), "ready") {
					c.tell = false
					if err := cmd.Process.Signal(signals[c.signal]); err != nil {
						t.Fatal(err)
					}
				}
				if err != nil {
					break
				}
			}
			_ = cmd.Wait() // the status is looked at below
			if got.String() != c.want || cmd.ProcessState.ExitCode() != c.status {
				t.Errorf("it printed %q and ended with %d, want %q and %d; %s", got.String(), cmd.ProcessState.ExitCode(), c.want, c.status, problems)
			}
		})
	}
}

var signals = map[string]syscall.Signal{"TERM": syscall.SIGTERM, "USR2": syscall.SIGUSR2}
