package target_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cmd/dynomad/target"
	"github.com/dynomad/dynomad/translator"
)

func TestDefault(t *testing.T) {
	to, err := target.Default("exec", "example.com", 443)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"web", "worker", "clock", "release", "run", "cron", "build"} {
		if to.Templates[name].Size == nil {
			t.Errorf("there is no whole template %q", name)
		}
	}
	if to.Templates["sidecar"].CPU != nil || to.Sidecar.CPU == nil {
		t.Error("the sidecar is among the process types")
	}
	for name, memory := range map[string]int{ // what Heroku gives
		"eco": 512, "basic": 512, "standard-1x": 512, "standard-2x": 1024, "performance-m": 2560, "performance-l": 14 * 1024,
		"performance-l-ram": 30 * 1024, "performance-xl": 62 * 1024, "performance-2xl": 126 * 1024,
	} {
		if got := to.Sizes[name]; got.Memory != memory || got.CPU == 0 {
			t.Errorf("%s is %v", name, got)
		}
	}
	if len(to.Sizes) != 9 {
		t.Errorf("the sizes are %v", to.Sizes)
	}
	if !slices.Equal(to.Docker.CapDrop, []string{"all"}) || to.Docker.User != "nobody" || to.Docker.Image == "" {
		t.Errorf("docker is %+v", to.Docker)
	}
	if diff := cmp.Diff(translator.Allow{}, to.Allow, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("something is allowed: %s", diff)
	}
	if to.Exec.User != "nobody" || !slices.Contains(to.Exec.Volumes, "usr") || to.Driver != "exec" || to.Domain != "example.com" || to.EdgePort != 443 {
		t.Errorf("the target is %+v", to)
	}
	if strings.Contains(to.Init, "# ") || !strings.Contains(to.Init, "$NOMAD_TASK_DIR/command") {
		t.Errorf("dynos start under %q", to.Init)
	}
}

// Our templates are whole: whatever starts from them needs nothing else, under every driver.
func TestTemplatesAreWhole(t *testing.T) {
	for _, driver := range []string{"docker", "exec", "raw_exec"} {
		to, err := target.Default(driver, "example.com", 443)
		if err != nil {
			t.Fatal(err)
		}
		to.Agent = &translator.Agent{URL: "http://localhost/agent", Logplex: "http://localhost"}
		bp := dynomad.Blueprint{App: dynomad.App{Name: "hello"}, Release: dynomad.Release{Version: 1}}
		for _, kind := range []dynomad.ProcessType{"web", "worker", "clock", "release", "mailer"} {
			bp.Processes = append(bp.Processes, dynomad.Process{Type: kind, Command: "x"})
		}
		bp.Processes = append(bp.Processes,
			dynomad.Process{Type: "api", Command: "x", Settings: dynomad.Settings{Service: new(true)}},
			dynomad.Process{Type: "nightly", Command: "x", Settings: dynomad.Settings{Schedule: []string{"@daily"}}})
		bundle, problems := translator.Translate(bp, to)
		if len(problems) > 0 || len(bundle.Jobs) != 2 || len(bundle.Jobs[0].TaskGroups) != 5 {
			t.Errorf("%s: %d jobs, %v", driver, len(bundle.Jobs), problems)
		}
		for _, name := range []string{"run", "build", "release"} {
			bundle, problems := translator.TranslateRun(bp, to, translator.Run{Name: name + ".1", Template: name, Command: "x"})
			if len(problems) > 0 || len(bundle.Jobs) != 1 || len(bundle.Jobs[0].TaskGroups[0].Tasks) != 2 {
				t.Errorf("%s: %s has %v", driver, name, problems)
			}
		}
	}
}

