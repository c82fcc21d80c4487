package dev

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	neturl "net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cmd/dynomad/cli"
	"github.com/dynomad/dynomad/internal/devcluster"
)

// home gives the test a home of its own, so that its platforms are nobody else's.
func home(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	t.Setenv("XDG_DATA_HOME", "")
	t.Setenv("XDG_CONFIG_HOME", "")
	return dir
}

// dynomadDev runs `dynomad dev` with arguments and returns its exit code and what it prints on both streams.
func dynomadDev(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	var grammar struct {
		cli.Commands `embed:""`
		Dev          Cmd `cmd:""`
	}
	var both bytes.Buffer
	code = cli.Main(&grammar, cli.Process{
		Args: append([]string{"dev"}, args...), Dir: t.TempDir(), Getenv: os.Getenv, Now: time.Now,
		Stdin: strings.NewReader("n\n"), Stdout: &both, Stderr: &both,
	})
	return code, both.String()
}

func TestCommandsWithoutAPlatform(t *testing.T) {
	home(t)
	for _, command := range []string{"down", "status", "logs", "reset"} {
		code, out := dynomadDev(t, command)
		if code != 3 || !strings.Contains(out, "`dynomad dev up` makes one") {
			t.Errorf("%s: exit code %d: %s", command, code, out)
		}
	}
	if code, out := dynomadDev(t, "status", "--name", "No Name"); code != 1 || !strings.Contains(out, `the name "No Name" is not valid`) {
		t.Errorf("a bad name: exit code %d: %s", code, out)
	}
}

func TestRender(t *testing.T) {
	code, out := dynomadDev(t, "render", "nomad/namespace.json", "namespace=apps", "drivers=exec raw_exec")
	want := "{\n  \"Name\": \"apps\",\n  \"Description\": \"the apps of Dynomad\",\n  \"Capabilities\": {\n" +
		"    \"EnabledTaskDrivers\": [\"exec\", \"raw_exec\"]\n  }\n}\n"
	if diff := cmp.Diff(want, out); code != 0 || diff != "" {
		t.Errorf("exit code %d (-want +got):\n%s", code, diff)
	}
	if code, out := dynomadDev(t, "render", "nomad/namespace.json"); code != 1 || !strings.Contains(out, `no value for "namespace"`) {
		t.Errorf("a missing value: exit code %d: %s", code, out)
	}
	if code, out := dynomadDev(t, "render"); code != 0 || !strings.Contains(out, "nomad/client.hcl\n") {
		t.Errorf("the list: exit code %d: %s", code, out)
	}
}

// platform makes the folder of a platform that does not run.
func platform(t *testing.T, ports devcluster.Ports) (dir string) {
	t.Helper()
	dir = filepath.Join(home(t), ".local", "share", "dynomad", "dev", "default")
	o := devcluster.Options{Dir: dir, Ports: ports, Log: slog.New(slog.DiscardHandler)}
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(filepath.Join(dir, "cluster.json"), text, 0o600)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestStatusOfWhatDoesNotRun(t *testing.T) {
	platform(t, devcluster.PortsFrom(31000))
	code, out := dynomadDev(t, "status", "--json")
	var rows []row
	if err := json.Unmarshal([]byte(out), &rows); err != nil || code != 0 {
		t.Fatalf("exit code %d: %v: %s", code, err, out)
	}
	want := row{Name: "server", Address: "127.0.0.1:31000", State: "down"}
	if diff := cmp.Diff(want, rows[1]); diff != "" || len(rows) != 9 {
		t.Errorf("%d rows (-want +got):\n%s", len(rows), diff)
	}
	if code, out := dynomadDev(t, "down"); code != 0 || out != "" {
		t.Errorf("down: exit code %d: %s", code, out)
	}
}

func TestLogs(t *testing.T) {
	dir := platform(t, devcluster.PortsFrom(31000))
	for name, text := range map[string]string{"server": "one\ntwo\nthree\n", "nomad-client-2": "    four\n"} {
		path := (&devcluster.Process{Name: name, Dir: dir}).LogPath()
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"logs", "-n", "2"}, "server | two\nserver | three\nnomad-client-2 | four\n"},
		{[]string{"logs", "nomad-client-2"}, "nomad-client-2 | four\n"},
	} {
		if code, out := dynomadDev(t, test.args...); code != 0 || out != test.want {
			t.Errorf("%q: exit code %d: %s", test.args, code, out)
		}
	}
	if code, _ := dynomadDev(t, "logs", "nobody"); code != 3 {
		t.Errorf("an unknown process: exit code %d", code)
	}
}

