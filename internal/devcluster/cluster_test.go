package devcluster

import (
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad"
)

// TestPortsDoNotCollide counts every port of two neighbouring clusters and of one with everybody's ports.
func TestPortsDoNotCollide(t *testing.T) {
	owner := map[int]string{}
	for name, p := range map[string]Ports{"default": DefaultPorts(), "first": PortsFrom(27000), "second": PortsFrom(28000)} {
		ports := []int{p.Server, p.Bucket, p.Router}
		for i := range portsPerAgent * (clients + 1) {
			ports = append(ports, p.Nomad+i, p.Consul+i)
		}
		for i := range portsPerClient * clients {
			ports = append(ports, p.Dynamic+i)
		}
		for _, port := range ports {
			if other, taken := owner[port]; taken {
				t.Errorf("port %d belongs to %s and to %s", port, other, name)
			}
			owner[port] = name
		}
	}
}

func TestPortsCheckNamesTheTakenOne(t *testing.T) {
	p, err := FreePorts(27000)
	if err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", address("127.0.0.2", p.Nomad+portsPerAgent))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	err = p.check()
	if dynomad.KindOf(err) != dynomad.KindConflict || dynomad.HintOf(err) == "" {
		t.Errorf("got %v", err)
	}
}

// TestPrepare makes the plan of a cluster twice: the secrets of the first stay, and nobody else can read them.
func TestPrepare(t *testing.T) {
	o := Options{Dir: filepath.Join(t.TempDir(), "cluster"), Ports: PortsFrom(27000), Log: slog.New(slog.DiscardHandler)}
	first, err := prepare(o)
	if err != nil {
		t.Fatal(err)
	}
	second, err := prepare(o)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first.Tokens, second.Tokens); diff != "" {
		t.Errorf("the tokens changed (-first +second):\n%s", diff)
	}
	for _, m := range first.Machines() {
		if err := m.writeConfigs(); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{tokensFile, "server/nomad.hcl", "client-1/consul.hcl", "client-2/nomad.hcl"} {
		info, err := os.Stat(filepath.Join(o.Dir, file))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", file, info, err)
		}
	}
}

func TestOpenKnowsWhatStartSaved(t *testing.T) {
	o := Options{
		Dir: t.TempDir(), Ports: PortsFrom(28000), Log: slog.New(slog.DiscardHandler),
		Programs: Programs{Consul: "/bin/consul", Nomad: "/bin/nomad"},
	}
	if _, err := Open(Options{Dir: o.Dir, Log: o.Log}); dynomad.KindOf(err) != dynomad.KindNotFound {
		t.Errorf("an empty folder: got %v", err)
	}
	c, err := prepare(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.save(); err != nil {
		t.Fatal(err)
	}
	got, err := Open(Options{Dir: o.Dir, Log: o.Log})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(o, got.Options, cmp.Comparer(func(a, b *slog.Logger) bool { return a == b })); diff != "" {
		t.Errorf("(-saved +opened):\n%s", diff)
	}
}

func TestStartRefuses(t *testing.T) {
	if _, err := Start(t.Context(), Options{Dir: "relative"}); dynomad.KindOf(err) != dynomad.KindInvalid {
		t.Errorf("a relative folder: got %v", err)
	}
	for _, program := range []string{"/nowhere/consul", "/bin/false"} {
		ports, err := FreePorts(27000)
		if err != nil {
			t.Fatal(err)
		}
		o := Options{Dir: t.TempDir(), Ports: ports, Programs: Programs{program, program}, Log: slog.New(slog.DiscardHandler)}
		_, err = Start(t.Context(), o)
		if kind := dynomad.KindOf(err); kind != dynomad.KindInternal && kind != dynomad.KindUnavailable {
			t.Errorf("%s: got %v", program, err)
		}
		if left := belonging(o.Dir); len(left) > 0 {
			t.Errorf("%s: left running %v", program, left)
		}
	}
}
