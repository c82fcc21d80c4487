package adopt

import (
	"bytes"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cmd/dynomad/target"
	"github.com/dynomad/dynomad/source"
	"github.com/dynomad/dynomad/translator"
)

// Every job that the translator's own files show is ejected and adopted again: what is made of it is the job that was ejected.
func TestAdoptWhatWasEjected(t *testing.T) {
	files, err := filepath.Glob("../translator/testdata/*.txtar")
	if err != nil || len(files) < 30 {
		t.Fatalf("the translator's files are not there: %v %v", files, err)
	}
	jobs := 0
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			bp, to, ok := example(t, archive)
			if !ok {
				return
			}
			to.Allow = everything()
			bundle, problems := translator.Translate(bp, to)
			if problems.Err() != nil {
				return // it shows a problem
			}
			for _, job := range bundle.Jobs {
				jobs++
				out, err := ejected(job)
				if err != nil {
					t.Fatal(err)
				}
				made, problems := Job(out, to)
				if err := problems.Err(); err != nil {
					t.Fatal(err)
				}
				to.Agent = nil
				if left := compare(t, out, made, to, bp.Config); left != "" {
					t.Errorf("%s\n%s\n-ejected +adopted:\n%s", made.Procfile, made.Manifest, left)
				}
				if text, err := Eject(job, bundle.Variables); err != nil || bytes.Contains(text, []byte(`task "agent"`)) {
					t.Errorf("%s (%v)", text, err)
				}
			}
		})
	}
	if jobs < 20 {
		t.Errorf("only %d jobs were ejected", jobs)
	}
}

// example reads one of the translator's files, as far as it says what is translated.
func example(t *testing.T, archive *txtar.Archive) (dynomad.Blueprint, translator.Target, bool) {
	t.Helper()
	files, templates, given, driver := source.Files{}, fstest.MapFS{}, "", "raw_exec"
	for _, f := range archive.Files {
		if name, ok := strings.CutPrefix(f.Name, "templates/"); ok {
			templates[name] = &fstest.MapFile{Data: f.Data}
		}
		files[f.Name] = f.Data
	}
	given = string(files["given"])
	for line := range strings.Lines(given) {
		if word, ok := strings.CutPrefix(line, "driver: "); ok {
			driver = strings.TrimSpace(word)
		}
	}
	loaded, err := target.Load([]target.Layer{target.Ours(), {Name: "templates", Files: templates}}, driver, "localhost", 8080)
	if err != nil {
		return dynomad.Blueprint{}, translator.Target{}, false
	}
	src, problems := source.Read(files, nil)
	if problems.Err() != nil {
		return dynomad.Blueprint{}, translator.Target{}, false
	}
	bp := dynomad.Blueprint{
		App: dynomad.App{Name: "hello"}, Release: dynomad.Release{Version: 3, Status: dynomad.ReleaseSucceeded},
		Slug: dynomad.Slug{Overlay: src.Overlay}, Processes: src.Processes, Config: dynomad.Config{},
	}
	for line := range strings.Lines(given) {
		key, words, _ := strings.Cut(strings.TrimSpace(line), ": ")
		give(&bp, &loaded.Target, key, words)
	}
	return bp, loaded.Target, true
}

func give(bp *dynomad.Blueprint, to *translator.Target, key, words string) {
	first, second, _ := strings.Cut(words, " ")
	switch key {
	case "app":
		bp.App.Name = dynomad.AppName(words)
	case "release":
		bp.Release.Version, _ = translator.VersionOf(first)
	case "scale":
		for word := range strings.FieldsSeq(words) {
			name, count, _ := strings.Cut(word, "=")
			count, size, _ := strings.Cut(count, ":")
			n, _ := strconv.Atoi(count)
			bp.Formation = append(bp.Formation, dynomad.FormationEntry{Type: dynomad.ProcessType(name), Quantity: n, Size: size})
		}
	case "config":
		name, value, _ := strings.Cut(words, "=")
		bp.Config[name] = value
	case "domain":
		bp.Domains = append(bp.Domains, dynomad.Domain{Hostname: words})
	case "slug":
		bp.Slug.URL, bp.Slug.SHA256 = first, second
	case "image":
		bp.Slug.Image = words
	case "edge":
		to.Domain = first
		to.EdgePort, _ = strconv.Atoi(second)
	case "agent":
		to.Agent = &translator.Agent{URL: first, SHA256: second, Logplex: "http://127.0.0.1:5000"}
	}
}

// An ejected job says at its top what it needs, and of config vars only the names.
func TestEject(t *testing.T) {
	job := &api.Job{ID: new("hello"), Name: new("hello"), TaskGroups: []*api.TaskGroup{{
		Name:     new("web"),
		Volumes:  map[string]*api.VolumeRequest{"usr": {Name: "usr", Type: "host", Source: "usr"}},
		Services: []*api.Service{{Name: "hello-web", Tags: []string{"urlprefix-hello.example.com/", "other"}}},
		Tasks: []*api.Task{
			{
				Name: "v3", Driver: "exec", User: "nobody", Artifacts: []*api.TaskArtifact{{GetterSource: new("http://127.0.0.1/slug")}},
				Templates: []*api.Template{{EmbeddedTmpl: new(`{{ with nomadVar "nomad/jobs/hello/web/v3" }}{{ end }}`)}},
			},
			{Name: "agent", Driver: "exec"},
		},
	}}}
	got, err := Eject(job, []translator.Variable{{Path: "nomad/jobs/hello/web/v3", Items: map[string]string{"B": "secret", "A": "secret"}}})
	if err != nil {
		t.Fatal(err)
	}
	want := `# Made by ` + "`dynomad eject`. `nomad job run FILE`" + ` starts it; Dynomad is not needed. What it needs:
#
# - machines with the driver exec
# - the user "nobody" on each machine
# - on each machine the host volumes usr, for example: client { host_volume "usr" { path = "/usr" read_only = true } }
# - the program, which is fetched from http://127.0.0.1/slug whenever a dyno starts
# - Fabio, which reads the routes from Consul: hello.example.com/
# - the config vars, written before: nomad var put nomad/jobs/hello/web/v3 A=... B=...

job "hello" {
`
	if !strings.HasPrefix(string(got), want) || strings.Contains(string(got), "secret") || strings.Contains(string(got), "agent") {
		t.Errorf("%s", got)
	}
}
