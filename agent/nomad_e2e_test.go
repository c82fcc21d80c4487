//go:build e2e

package agent_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/access"
	"github.com/dynomad/dynomad/cmd/dynomad/target"
	"github.com/dynomad/dynomad/logplex"
	"github.com/dynomad/dynomad/translator"
)

// platform is what a sidecar on a real cluster needs of us: its binary, and logplex behind Nomad's own identities.
type platform struct {
	t      *testing.T
	nomad  *api.Client
	logs   *logplex.Logplex
	target translator.Agent
}

func newPlatform(t *testing.T) *platform {
	t.Helper()
	if os.Getenv("NOMAD_ADDR") == "" {
		t.Fatal("NOMAD_ADDR is not set: this test needs a cluster, such as that of `dynomad dev up`")
	}
	client, err := api.NewClient(api.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	p := &platform{t: t, nomad: client}
	if p.logs, err = logplex.Open(t.TempDir(), logplex.Options{Lines: 1 << 20}); err != nil {
		t.Fatal(err)
	}
	binary := build(t)
	workloads := &access.Workloads{JWKS: client.Address() + "/.well-known/jwks.json", Client: http.DefaultClient, Now: time.Now}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /agent", func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "agent", time.Time{}, bytes.NewReader(binary))
	})
	mux.Handle("/logplex/", logplex.Door{
		Logplex: p.logs,
		Identify: func(ctx context.Context, token string) (logplex.Identity, error) {
			who, err := workloads.Verify(ctx, token)
			return logplex.Identity{Namespace: who.Namespace, Job: who.Job, Alloc: who.Alloc, Task: who.Task}, err
		},
		Name: func(_ context.Context, o logplex.Origin) (logplex.Named, error) {
			return logplex.Named{App: dynomad.AppID(o.Job), Dyno: dynomad.DynoName(dynomad.ProcessType(o.Group), o.Index+1)}, nil
		},
		Log: slog.New(slog.DiscardHandler),
	}.Handler())
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	sum := sha256.Sum256(binary)
	p.target = translator.Agent{URL: server.URL + "/agent", SHA256: hex.EncodeToString(sum[:]), Logplex: server.URL}
	return p
}

// build makes the agent as it is shipped.
func build(t *testing.T) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "agent")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", out, "../cmd/dynomad-agent")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	binary, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

// run starts a worker with its sidecar and gives the job's id.
func (p *platform) run(driver, command string) string {
	p.t.Helper()
	to, err := target.Default(driver, "localhost", 8080)
	if err != nil {
		p.t.Fatal(err)
	}
	to.Namespace, to.Agent = os.Getenv("NOMAD_NAMESPACE"), &p.target
	bundle, problems := translator.Translate(dynomad.Blueprint{
		App:       dynomad.App{Name: dynomad.AppName("t-" + uuid.NewString()[:8])},
		Release:   dynomad.Release{Version: 1},
		Processes: []dynomad.Process{{Type: "worker", Command: command}},
		Formation: dynomad.Formation{{Type: "worker", Quantity: 1}},
	}, to)
	if err := problems.Err(); err != nil {
		p.t.Fatal(err)
	}
	id := *bundle.Jobs[0].ID
	if _, _, err := p.nomad.Jobs().Register(bundle.Jobs[0], nil); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		if _, _, err := p.nomad.Jobs().Deregister(id, true, nil); err != nil {
			p.t.Error(err)
		}
	})
	return id
}

// until waits for this line of the worker's and gives it and all before it.
func (p *platform) until(id, last string) []string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 90*time.Second)
	defer cancel()
	reader := p.logs.Read(logplex.Query{App: dynomad.AppID(id), Source: "app", Dyno: "worker.1", Lines: 1 << 20, Tail: true})
	var out []string
	for {
		lines, err := reader.Next(ctx)
		if err != nil {
			p.t.Fatalf("after %d lines: %v", len(out), err)
		}
		for _, line := range lines {
			if out = append(out, line.Text); line.Text == last {
				return out
			}
		}
	}
}

// killAgent kills the sidecar as a crash would.
func (p *platform) killAgent(id string) {
	p.t.Helper()
	allocs, _, err := p.nomad.Jobs().Allocations(id, true, nil)
	if err != nil || len(allocs) != 1 {
		p.t.Fatalf("%d allocations, %v", len(allocs), err)
	}
	if err := p.nomad.Allocations().Signal(&api.Allocation{ID: allocs[0].ID}, nil, translator.SidecarTask, "SIGKILL"); err != nil {
		p.t.Fatal(err)
	}
}

// Under each driver: what a dyno prints through Nomad's own log writer, rotation included, is stored once and in order although
// the sidecar is killed on the way, and so are its last words after the stop.
func TestASidecarOnNomad(t *testing.T) {
	const n = 150_000 // of 100 bytes: two files
	const command = `trap "echo last words; exit 0" TERM
		i=0; while [ $i -lt %[2]d ]; do seq -f "line %%06.0f %[1]s" $((i + 1)) $((i + 5000)); i=$((i + 5000)); sleep 0.1; done
		while :; do sleep 0.1; done`
	for _, driver := range strings.Split(cmp.Or(os.Getenv("DYNOMAD_DRIVER"), "raw_exec"), ",") {
		t.Run(driver, func(t *testing.T) {
			p := newPlatform(t)
			id := p.run(driver, fmt.Sprintf(command, strings.Repeat("x", 87), n))
			var want []string
			for i := range n {
				want = append(want, fmt.Sprintf("line %06d %s", i+1, strings.Repeat("x", 87)))
			}
			p.until(id, want[n/3])
			p.killAgent(id)
			if got := p.until(id, want[n-1]); !slices.Equal(got, want) {
				t.Errorf("%d lines arrived, the first %q", len(got), got[0])
			}
			if _, _, err := p.nomad.Jobs().Deregister(id, false, nil); err != nil {
				t.Fatal(err)
			}
			p.until(id, "last words")
		})
	}
}
