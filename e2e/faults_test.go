//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	nomad "github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad/internal/devcluster"
)

// These tests take parts of the platform away, so they run alone, after the parallel ones.

func TestControlPlaneRestartIsNotNoticed(t *testing.T) {
	app := "unmoved"
	shared.app(t, app, shared.source(t, "web: VERSION=one ./probe web\nworker: ./probe worker\n", webTwo))
	shared.run(t, "ps:scale", "worker=1", "-a", app)
	eventually(t, time.Minute, "a worker", func() error {
		if n := len(shared.operator(t).running(t, app)); n != 3 {
			return fmt.Errorf("%d dynos", n)
		}
		return nil
	})
	settled(t, app)
	before := ids(shared.operator(t).running(t, app))
	load := startLoad(t, shared, app, 50, "/")

	restart := shared.killServer(t)
	shared.get(t, app, "/print?line=while+the+server+is+away")
	time.Sleep(3 * time.Second)
	restart()
	time.Sleep(3 * time.Second) // for whatever a returning server might do wrong
	if got := load.stop(); got.failed > 0 {
		t.Errorf("%d of %d requests failed: %v", got.failed, got.sent, got.reasons)
	}
	if after := ids(shared.operator(t).running(t, app)); fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("dynos were %v, are %v", before, after)
	}
	eventually(t, time.Minute, "every line of the time without a server, once", func() error {
		text := shared.run(t, "logs", "-a", app, "-n", "1500", "-s", "app")
		if n := strings.Count(text, ": while the server is away\n"); n != 1 {
			return fmt.Errorf("the line stands there %d times in\n%s", n, text)
		}
		return ticksInARow(text)
	})
}

// ticksInARow checks that the worker's numbered lines have no hole and no double.
func ticksInARow(text string) error {
	last := 0
	for line := range strings.Lines(text) {
		_, number, ok := strings.Cut(strings.TrimSpace(line), "app[worker.1]: tick ")
		if !ok {
			continue
		}
		n, err := strconv.Atoi(number)
		if err != nil {
			return err
		}
		if last > 0 && n != last+1 {
			return fmt.Errorf("tick %d follows tick %d", n, last)
		}
		last = n
	}
	if last == 0 {
		return errors.New("no tick at all")
	}
	return nil
}

func TestDynosOfALostClientComeBackOnTheOther(t *testing.T) {
	app := "moved"
	shared.app(t, app, shared.source(t, webOnly, webTwo))
	o := shared.operator(t)
	if n := nodes(o.running(t, app)); len(n) != 2 {
		t.Fatalf("dynos stand on %v", n)
	}
	lost := shared.cluster(t).Clients[1]
	if err := lost.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, 2*time.Minute, "both dynos on the client that is left", func() error {
		n := map[string]int{}
		for _, a := range o.running(t, app) {
			if a.NodeName != lost.Name {
				n[a.NodeName]++
			}
		}
		if len(n) != 1 || n["client-1"] != 2 {
			return fmt.Errorf("running on %v", n)
		}
		return nil
	})
	eventually(t, time.Minute, "both dynos answering", func() error {
		seen := map[string]bool{}
		for range 20 {
			status, body, err := shared.ask(t.Context(), http.MethodGet, app, "/")
			if err != nil || status != http.StatusOK {
				return fmt.Errorf("%d %w", status, err)
			}
			seen[body] = true
		}
		if len(seen) != 2 {
			return fmt.Errorf("answers come from %v", seen)
		}
		return nil
	})
	if err := lost.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, 2*time.Minute, "the client back", func() error {
		nodes, _, err := o.nomad.Nodes().List(nil)
		if err != nil {
			return err
		}
		for _, n := range nodes {
			if n.Name == lost.Name && n.Status == "ready" {
				return nil
			}
		}
		return errors.New("not ready")
	})
}

func TestDynosAreReplacedWhileTheControlPlaneIsDown(t *testing.T) {
	app := "orphan"
	shared.app(t, app, shared.source(t, webOnly, ""))
	restart := shared.killServer(t)
	defer restart()
	o := shared.operator(t)
	before := o.running(t, app)
	if _, err := o.nomad.Allocations().Stop(&nomad.Allocation{ID: before[0].ID}, nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, time.Minute, "another dyno, with slug and log agent fetched without a server", func() error {
		now := o.running(t, app)
		if len(now) != 1 || now[0].ID == before[0].ID {
			return fmt.Errorf("%v", ids(now))
		}
		status, _, err := shared.ask(t.Context(), http.MethodGet, app, "/")
		if err != nil || status != http.StatusOK {
			return fmt.Errorf("%d %w", status, err)
		}
		return nil
	})
}

// killServer ends the control plane as a crash would, and returns what starts it again as it was.
func (s *stack) killServer(t *testing.T) (restart func()) {
	t.Helper()
	server := &devcluster.Process{Name: "server", Path: filepath.Join(s.bin, "dynomad"), Args: []string{"server"}, Dir: s.dir}
	environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", server.PID()))
	if err != nil {
		t.Fatal(err)
	}
	server.Env = strings.Split(strings.TrimRight(string(environ), "\x00"), "\x00")
	if err := server.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	restart = func() {
		once.Do(func() {
			if err := server.Start(); err != nil {
				t.Error(err)
			}
			eventually(t, time.Minute, "the server answering again", func() error {
				_, err := s.try("apps")
				return err
			})
		})
	}
	t.Cleanup(restart)
	return restart
}