// operator is Default with a folder of an operator's.
func operator(files map[string]string) (target.Loaded, error) {
	folder := fstest.MapFS{}
	for name, text := range files {
		folder[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return target.Load([]target.Layer{target.Ours(), {Name: "/etc/templates", Files: folder}}, "raw_exec", "localhost", 8080)
}

// What an operator says wins setting by setting; what he leaves out stays ours.
func TestOperatorsTemplates(t *testing.T) {
	loaded, err := operator(map[string]string{
		"web.hcl":     "process \"web\" {\n  kill_timeout = \"7s\"\n  check {\n    interval = \"9s\"\n  }\n}\n",
		"sizes.hcl":   "size \"standard-1x\" {\n  cores = 1\n  memory = 512\n}\nsize \"House\" {\n  cpu    = 5\n  memory = 50\n}\n",
		"exec.hcl":    "exec {\n  user = \"dyno\"\n}\n",
		"docker.hcl":  "docker {\n  image = \"house/stack:3\"\n}\n",
		"allow.hcl":   "allow {\n  host_volumes = [\"uploads\"]\n}\n",
		"sidecar.hcl": "process \"sidecar\" {\n  memory = 64\n}\n",
		"dyno.sh":     "# ours\nexec /bin/sh \"$NOMAD_TASK_DIR/command\"\n",
		".hidden":     "not looked at",
	})
	if err != nil {
		t.Fatal(err)
	}
	to, ours := loaded.Target, byDefault(t)
	web := to.Templates["web"]
	if *web.KillTimeout != 7*time.Second || *web.Check.Interval != 9*time.Second || *web.Check.Kind != "tcp" || *web.Quantity != 1 {
		t.Errorf("web is %+v", web)
	}
	if *ours.Templates["web"].KillTimeout != 30*time.Second {
		t.Error("our own template has changed")
	}
	if diff := cmp.Diff(ours.Templates["worker"], to.Templates["worker"]); diff != "" {
		t.Errorf("worker has changed:\n%s", diff)
	}
	if *to.Sidecar.Memory != 64 || *to.Sidecar.CPU != *ours.Sidecar.CPU {
		t.Errorf("the sidecar is %+v", to.Sidecar)
	}
	if to.Sizes["standard-1x"] != (translator.Size{Cores: 1, Memory: 512}) || to.Sizes["house"] != (translator.Size{CPU: 5, Memory: 50}) {
		t.Errorf("the sizes are %v", to.Sizes)
	}
	if to.Exec.User != "dyno" || !slices.Equal(to.Exec.Volumes, ours.Exec.Volumes) {
		t.Errorf("exec is %+v", to.Exec)
	}
	if to.Docker.Image != "house/stack:3" || to.Docker.User != "nobody" || !slices.Equal(to.Docker.CapDrop, []string{"all"}) {
		t.Errorf("docker is %+v", to.Docker)
	}
	if !slices.Equal(to.Allow.HostVolumes, []string{"uploads"}) || to.Allow.Privileged {
		t.Errorf("allowed is %+v", to.Allow)
	}
	if to.Init != "exec /bin/sh \"$NOMAD_TASK_DIR/command\"\n" {
		t.Errorf("dynos start under %q", to.Init)
	}
	var layers []string
	for _, s := range loaded.Sources {
		if path.Base(s.File) == "web.hcl" {
			layers = append(layers, s.File)
			if s.Defaults.Processes["web"].KillTimeout == nil || len(s.Text) == 0 {
				t.Errorf("%s says %+v", s.File, s.Defaults)
			}
		}
	}
	if want := []string{"process/web.hcl", "/etc/templates/web.hcl"}; !slices.Equal(layers, want) {
		t.Errorf("the layers of web are %q", layers)
	}
}

func byDefault(t *testing.T) translator.Target {
	t.Helper()
	to, err := target.Default("raw_exec", "localhost", 8080)
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func TestLoadTellsEveryProblem(t *testing.T) {
	_, err := operator(map[string]string{
		"web.hcl":    "process \"web\" {\n  quantty = 1\n}",
		"worker.hcl": "process \"worker\" {\n  surge = 7\n}",
		"clock.hcl":  "\nprocess \"clokc\" {\n}\nsize \"big\" {\n  cpu = 1\n  memory = 10\n}\nexec {\n}\n",
		"mailer.hcl": "process \"mailer\" {\n}\n",
		"README.md":  "",
	})
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	for _, want := range []string{
		"/etc/templates/web.hcl:2:3: ", "/etc/templates/worker.hcl:2:11: ", "/etc/templates/mailer.hcl: there is no process template",
		"/etc/templates/README.md: there is no process template", "/etc/templates/clock.hcl:2: it speaks of process clokc",
		"it speaks of size big", "it speaks of exec", "allow.hcl, build.hcl, clock.hcl, cron.hcl",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("nobody is told %q, only\n%v", want, err)
		}
	}
}

// dyno starts a command as a dyno of this machine starts it, without Nomad.
func dyno(t *testing.T, command string, args ...string) (*exec.Cmd, *bytes.Buffer, io.Reader) {
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
	cmd := exec.CommandContext(ctx, "/bin/sh", append([]string{"local/dyno.sh"}, args...)...)
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
			cmd, problems, out := dyno(t, c.command, c.signal, "app")
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

// A dyno that has a time to end by is told to when it is over, and ended when it does not.
func TestDynoRunsOutOfTime(t *testing.T) {
	for _, c := range []struct {
		name, command, want string
		status              int
	}{
		{"in time", "echo done; exit 3", "done\n", 3},
		{"a program without a handler", "echo up; sleep 50", "up\n", 124},
		{"a pipe", "{ echo up; sleep 50; } | cat", "up\n", 124},
		{"a last word", `sh -c 'trap "sleep 0.3; echo bye; exit" TERM; echo up; while :; do sleep 0.1; done'`, "up\nbye\n", 124},
		{"deaf", `trap "" TERM; echo up; sleep 50 >/dev/null`, "up\n", 124},
		{"something deaf under a script", `sh -c 'trap "" TERM; echo up; sleep 50 >/dev/null' | cat; true`, "up\n", 124},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cmd, problems, out := dyno(t, c.command, "TERM", "", "1", "2")
			began := time.Now()
			got := make([]byte, len(c.want))
			_, _ = io.ReadFull(out, got)
			state, err := cmd.Process.Wait() // and not until its output is at an end: what is deaf has it still
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); string(got) != c.want || state.ExitCode() != c.status || took > 10*time.Second {
				t.Errorf("it printed %q and ended with %d after %v; %s", got, state.ExitCode(), took, problems)
			}
		})
	}
}

// In an image a dyno starts where the image says, with the home that it has there, and under the name that it was given.
func TestDynoOfAnImage(t *testing.T) {
	t.Setenv("HOME", "/var/home")
	t.Setenv("DYNO", "run.1234")
	cmd, problems, out := dyno(t, `echo "$DYNO $HOME ${PWD##*/}"`, "TERM")
	got, _ := io.ReadAll(out)
	if err := cmd.Wait(); err != nil {
		t.Fatal(err, problems)
	}
	if want := "run.1234 /var/home " + filepath.Base(cmd.Dir) + "\n"; string(got) != want {
		t.Errorf("it printed %q, want %q", got, want)
	}
}
