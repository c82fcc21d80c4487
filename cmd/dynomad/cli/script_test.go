package cli_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/access"
	"github.com/dynomad/dynomad/bucket"
	"github.com/dynomad/dynomad/builder"
	"github.com/dynomad/dynomad/cluster/clusterfake"
	"github.com/dynomad/dynomad/cmd/dynomad/cli"
	"github.com/dynomad/dynomad/cmd/dynomad/target"
	"github.com/dynomad/dynomad/httpapi"
	"github.com/dynomad/dynomad/logplex"
	"github.com/dynomad/dynomad/platform"
	"github.com/dynomad/dynomad/reconcile"
	"github.com/dynomad/dynomad/store"
	"github.com/dynomad/dynomad/translator"
)

// TestMain lets scripts run this test's own binary as `dynomad`, a process like any other.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"dynomad": func() {
		os.Exit(cli.Main(&struct {
			cli.Commands `embed:""`
		}{}, cli.FromOS()))
	}})
}

// TestCommands runs the scripts in testdata/commands, each against a control plane of its own. Everything is real but
// Nomad, which is clusterfake: a command `exit 1` crashes, others run. Beside testscript's own commands there are:
//
//	exits CODE PROGRAM ARGS…   run it and check its exit code
//	nomad down|up              take Nomad away, bring it back
//	server down|up             the same for the control plane
//	say APP DYNO TEXT          a dyno prints a line
//	eventually TEXT PROGRAM ARGS…   run it until its stdout shows TEXT, for at most half a minute
//
// ada@example.com is the administrator, her password stands in $PASSWORD, and unless a script logs out she is logged in.
func TestCommands(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   "testdata/commands",
		Setup: newPlane,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": exits, "nomad": nomad, "server": server, "say": say, "eventually": eventually,
		},
	})
}

const password = "correct horse battery"

// plane is a control plane.
type plane struct {
	nomad    *clusterfake.Cluster
	platform *platform.Platform
	logs     *logplex.Logplex
	down     atomic.Bool
	doors    http.Handler
	key      dynomad.CapabilityKey
	log      *slog.Logger
	server   *httptest.Server
	base     string
}

type planeKey struct{}

func planeOf(ts *testscript.TestScript) *plane { return ts.Value(planeKey{}).(*plane) }

// ServeHTTP serves, or hangs up without an answer while the plane is down.
func (p *plane) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.down.Load() {
		panic(http.ErrAbortHandler)
	}
	p.doors.ServeHTTP(w, r)
}

// newPlane starts a control plane for a script and logs its administrator in.
func newPlane(env *testscript.Env) error {
	p := &plane{nomad: clusterfake.New(now), key: bytes.Repeat([]byte{1}, 32), log: slog.New(slog.DiscardHandler)}
	p.server = httptest.NewServer(p)
	env.Defer(p.server.Close)
	p.base = p.server.URL
	env.Values[planeKey{}] = p
	dir := env.WorkDir + ".plane" // beside the script's files, not among them
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	env.Defer(func() { _ = os.RemoveAll(dir) })
	rows, err := store.Open(context.Background(), filepath.Join(dir, "db"), bytes.Repeat([]byte{2}, 32))
	if err != nil {
		return err
	}
	env.Defer(func() { _ = rows.Close() })
	blobs, err := bucket.Open(context.Background(), filepath.Join(dir, "bucket"))
	if err != nil {
		return err
	}
	env.Defer(func() { _ = blobs.Close() })
	if p.logs, err = logplex.Open(filepath.Join(dir, "logplex"), logplex.Options{Log: p.log}); err != nil {
		return err
	}
	if err := p.assemble(rows, blobs); err != nil {
		return err
	}
	people := access.New(access.Config{Store: rows, Now: now, NewID: uuid.NewString})
	p.open(people, blobs)
	p.run(env)
	return welcome(env, people, p.base)
}

func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

