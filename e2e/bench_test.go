//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	nomad "github.com/hashicorp/nomad/api"
)

// BenchmarkDeploy times a release of a slug that is built already, from the command to the first answer of the new release
// through the edge, against the same job run by `nomad job run`. Both are whole commands, in turn, in the same run; the
// figure to look at is ours/nomad.
func BenchmarkDeploy(b *testing.B) {
	app := "benched"
	b.Cleanup(func() { _, _ = shared.try("destroy", "-a", app, "--confirm", app) })
	source := benchSource(b)
	mustRun(b, "create", app)
	mustRun(b, "deploy", source, "-a", app, "--all")
	base := newBaseline(b, shared.operator(b), app)
	b.Cleanup(base.purge)

	var ours, theirs []time.Duration
	release := 2
	for b.Loop() {
		release++
		ours = append(ours, untilServed(b, app, fmt.Sprintf("v%d", release), func() { mustRun(b, "rollback", "v2", "-a", app) }))
		waitSettled(b, app)
		theirs = append(theirs, untilServed(b, base.id, fmt.Sprintf("v%d", release), func() { base.run(b, release) }))
	}
	b.ReportMetric(median(ours).Seconds(), "ours-s")
	b.ReportMetric(median(theirs).Seconds(), "nomad-s")
	b.ReportMetric(median(ours).Seconds()/median(theirs).Seconds(), "ours/nomad")
	b.ReportMetric(0, "ns/op")
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

func benchSource(b *testing.B) string {
	b.Helper()
	dir := b.TempDir()
	probe, err := os.ReadFile(filepath.Join(shared.home, "probe"))
	if err != nil {
		b.Fatal(err)
	}
	for name, text := range map[string][]byte{"probe": probe, "Procfile": []byte("web: ./probe web\n")} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o755); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}

func mustRun(b *testing.B, args ...string) {
	b.Helper()
	if out, err := shared.try(args...); err != nil {
		b.Fatalf("dynomad %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func waitSettled(b *testing.B, app string) {
	b.Helper()
	for range 600 {
		if out, err := shared.try("releases", "-a", app, "--json"); err == nil && !strings.Contains(out, `"pending"`) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	b.Fatal("the release does not settle")
}

// untilServed starts something and returns how long it takes until the app answers from that release.
func untilServed(b *testing.B, app, release string, start func()) time.Duration {
	b.Helper()
	began := time.Now()
	started := make(chan struct{})
	go func() { defer close(started); start() }()
	for time.Since(began) < time.Minute {
		_, body, err := shared.ask(context.Background(), http.MethodGet, app, "/env?name=NOMAD_TASK_NAME")
		if err == nil && body == release {
			took := time.Since(began)
			<-started
			return took
		}
		time.Sleep(5 * time.Millisecond)
	}
	b.Fatalf("%s of %s does not serve", release, app)
	return 0
}

// baseline is the app's job under another name, for `nomad job run`.
type baseline struct {
	id  string
	job *nomad.Job
	o   operator
	env []string
	nom string
	dir string
}

func newBaseline(b *testing.B, o operator, app string) *baseline {
	b.Helper()
	job, _, err := o.nomad.Jobs().Info(app, nil)
	if err != nil {
		b.Fatal(err)
	}
	text, err := json.Marshal(job)
	if err != nil {
		b.Fatal(err)
	}
	id := "plain"
	if err := json.Unmarshal([]byte(strings.ReplaceAll(string(text), app, id)), &job); err != nil {
		b.Fatal(err)
	}
	job.Meta = nil // none of Dynomad's
	out, err := shared.command(context.Background(), "dev", "tools", "nomad").Output()
	if err != nil {
		b.Fatal(err)
	}
	c := shared.cluster(b)
	env := append(os.Environ(), "NOMAD_ADDR="+c.NomadAddr(), "NOMAD_TOKEN="+c.Tokens.NomadManagement)
	bl := &baseline{id: id, job: job, o: o, env: env, nom: strings.TrimSpace(string(out)), dir: b.TempDir()}
	untilServed(b, id, "v2", func() { bl.run(b, 2) })
	return bl
}

// run gives the main task the release's name, as a new release has, and runs the job by Nomad's own command.
func (bl *baseline) run(b *testing.B, release int) {
	for _, group := range bl.job.TaskGroups {
		for _, task := range group.Tasks {
			if strings.HasPrefix(task.Name, "v") {
				task.Name = fmt.Sprintf("v%d", release)
			}
		}
		for _, service := range group.Services {
			service.TaskName = ""
		}
	}
	text, err := json.Marshal(map[string]any{"Job": bl.job})
	if err != nil {
		b.Error(err)
		return
	}
	file := filepath.Join(bl.dir, "job.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		b.Error(err)
		return
	}
	cmd := exec.CommandContext(context.Background(), bl.nom, "job", "run", "-json", file)
	cmd.Env = bl.env
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Errorf("nomad job run: %v\n%s", err, out)
	}
}

func (bl *baseline) purge() { _, _, _ = bl.o.nomad.Jobs().Deregister(bl.id, true, nil) }
