//go:build e2e

package router

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"

	"github.com/dynomad/dynomad/internal/devcluster"
	"github.com/dynomad/dynomad/templates"
)

// program finds a program on PATH or in the cache, or builds it there.
func program(t *testing.T, name string) string {
	t.Helper()
	finder, err := devcluster.NewFinder(func(line string) { t.Log(line) })
	if err != nil {
		t.Fatal(err)
	}
	path, err := finder.Find(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// start runs a program with an empty environment and returns how to kill it.
func start(t *testing.T, name string, args ...string) (kill func()) {
	t.Helper()
	out := &lines{}
	command := exec.Command(program(t, name), args...)
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
	command.Stdout, command.Stderr = out, out
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	killed := false
	kill = func() {
		if !killed {
			killed = true
			_ = command.Process.Signal(syscall.SIGKILL)
			_ = command.Wait()
		}
	}
	t.Cleanup(func() {
		kill()
		if t.Failed() {
			text := out.String()
			t.Logf("%s said:\n%s", name, text[max(0, len(text)-4000):])
		}
	})
	return kill
}

func freePorts(t *testing.T, n int) (ports []int) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

// agent is a Consul server that lets nobody in without a token.
type agent struct {
	*api.Client
	addr  string
	start func()
	kill  func()
}

const managementToken = "a5b1c0de-0000-4000-8000-000000000001"

func newAgent(t *testing.T) *agent {
	t.Helper()
	dir, ports := t.TempDir(), freePorts(t, 4)
	a := &agent{addr: fmt.Sprintf("127.0.0.1:%d", ports[0])}
	config, err := json.Marshal(map[string]any{
		"server": true, "bootstrap_expect": 1, "bind_addr": "127.0.0.1", "client_addr": "127.0.0.1", "data_dir": dir, "log_level": "warn",
		"node_name": "one", "disable_update_check": true, "performance": map[string]any{"raft_multiplier": 1},
		"ports": map[string]any{"http": ports[0], "server": ports[1], "serf_lan": ports[2], "serf_wan": ports[3], "dns": -1, "grpc": -1, "grpc_tls": -1},
		"acl": map[string]any{
			"enabled": true, "default_policy": "deny",
			"tokens": map[string]any{"initial_management": managementToken, "agent": managementToken},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "consul.json")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		t.Fatal(err)
	}
	if a.Client, err = api.NewClient(&api.Config{Address: a.addr, Token: managementToken}); err != nil {
		t.Fatal(err)
	}
	a.start = func() {
		a.kill = start(t, "consul", "agent", "-config-file", file)
		patiently(t, "consul lists its node", func() error {
			nodes, _, err := a.Catalog().Nodes(nil)
			if err == nil && len(nodes) == 0 {
				err = fmt.Errorf("no node")
			}
			return err
		})
	}
	a.start()
	return a
}

func patiently(t *testing.T, what string, try func() error) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if err = try(); err == nil {
			return
		}
	}
	t.Fatalf("%s: %v", what, err)
}

// routerToken is a token with the policy that we ship.
func (a *agent) routerToken(t *testing.T) string {
	t.Helper()
	rules, err := templates.Service("consul/dynomad-router.policy.hcl", nil)
	if err != nil {
		t.Fatal(err)
	}
	policy, _, err := a.ACL().PolicyCreate(&api.ACLPolicy{Name: "router", Rules: rules}, nil)
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := a.ACL().TokenCreate(&api.ACLToken{Policies: []*api.ACLLink{{ID: policy.ID}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return token.SecretID
}

// register adds an instance with a check that passes.
func (a *agent) register(t *testing.T, service, id, address string, tags ...string) {
	t.Helper()
	host, port, _ := net.SplitHostPort(address)
	number, _ := net.LookupPort("tcp", port)
	err := a.Agent().ServiceRegister(&api.AgentServiceRegistration{
		ID: id, Name: service, Address: host, Port: number, Tags: tags,
		Meta:  map[string]string{"app": "hello", "type": "web", "index": "0", "release": "v1"},
		Check: &api.AgentServiceCheck{CheckID: "check-" + id, TTL: "1h", Status: api.HealthPassing},
	})
	if err == nil { // an agent that restarts remembers what it was told, not what a check began with
		err = a.Agent().UpdateTTL("check-"+id, "", api.HealthPassing)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (a *agent) watch(t *testing.T, token string) *Routes {
	t.Helper()
	client, err := api.NewClient(&api.Config{Address: a.addr, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	log := &lines{}
	w := &Watcher{Consul: client, Routes: NewRoutes(), Self: "dynomad-router", Log: slog.New(slog.NewTextHandler(log, nil))}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Log(log.String())
		}
	})
	select {
	case <-w.Ready():
	case <-time.After(time.Minute):
		t.Fatal("no first table")
	}
	return w.Routes
}

func TestWatchOfARealConsul(t *testing.T) {
	a := newAgent(t)
	a.register(t, "a", "a1", "127.0.0.1:1001", "urlprefix-a/")
	routes := a.watch(t, a.routerToken(t))
	eventually(t, routes, "a", "127.0.0.1:1001")

	began := time.Now()
	a.register(t, "a", "a2", "127.0.0.1:1002", "urlprefix-a/", "urlprefix-foo/[")
	eventually(t, routes, "a", "127.0.0.1:1001", "127.0.0.1:1002")
	t.Logf("a new instance is routed to after %v", time.Since(began))

	// Tags changed in place, one instance after the other: no check moves.
	a.register(t, "a", "a1", "127.0.0.1:1001", "urlprefix-a/", "urlprefix-new/")
	eventually(t, routes, "new", "127.0.0.1:1001")
	a.register(t, "a", "a2", "127.0.0.1:1002", "urlprefix-a/", "urlprefix-new/")
	eventually(t, routes, "new", "127.0.0.1:1001", "127.0.0.1:1002")

	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(a.Agent().UpdateTTL("check-a1", "", api.HealthCritical))
	eventually(t, routes, "a", "127.0.0.1:1002")
	must(a.Agent().UpdateTTL("check-a1", "", api.HealthPassing))
	eventually(t, routes, "a", "127.0.0.1:1001", "127.0.0.1:1002")
	must(a.Agent().EnableServiceMaintenance("a2", ""))
	eventually(t, routes, "a", "127.0.0.1:1001")
	must(a.Agent().EnableNodeMaintenance(""))
	eventually(t, routes, "a")
	must(a.Agent().DisableNodeMaintenance())
	must(a.Agent().DisableServiceMaintenance("a2"))
	eventually(t, routes, "a", "127.0.0.1:1001", "127.0.0.1:1002")

	a.kill()
	time.Sleep(time.Second)
	if got := addresses(routes, "a"); len(got) != 2 {
		t.Fatalf("%v while consul is away", got)
	}
	a.start()
	a.register(t, "a", "a3", "127.0.0.1:1003", "urlprefix-a/")
	eventually(t, routes, "a", "127.0.0.1:1001", "127.0.0.1:1002", "127.0.0.1:1003")
	must(a.Agent().ServiceDeregister("a1"))
	eventually(t, routes, "a", "127.0.0.1:1002", "127.0.0.1:1003")
}

// A token that may see nothing gets empty answers. They must not be taken for a cluster where nothing runs.
func TestATokenWithoutRightsDropsNoRoute(t *testing.T) {
	a := newAgent(t)
	a.register(t, "a", "a1", "127.0.0.1:1001", "urlprefix-a/")
	client, err := api.NewClient(&api.Config{Address: a.addr})
	if err != nil {
		t.Fatal(err)
	}
	log := &lines{}
	w := &Watcher{Consul: client, Routes: routesOf(t, instance("a", "127.0.0.1:1001", "urlprefix-a/")), Log: slog.New(slog.NewTextHandler(log, nil))}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := w.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if got := addresses(w.Routes, "a"); len(got) != 1 || !strings.Contains(log.String(), "service_prefix") {
		t.Errorf("%v\n%s", got, log)
	}
}
