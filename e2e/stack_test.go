//go:build e2e

// Package e2e runs everything for real: Consul, Nomad with two clients, the control plane, the edge, the bucket, stock
// Fabio, and the command line as a user types it. One cluster is started for all tests, as `dynomad dev up` starts it.
package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dynomad/dynomad/internal/devcluster"
)

// stack is a running `dynomad dev` and what a user of it has.
type stack struct {
	bin    string // folder of our binaries
	home   string // HOME of the user that types commands
	dir    string // data of the cluster
	ports  devcluster.Ports
	driver string
	docker devcluster.Docker // only with the docker driver
}

// portBase is the first of the thousand ports that the stack takes.
const portBase = 21000

// the stack that the tests share, started by TestMain.
var shared *stack

func TestMain(m *testing.M) {
	code, err := runAll(m)
	if err != nil {
		log.Print(err)
		code = 1
	}
	os.Exit(code)
}

func runAll(m *testing.M) (int, error) {
	home, err := os.MkdirTemp("", "dynomad-e2e-")
	if err != nil {
		return 1, err
	}
	defer func() { _ = os.RemoveAll(home) }()
	bin, err := filepath.Abs("../bin")
	if err != nil {
		return 1, err
	}
	driver := os.Getenv("DYNOMAD_DRIVER")
	if driver == "" {
		driver = "raw_exec"
		if os.Geteuid() == 0 {
			driver = "exec"
		}
	}
	docker, stopDocker, err := ownDocker(driver)
	if err != nil || stopDocker == nil {
		return 0, err
	}
	defer stopDocker()
	shared = &stack{docker: docker, bin: bin, home: home, dir: filepath.Join(home, ".local/share/dynomad/dev/e2e"), ports: devcluster.PortsFrom(portBase), driver: driver}
	if err := shared.buildProbe(); err != nil {
		return 1, err
	}
	if err := shared.up(); err != nil {
		_ = shared.down()
		return 1, err
	}
	code := m.Run()
	if err := shared.down(); err != nil {
		return 1, err
	}
	return code, shared.leftovers()
}

// ownDocker starts a Docker daemon for the docker driver: beside that of the machine, whose containers and firewall are none of
// our business. Where none can be had there is nothing to stop either, and nothing is tested: on a laptop that is worth a
// line, in CI it is an error.
func ownDocker(driver string) (devcluster.Docker, func(), error) {
	if driver != "docker" {
		return devcluster.Docker{}, func() {}, nil
	}
	if err := devcluster.CanDockerd(); err != nil {
		if os.Getenv("CI") != "" {
			return devcluster.Docker{}, nil, err
		}
		log.Printf("SKIPPED: nothing is tried with the docker driver: %v", err)
		return devcluster.Docker{}, nil, nil
	}
	dir, err := os.MkdirTemp("/tmp", "dynomad-docker-")
	if err != nil {
		return devcluster.Docker{}, nil, err
	}
	d, err := devcluster.StartDockerd(context.Background(), dir, func(line string) { log.Print(line) })
	if err != nil {
		return devcluster.Docker{}, nil, err
	}
	return d.Docker, func() {
		if err := d.Stop(context.Background()); err != nil {
			log.Print(err)
		}
	}, nil
}

// buildProbe compiles the test app without cgo, because under exec it runs in a root of its own.
func (s *stack) buildProbe() error {
	cmd := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(s.home, "probe"), "./probe")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building the probe: %w\n%s", err, out)
	}
	return nil
}

func (s *stack) up() error {
	out, err := s.command(context.Background(), "dev", "up", "--name", "e2e", "--detach", "--driver", s.driver, "--port-base", fmt.Sprint(portBase)).CombinedOutput()
	if err != nil {
		return fmt.Errorf("dev up: %w\n%s", err, out)
	}
	return nil
}

func (s *stack) down() error {
	out, err := s.command(context.Background(), "dev", "down", "--name", "e2e").CombinedOutput()
	if err != nil {
		return fmt.Errorf("dev down: %w\n%s", err, out)
	}
	return nil
}

// leftovers says which processes and mounts of the cluster are still there.
func (s *stack) leftovers() error {
	if s.docker.Endpoint != "" {
		if left, err := s.docker.Containers(context.Background(), s.dir); err != nil || len(left) > 0 {
			return fmt.Errorf("containers are left: %v %w", left, err)
		}
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	if n := bytes.Count(mounts, []byte(s.dir)); n > 0 {
		return fmt.Errorf("%d mounts are left below %s", n, s.dir)
	}
	pids, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return err
	}
	for _, pid := range pids {
		line, err := os.ReadFile(pid)
		if err == nil && bytes.Contains(line, []byte(s.dir)) {
			return fmt.Errorf("a process is left: %s", bytes.ReplaceAll(line, []byte{0}, []byte{' '}))
		}
	}
	return nil
}

