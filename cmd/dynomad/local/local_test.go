package local

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cmd/dynomad/cli"
)

// TestMain lets tests run this test's own binary as `dynomad`, a process like any other.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"dynomad": func() {
		os.Exit(cli.Main(&struct {
			cli.Commands `embed:""`
			Local        Cmd `cmd:""`
		}{}, cli.FromOS()))
	}})
}

// TestScripts runs the scripts in testdata, with one more command: exits CODE PROGRAM ARGS… runs it and checks its exit code.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			env.Setenv("GORACE", "atexit_sleep_ms=10") // instead of a second after each command
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		coded, ok := err.(interface{ ExitCode() int })
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = coded.ExitCode()
	}
	if want, err := strconv.Atoi(args[0]); err != nil || got != want {
		ts.Fatalf("%v exits with %d, want %s", args[1:], got, args[0])
	}
}

// running is a `dynomad local` that a test has started.
type running struct {
	t      *testing.T
	cmd    *exec.Cmd
	dir    string
	marker string // stands in the command line of whatever the test's Procfile starts
	out    bytes.Buffer
	began  time.Time
}

// start runs a Procfile in which MARK is a piece of shell that sleeps for an hour, and waits until it has made a file
// `ready`.
func start(t *testing.T, procfile string, args ...string) *running {
	t.Helper()
	r := &running{t: t, dir: t.TempDir(), marker: fmt.Sprintf("3600.%09d", rand.IntN(1e9))}
	text := strings.ReplaceAll(procfile, "MARK", "sleep "+r.marker)
	if err := os.WriteFile(filepath.Join(r.dir, "Procfile"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r.cmd = exec.Command("dynomad", append([]string{"local"}, args...)...)
	r.cmd.Dir, r.cmd.Stdout, r.cmd.Stderr = r.dir, &r.out, &r.out
	r.cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=10")
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.cmd.Process.Kill() })
	r.until("it is ready", func() bool { return exists(filepath.Join(r.dir, "ready")) })
	r.began = time.Now()
	return r
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func (r *running) until(what string, is func() bool) {
	r.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("never: %s\n%s", what, &r.out)
		}
	}
}

func (r *running) signal(sig syscall.Signal) {
	r.t.Helper()
	if err := r.cmd.Process.Signal(sig); err != nil {
		r.t.Fatal(err)
	}
}

// ends waits for its end, checks the exit code and that nothing that it has started is left.
func (r *running) ends(code int) time.Duration {
	r.t.Helper()
	err := r.cmd.Wait()
	took := time.Since(r.began)
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		r.t.Fatal(err)
	} else if got := r.cmd.ProcessState.ExitCode(); got != code {
		r.t.Errorf("exit code %d, want %d: %v\n%s", got, code, exit, &r.out)
	}
	if left := r.left(); left != "" {
		r.t.Errorf("left behind: %s\n%s", left, &r.out)
	}
	return took
}

// left lists the processes with the marker that have not ended.
func (r *running) left() string {
	out, err := exec.Command("ps", "-A", "-o", "pid=,stat=,args=").Output()
	if err != nil {
		r.t.Fatal(err)
	}
	var left []string
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if strings.Contains(line, r.marker) && len(fields) > 1 && !strings.HasPrefix(fields[1], "Z") {
			left = append(left, strings.TrimSpace(line))
		}
	}
	return strings.Join(left, "; ")
}

func TestCtrlC(t *testing.T) {
	// A script, a pipe, a child whose parent has gone, and one in a process group of its own: all of them hear the signal.
	r := start(t, "web: (MARK & MARK | cat) & sleep 0.1; set -m; MARK & echo >ready; wait; MARK\nworker: MARK\n")
	r.signal(syscall.SIGINT)
	if took := r.ends(130); took > 4*time.Second {
		t.Errorf("it took %v", took)
	}
	if out := r.out.String(); strings.Contains(out, "SIGKILL") || strings.Count(out, "Stopping process with SIGTERM") != 2 {
		t.Errorf("it says:\n%s", out)
	}
}

func TestKillSignalAndTimeout(t *testing.T) {
	r := start(t, "web: trap 'echo heard INT' INT; trap '' TERM; echo >ready; while :; do MARK; done\n", "--timeout", "1s")
	r.signal(syscall.SIGTERM)
	if took := r.ends(143); took < time.Second || took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	if out := r.out.String(); !strings.Contains(out, "Stopping process with SIGKILL") || !strings.Contains(out, "exited with status 137") {
		t.Errorf("it says:\n%s", out)
	}
	if strings.Contains(r.out.String(), "| heard INT") {
		t.Error("it was told SIGINT")
	}
}

