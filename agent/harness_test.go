package agent_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/agent"
	"github.com/dynomad/dynomad/logplex"
)

const app = dynomad.AppID("01936b1e-0000-7000-8000-000000000001")

// TestMain runs the tests; with an agent's environment it is that agent, in a process of its own that a test can kill.
func TestMain(m *testing.M) {
	if os.Getenv("DYNOMAD_LOGPLEX") == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	config, err := agent.FromEnv(os.Getenv)
	if err == nil {
		err = agent.New(config, slog.New(slog.NewTextHandler(os.Stderr, nil))).Run(ctx)
	}
	if err != nil {
		panic(err)
	}
}

// allocation is what Nomad lays out for a group: the shared log directory, and the sidecar's own directories.
type allocation struct {
	t    testing.TB
	root string
	logs string
}

func newAllocation(t testing.TB) allocation {
	t.Helper()
	root := t.TempDir()
	a := allocation{t, root, filepath.Join(root, "alloc", "logs")}
	for _, dir := range []string{"alloc/logs", "local", "secrets"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	a.token("good")
	return a
}

// token writes the workload identity, as Nomad does at the start and whenever it renews it.
func (a allocation) token(token string) {
	a.t.Helper()
	if err := os.WriteFile(filepath.Join(a.root, "secrets", "nomad_logplex.jwt"), []byte(token), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

func (a allocation) env(logplex string) map[string]string {
	return map[string]string{
		"DYNOMAD_LOGPLEX": logplex, "NOMAD_ALLOC_ID": "8f", "NOMAD_GROUP_NAME": "web", "NOMAD_ALLOC_INDEX": "0", "NOMAD_TASK_NAME": "agent",
		"NOMAD_ALLOC_DIR": filepath.Join(a.root, "alloc"), "NOMAD_TASK_DIR": filepath.Join(a.root, "local"),
		"NOMAD_SECRETS_DIR": filepath.Join(a.root, "secrets"),
	}
}

// run starts an agent in this process; the function it returns ends it as Nomad would and waits.
func (a allocation) run(logplex string) (stop func()) {
	a.t.Helper()
	env := a.env(logplex)
	config, err := agent.FromEnv(func(name string) string { return env[name] })
	if err != nil {
		a.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- agent.New(config, slog.New(slog.DiscardHandler)).Run(ctx) }()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			a.t.Error(err)
		}
	})
}

// start starts an agent in a process of its own.
func (a allocation) start(logplex string) *exec.Cmd {
	a.t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = os.Environ()
	for name, value := range a.env(logplex) {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	if err := cmd.Start(); err != nil {
		a.t.Fatal(err)
	}
	return cmd
}

// receiver is a logplex that can be restarted, and that loses requests and answers where trouble says so.
type receiver struct {
	t       testing.TB
	dir     string
	options logplex.Options
	mu      sync.RWMutex // held for writing while logs is replaced: two must not have the directory open
	logs    *logplex.Logplex
	token   atomic.Value // the one that is accepted
	trouble func() string
}

func newReceiver(t testing.TB, trouble func() string) (*receiver, string) {
	t.Helper()
	r := &receiver{t: t, dir: t.TempDir(), options: logplex.Options{Lines: 1 << 30}, trouble: trouble}
	r.token.Store("good")
	r.reopen()
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	return r, server.URL
}

// reopen forgets all that is in memory, as a restart does.
func (r *receiver) reopen() {
	r.mu.Lock()
	defer r.mu.Unlock()
	var err error
	if r.logs, err = logplex.Open(r.dir, r.options); err != nil {
		r.t.Error(err)
	}
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	trouble := r.trouble()
	if trouble == "refuse" {
		http.Error(w, "not now", http.StatusServiceUnavailable)
		return
	}
	door := logplex.Door{
		Logplex: r.logs,
		Identify: func(_ context.Context, token string) (logplex.Identity, error) {
			if token != r.token.Load() {
				return logplex.Identity{}, dynomad.Errorf(dynomad.KindUnauthorized, "the token has expired")
			}
			return logplex.Identity{Job: "hello", Alloc: "8f", Task: "agent"}, nil
		},
		Name: func(_ context.Context, o logplex.Origin) (logplex.Named, error) {
			return logplex.Named{App: app, Dyno: o.Task}, nil
		},
		Log: slog.New(slog.DiscardHandler),
	}
	if trouble == "lose the answer" {
		door.Handler().ServeHTTP(httptest.NewRecorder(), q)
		panic(http.ErrAbortHandler)
	}
	door.Handler().ServeHTTP(w, q)
}

// lines reads what is stored of a dyno, which here is named for its task.
func (r *receiver) lines(dyno string) []string {
	r.t.Helper()
	reader := r.logs.Read(logplex.Query{App: app, Dyno: dyno, Lines: 1 << 20})
	var out []string
	for {
		lines, err := reader.Next(r.t.Context())
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			r.t.Fatal(err)
		}
		for _, line := range lines {
			out = append(out, line.Text)
		}
	}
}

func (r *receiver) eventually(dyno string, want ...string) {
	r.t.Helper()
	var got []string
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if got = r.lines(dyno); cmp.Equal(want, got) {
			return
		}
	}
	r.t.Errorf("(-want +got):\n%s", cmp.Diff(want, got))
}

// waitFor waits until so many bytes of each dyno are stored.
func (r *receiver) waitFor(size int, dynos ...string) {
	r.t.Helper()
	stored := func(dyno string) int { return len(strings.Join(r.lines(dyno), "")) }
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if !slices.ContainsFunc(dynos, func(dyno string) bool { return stored(dyno) < size }) {
			return
		}
	}
	r.t.Error("not all arrived in 30 s")
}

func noTrouble() string { return "" }