// TestUpWithoutDocker says what is missing before anything is started: the daemon, then the image.
func TestUpWithoutDocker(t *testing.T) {
	home(t)
	t.Setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
	code, out := dynomadDev(t, "up", "--driver", "docker")
	if code == 0 || !strings.Contains(out, "no Docker daemon answers at unix:///nowhere/docker.sock") || !strings.Contains(out, "DOCKER_HOST") {
		t.Errorf("without a daemon: exit code %d: %s", code, out)
	}
	if code, out := dynomadDev(t, "image"); code == 0 || !strings.Contains(out, "no Docker daemon answers") {
		t.Errorf("an image without a daemon: exit code %d: %s", code, out)
	}
	if code, out := dynomadDev(t, "image", "--name-only"); code != 0 || out != devcluster.StackImage+"\n" {
		t.Errorf("its name: exit code %d: %s", code, out)
	}

	docker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/_ping" {
			http.NotFound(w, r) // there is no image at all
		}
	}))
	defer docker.Close()
	t.Setenv("DOCKER_HOST", "tcp://"+docker.Listener.Addr().String())
	code, out = dynomadDev(t, "up", "--driver", "docker")
	if code == 0 || !strings.Contains(out, "no image for dynos") || !strings.Contains(out, "`dynomad dev image`") {
		t.Errorf("without an image: exit code %d: %s", code, out)
	}
}

// TestReaderFollows writes to a log while it is followed: in pieces, and anew.
func TestReaderFollows(t *testing.T) {
	process := &devcluster.Process{Name: "p", Dir: t.TempDir()}
	if err := os.MkdirAll(filepath.Dir(process.LogPath()), 0o700); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	ui := cli.NewUI(&out, &out, func(string) string { return "" })
	r := &reader{process: process}
	r.begin(ui, 10)
	for _, text := range []string{"one\ntw", "one\ntwo\nthree\n", "new\n"} {
		if err := os.WriteFile(process.LogPath(), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r.more(ui)
	}
	if diff := cmp.Diff("p | one\np | two\np | three\np | new\n", out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPortsOfAPlatformStay(t *testing.T) {
	made, err := devcluster.FreePorts(22000)
	if err != nil {
		t.Fatal(err)
	}
	dir := platform(t, made)
	base := made.Server
	for _, test := range []struct {
		what string
		base int
		kind dynomad.Kind
	}{{"none asked for", 0, ""}, {"the same", base, ""}, {"others", base + 1000, dynomad.KindConflict}} {
		got, err := (&UpCmd{PortBase: test.base}).ports(t.Context(), dir)
		if dynomad.KindOf(err) != test.kind {
			t.Errorf("%s: %v", test.what, err)
		}
		if test.kind == "" && got != made {
			t.Errorf("%s: got %+v, want %+v", test.what, got, made)
		}
	}
}

func TestLockIsTakenOver(t *testing.T) {
	dir := t.TempDir()
	first, err := take(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := take(dir); !errors.Is(err, errHeld) {
		t.Fatalf("taken twice: %v", err)
	}
	if pid := holder(dir); pid != os.Getpid() {
		t.Errorf("held by %d, want %d", pid, os.Getpid())
	}
	// Nobody is to be asked to end here but us: another's id stands in for the holder's, one that cannot exist.
	if err := os.WriteFile(lockPath(dir), []byte(strconv.Itoa(1<<30)), 0o600); err != nil {
		t.Fatal(err)
	}
	taken := make(chan error, 1)
	go func() {
		second, err := takeOver(t.Context(), dir)
		if err == nil {
			second.release()
		}
		taken <- err
	}()
	select {
	case err := <-taken:
		t.Fatalf("taken over while it was held: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	first.release()
	if err := <-taken; err != nil {
		t.Error(err)
	}
	if pid := holder(dir); pid != 0 {
		t.Errorf("held by %d, want nobody", pid)
	}
}

// TestAdministratorIsMadeOnce redeems the setup link of a server that gives one token for one secret.
func TestAdministratorIsMadeOnce(t *testing.T) {
	var asked []map[string]string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in map[string]string
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || r.Method+" "+r.URL.Path != "POST /dynomad/setup" {
			t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
		}
		if asked = append(asked, in); in["token"] != "secret" {
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"id":"forbidden","message":"this link has been used"}`))
			return
		}
		_, _ = w.Write([]byte(`{"token":"api-token","email":"admin@dynomad.localhost"}`))
	}))
	defer server.Close()
	at, err := neturl.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(at.Port())
	if err != nil {
		t.Fatal(err)
	}
	dir := platform(t, devcluster.Ports{Server: port})
	cluster, err := open(dir)
	if err != nil {
		t.Fatal(err)
	}
	p := &plane{cluster: cluster}
	if _, err := p.ensureAdmin(t.Context()); dynomad.KindOf(err) != dynomad.KindNotFound {
		t.Errorf("without a link: %v", err)
	}
	link := func(secret string) {
		path := filepath.Join(p.data(), "setup-link")
		text := server.URL + "/console/setup?token=" + secret + "\n"
		if err := errors.Join(os.MkdirAll(p.data(), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	link("old")
	if _, err := p.ensureAdmin(context.Background()); err == nil || !strings.Contains(err.Error(), "this link has been used") {
		t.Errorf("with an old link: %v", err)
	}
	link("secret")
	first, err := p.ensureAdmin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if first.Token != "api-token" || first.Password != asked[1]["password"] || len(first.Password) < 20 {
		t.Errorf("got %+v, asked %v", first, asked[1])
	}
	second, err := p.ensureAdmin(t.Context())
	if err != nil || len(asked) != 2 {
		t.Errorf("asked %d times: %v", len(asked), err)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("(-first +second):\n%s", diff)
	}
	if info, err := os.Stat(filepath.Join(dir, adminFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%s: %v %v", adminFile, info, err)
	}
}