func TestSecondCtrlCKills(t *testing.T) {
	r := start(t, "web: trap '' TERM; echo >ready; while :; do MARK; done\n", "--timeout", "1h")
	r.signal(syscall.SIGINT)
	time.Sleep(300 * time.Millisecond)
	if r.left() == "" {
		t.Error("the first has killed already")
	}
	r.signal(syscall.SIGINT)
	if took := r.ends(130); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

// A process that exits ends the others, and also what it has itself left running.
func TestTheFirstToExitEndsAll(t *testing.T) {
	r := start(t, "web: trap '' HUP; MARK & echo >ready; sleep 0.3; kill -USR1 $$\nworker: MARK\n")
	r.ends(128 + int(syscall.SIGUSR1))
}

// What cannot be printed any more ends it as well.
func TestNobodyReads(t *testing.T) {
	dir := t.TempDir()
	marker := fmt.Sprintf("3600.%09d", rand.IntN(1e9))
	text := "web: while :; do echo line; sleep 0.01; done\nworker: sleep " + marker + "\n"
	if err := os.WriteFile(filepath.Join(dir, "Procfile"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/bin/sh", "-c", "dynomad local --timeout 5s | head -3")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=10")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	r := running{t: t, marker: marker}
	if left := r.left(); left != "" {
		t.Errorf("left behind: %s\n%s", left, out)
	}
}

// A daemon leaves the session on purpose. It is not waited for, though it holds the pipe.
func TestADaemonIsNotWaitedFor(t *testing.T) {
	if _, err := exec.LookPath("setsid"); err != nil {
		t.Skip(err)
	}
	r := start(t, "web: setsid sleep 3 & echo >ready; sleep 0.2\n")
	if took := r.ends(0); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestCopyLines(t *testing.T) {
	long := strings.Repeat("ü", maxLine) // two bytes each
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", nil},
		{"two", "one\ntwo\n", []string{"one", "two"}},
		{"no end", "one\ntwo", []string{"one", "two"}},
		{"empty lines", "\n\n", []string{"", ""}},
		{"DOS", "one\r\ntwo\r\n", []string{"one", "two"}},
		{"as long as can be", long[:maxLine] + "\nx", []string{long[:maxLine], "x"}},
		{"too long", long + "\nx\n", []string{long[:maxLine], long[maxLine:], "x"}},
		{"cut within a character", "a" + long, []string{"a" + long[:maxLine-2], long[:maxLine], long[:2]}},
		{"bytes that are no characters", "\xff\xc3\n\xff", []string{"\xff\xc3", "\xff"}},
	} {
		var got []string
		copyLines(strings.NewReader(test.text), func(text string) { got = append(got, text) })
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%.300s", test.name, diff)
		}
	}
}

func FuzzCopyLines(f *testing.F) {
	f.Add([]byte("one\r\ntwo"), 3)
	f.Fuzz(func(t *testing.T, text []byte, times int) {
		text = bytes.Repeat(text, 1+min(max(times, 0), 1<<17/(len(text)+1)))
		var got []byte
		copyLines(bytes.NewReader(text), func(line string) {
			if strings.Contains(line, "\n") || len(line) > maxLine+utf8.UTFMax {
				t.Errorf("a line of %d bytes: %.100q", len(line), line)
			}
			got = append(got, line...)
		})
		bare := func(b []byte) string { return strings.NewReplacer("\r", "", "\n", "").Replace(string(b)) }
		if bare(got) != bare(text) {
			t.Errorf("%d bytes became %d", len(text), len(got))
		}
	})
}

func TestChoose(t *testing.T) {
	cron := dynomad.Process{Type: "nightly", Command: "c", Settings: dynomad.Settings{Schedule: []string{"0 3 * * *"}}}
	processes := []dynomad.Process{{Type: "web", Command: "w"}, {Type: "release", Command: "r"}, {Type: "worker", Command: "k"}, cron}
	for _, test := range []struct {
		types, changes []string
		want           map[dynomad.ProcessType]int
	}{
		{nil, nil, map[dynomad.ProcessType]int{"web": 1, "worker": 1}},
		{nil, []string{"all=2", "web=1"}, map[dynomad.ProcessType]int{"web": 1, "worker": 2}},
		{nil, []string{"all=0", "nightly=1"}, map[dynomad.ProcessType]int{"nightly": 1}},
		{[]string{"nightly", "web"}, []string{"all=0"}, map[dynomad.ProcessType]int{"nightly": 1, "web": 1}},
		{[]string{"release"}, []string{"release=3", "web=2"}, map[dynomad.ProcessType]int{"release": 3}},
	} {
		f, err := choose(processes, test.types, test.changes)
		if diff := cmp.Diff(test.want, f.count); diff != "" || err != nil {
			t.Errorf("%v %v: %v (-want +got):\n%s", test.types, test.changes, err, diff)
		}
	}
}