func (p *plane) assemble(rows *store.Store, blobs *bucket.Bucket) error {
	to, err := target.Default("raw_exec", "localhost", 8080)
	if err != nil {
		return err
	}
	links := bucket.Links{Base: p.base, Key: p.key}
	get := func(key string) string { return links.URL(key, bucket.Get) }
	put := func(key string) string { return links.URL(key, bucket.Put) }
	p.platform = &platform.Platform{
		Store: rows, Cluster: p.nomad, Target: to, Now: now, NewID: uuid.NewString, Log: p.log,
		Builder: &builder.Builder{Bucket: blobs, SlugURL: get},
		Links: platform.Links{
			SourcePut: put, SourceGet: get, SlugPut: put, SlugGet: get,
			SourceKey: func(url string) (string, bool) { key, _, ok := links.Parse(url); return key, ok },
			Output:    func(id dynomad.OutputID) string { return httpapi.OutputURL(p.base, p.key, id) },
			Logs:      func(s platform.LogSession) string { return logplex.SessionURL(p.base, p.key, logplex.Session(s)) },
		},
	}
	return nil
}

func (p *plane) open(people *access.Access, blobs *bucket.Bucket) {
	mux := http.NewServeMux()
	mux.Handle("/blobs/", bucket.Door{Bucket: blobs, Links: bucket.Links{Base: p.base, Key: p.key}, Log: p.log})
	mux.Handle("/logplex/", logplex.Door{Logplex: p.logs, Key: p.key, Now: now, Log: p.log}.Handler())
	mux.Handle("/", httpapi.New(httpapi.Config{Platform: p.platform, Access: people, Key: p.key, Log: p.log}))
	p.doors = mux
}

// run runs the clock's loops, quickly, until the script has ended.
func (p *plane) run(env *testscript.Env) {
	ctx, stop := context.WithCancel(context.Background())
	const soon = 20 * time.Millisecond
	loops := &reconcile.Reconciler{
		Platform: p.platform, Watch: p.nomad.Watch, App: translator.OwnerOf, Deliver: p.deliver, Log: p.log,
		Every: reconcile.Intervals{Sweep: time.Second, Builds: soon, Releases: soon, Feed: soon, Retry: soon},
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = loops.Run(ctx)
	}()
	env.Defer(func() {
		stop()
		<-ended
	})
}

// deliver makes log lines of events.
func (p *plane) deliver(ctx context.Context, events []dynomad.Event) error {
	for _, e := range events {
		line := logplex.Line{Time: e.Time, Source: e.Source, Dyno: e.Process, Text: e.Text}
		if err := p.logs.Append(ctx, e.App, "events", e.Seq, []logplex.Line{line}); err != nil {
			return err
		}
	}
	return nil
}

// welcome makes ada's account and logs her in.
func welcome(env *testscript.Env, people *access.Access, base string) error {
	secret, err := people.Setup(context.Background())
	if err != nil {
		return err
	}
	token, _, err := people.Claim(context.Background(), access.Claim{Secret: secret, Email: "ada@example.com", Password: password})
	if err != nil {
		return err
	}
	config := filepath.Join(env.WorkDir, ".config")
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("GORACE", "atexit_sleep_ms=10") // instead of a second after each command
	env.Setenv("XDG_CONFIG_HOME", config)
	env.Setenv("HOST", base)
	env.Setenv("PASSWORD", password)
	text := `{"current": "` + base + `", "hosts": {"` + base + `": {"email": "ada@example.com", "token": "` + token + `"}}}`
	if err := os.MkdirAll(filepath.Join(config, "dynomad"), 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(config, "dynomad", "credentials.json"), []byte(text), 0o600)
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS…")
	}
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

func nomad(ts *testscript.TestScript, _ bool, args []string) {
	planeOf(ts).nomad.Down(args[0] == "down")
}

func server(ts *testscript.TestScript, _ bool, args []string) {
	p := planeOf(ts)
	p.down.Store(args[0] == "down")
	p.server.CloseClientConnections() // a server that goes takes its streams along
}

func say(ts *testscript.TestScript, _ bool, args []string) {
	p := planeOf(ts)
	id, err := p.platform.AppID(context.Background(), dynomad.AppName(args[0]))
	ts.Check(err)
	text := strings.ReplaceAll(args[2], `\e`, "\x1b")
	line := logplex.Line{Time: now(), Source: "app", Dyno: args[1], Text: text}
	ts.Check(p.logs.Append(context.Background(), id, "agent/"+uuid.NewString(), 1, []logplex.Line{line}))
}

func eventually(ts *testscript.TestScript, _ bool, args []string) {
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		err := ts.Exec(args[1], args[2:]...)
		if err == nil && strings.Contains(ts.ReadFile("stdout"), args[0]) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%v never shows %q", args[1:], args[0])
		}
	}
}