// command is the CLI with the environment of a user who has nothing but a HOME.
func (s *stack) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, "dynomad"), args...)
	cmd.Env = []string{"HOME=" + s.home, "PATH=" + os.Getenv("PATH"), "XDG_CACHE_HOME=" + cacheHome()}
	if s.docker.Endpoint != "" {
		cmd.Env = append(cmd.Env, "DOCKER_HOST="+s.docker.Endpoint)
	}
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// cacheHome is where Nomad and Consul were built: the real user's cache, not that of the user we make.
func cacheHome() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return dir
}

// try runs a command and returns what it printed on both streams.
func (s *stack) try(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	out, err := s.command(ctx, args...).CombinedOutput()
	return string(out), err
}

// run runs a command that must succeed.
func (s *stack) run(t *testing.T, args ...string) string {
	t.Helper()
	out, err := s.try(args...)
	if err != nil {
		t.Fatalf("dynomad %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// query runs a command with --json and decodes what it prints on stdout.
func (s *stack) query(t *testing.T, into any, args ...string) {
	t.Helper()
	out, err := s.command(t.Context(), append(args, "--json")...).Output()
	if err != nil {
		t.Fatalf("dynomad %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	if err := json.Unmarshal(out, into); err != nil {
		t.Fatalf("dynomad %s: %v in\n%s", strings.Join(args, " "), err, out)
	}
}

// source makes a directory to deploy: the probe, a Procfile, and perhaps a manifest.
func (s *stack) source(t *testing.T, procfile, manifest string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Link(filepath.Join(s.home, "probe"), filepath.Join(dir, "probe")); err != nil {
		body, err := os.ReadFile(filepath.Join(s.home, "probe"))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "probe"), string(body), 0o755)
	}
	write(t, filepath.Join(dir, "Procfile"), procfile, 0o644)
	if manifest != "" {
		write(t, filepath.Join(dir, "dynomad.hcl"), manifest, 0o644)
	}
	return dir
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// app makes an app that is destroyed at the test's end, and deploys a source to it.
func (s *stack) app(t *testing.T, name, source string) {
	t.Helper()
	s.run(t, "create", name)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the server's last words:\n%s", s.serverLog())
		}
		if out, err := s.try("destroy", "-a", name, "--confirm", name); err != nil && !strings.Contains(out, "there is no app") {
			t.Errorf("destroy %s: %v\n%s", name, err, out)
		}
	})
	if out, err := s.try("deploy", source, "-a", name, "--all"); err != nil {
		log, _ := s.try("logs", "-a", name)
		t.Fatalf("deploy: %v\n%s\nthe log:\n%s", err, out, log)
	}
}

// serverLog is the end of what the control plane printed.
func (s *stack) serverLog() string {
	server := &devcluster.Process{Name: "server", Dir: s.dir}
	return strings.Join(server.LastLines(40), "\n")
}

// edge is where Dynomad's own edge listens.
func (s *stack) edge() string { return fmt.Sprintf("127.0.0.1:%d", s.ports.Router) }

// ask sends a request to an app through the edge, by its host name.
func (s *stack) ask(ctx context.Context, method, app, path string) (int, string, error) {
	return askAt(ctx, s.edge(), method, fmt.Sprintf("%s.localhost:%d", app, s.ports.Router), path)
}

func askAt(ctx context.Context, addr, method, host, path string) (int, string, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+addr+path, nil)
	if err != nil {
		return 0, "", err
	}
	req.Host = host
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}

// get is ask for what must answer 200.
func (s *stack) get(t *testing.T, app, path string) string {
	t.Helper()
	status, body, err := s.ask(t.Context(), http.MethodGet, app, path)
	if err != nil || status != http.StatusOK {
		t.Fatalf("GET %s of %s: %d %v\n%s", path, app, status, err, body)
	}
	return body
}

// eventually waits until check is nil; these machines are slow at times, so the bound says only that it never happened.
func eventually(t *testing.T, within time.Duration, what string, check func() error) {
	t.Helper()
	deadline := time.Now().Add(within)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s: %v", what, within, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// cluster describes the machines below the stack, to ask them and to take them away.
func (s *stack) cluster(t testing.TB) *devcluster.Cluster {
	t.Helper()
	c, err := devcluster.Open(devcluster.Options{Dir: s.dir, Ports: s.ports, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
