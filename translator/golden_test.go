package translator_test

import (
	"flag"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/nomad/api"
	"golang.org/x/tools/txtar"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cmd/dynomad/target"
	"github.com/dynomad/dynomad/hcl"
	"github.com/dynomad/dynomad/source"
	"github.com/dynomad/dynomad/translator"
)

var update = flag.Bool("update", false, "rewrite the wanted part of the files in testdata")

// Each file in testdata is one behaviour. Its first line says which. Then come, as sections:
//
//	Procfile, dynomad.hcl   what the app's source says; dynomad.hcl may be absent
//	templates/web.hcl       what the operator says in a process template, if anything
//	given                   what else there is, a line each (see the table in given)
//
// and what comes of it, which -update rewrites:
//
//	job.nomad.hcl           the app's job, or the block of it that `show` names; of a run: its job
//	nightly.nomad.hcl       the job of the cron nightly
//	variables               a line for each value in each Nomad Variable
//	problems                what a user is told, and where; where one is no warning, there is no job
func TestGolden(t *testing.T) {
	for _, file := range goldens(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c := readCase(t, archive)
			c.translate()
			archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool {
				return strings.HasSuffix(f.Name, ".nomad.hcl") || f.Name == "variables" || f.Name == "problems"
			})
			archive.Files = append(archive.Files, c.results(t)...)
			got := txtar.Format(archive)
			if *update {
				writeFile(t, file, got)
				return
			}
			if diff := cmp.Diff(string(readFile(t, file)), string(got)); diff != "" {
				t.Errorf("not what the file says (-file +got); if this is meant, run: go test ./translator -update\n%s", diff)
			}
		})
	}
}

// example is what a file in testdata describes.
type example struct {
	blueprint dynomad.Blueprint
	target    translator.Target
	run       *translator.Run
	release   bool     // the run is the release phase
	show      []string // "web", "service"
	texts     map[string][]byte
	bundle    translator.Bundle
	problems  dynomad.Problems
}

func readCase(t *testing.T, archive *txtar.Archive) *example {
	t.Helper()
	files, templates := map[string][]byte{}, fstest.MapFS{}
	for _, f := range archive.Files {
		if name, ok := strings.CutPrefix(f.Name, "templates/"); ok {
			templates[name] = &fstest.MapFile{Data: f.Data}
		}
		files[f.Name] = f.Data
	}
	driver := "raw_exec"
	for line := range strings.Lines(string(files["given"])) {
		if word, ok := strings.CutPrefix(line, "driver: "); ok {
			driver = strings.TrimSpace(word)
		}
	}
	to, err := target.Load([]target.Layer{target.Ours(), {Name: "templates", Files: templates}}, driver, "localhost", 8080)
	if err != nil {
		t.Fatal(err)
	}
	c := &example{target: to.Target, texts: files, blueprint: dynomad.Blueprint{
		App:     dynomad.App{Name: "hello"},
		Release: dynomad.Release{Version: 3, Status: dynomad.ReleaseSucceeded},
		Config:  dynomad.Config{},
	}}
	c.read()
	for line := range strings.Lines(string(files["given"])) {
		key, words, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if given := c.given()[key]; given != nil {
			given(words)
		} else {
			t.Fatalf("nothing is known about %q", key)
		}
	}
	return c
}

// read is what a build finds in the app's source.
func (c *example) read() {
	var found source.Source
	found, c.problems = source.Read(source.Files(c.texts), nil)
	c.blueprint.Processes, c.blueprint.Slug.Overlay = found.Processes, found.Overlay
	for _, host := range found.Domains {
		c.blueprint.Domains = append(c.blueprint.Domains, dynomad.Domain{Hostname: host})
	}
}

// given is the table of what a line in the section of that name may say.
func (c *example) given() map[string]func(string) {
	bp := &c.blueprint
	return map[string]func(string){
		"app":            func(s string) { bp.App.Name = dynomad.AppName(s) },
		"release":        func(s string) { c.version(s) }, // v12 pending
		"scale":          func(s string) { c.scale(s) },   // web=2 worker=1:standard-2x
		"config":         func(s string) { name, value, _ := strings.Cut(s, "="); bp.Config[name] = value },
		"domain":         func(s string) { bp.Domains = append(bp.Domains, dynomad.Domain{Hostname: s}) },
		"slug":           func(s string) { bp.Slug.URL, bp.Slug.SHA256, _ = strings.Cut(s, " ") }, // URL SHA256
		"no stack image": func(string) { c.target.Docker.Image = "" },
		"maintenance":    func(string) { bp.App.Maintenance = true },
		"image":          func(s string) { bp.Slug.Image = s },
		"driver":         func(string) {},              // has been read before
		"run":            func(s string) { c.once(s) }, // run.1234 run bin/migrate; release: the release phase
		"namespace":      func(s string) { c.target.Namespace = s },
		"edge":           func(s string) { c.edge(s) }, // example.com 443
		"agent": func(s string) {
			words := strings.Fields(s) // URL SHA256 LOGPLEX
			c.target.Agent = &translator.Agent{URL: words[0], SHA256: words[1], Logplex: words[2]}
		},
		"show": func(s string) { c.show = strings.Fields(s) },
	}
}

func (c *example) once(s string) {
	if s == "release" {
		c.release = true
		return
	}
	words := strings.SplitN(s, " ", 3)
	c.run = &translator.Run{Name: words[0], Template: words[1], Command: words[2]}
}

func (c *example) version(s string) {
	version, status, _ := strings.Cut(s, " ")
	c.blueprint.Release.Version, _ = translator.VersionOf(version)
	c.blueprint.Release.Status = dynomad.ReleaseStatus(status)
}

func (c *example) scale(s string) {
	for word := range strings.FieldsSeq(s) {
		name, count, _ := strings.Cut(word, "=")
		count, size, _ := strings.Cut(count, ":")
		n, _ := strconv.Atoi(count)
		c.blueprint.Formation = append(c.blueprint.Formation, dynomad.FormationEntry{Type: dynomad.ProcessType(name), Quantity: n, Size: size})
	}
}

func (c *example) edge(s string) {
	domain, port, _ := strings.Cut(s, " ")
	c.target.Domain = domain
	c.target.EdgePort, _ = strconv.Atoi(port)
}

func (c *example) translate() {
	if c.problems.Err() != nil {
		return
	}
	var problems dynomad.Problems
	if run, ok := translator.ReleaseRun(c.blueprint); c.release && ok {
		c.run = &run
	}
	if c.run != nil {
		c.bundle, problems = translator.TranslateRun(c.blueprint, c.target, *c.run)
	} else {
		c.bundle, problems = translator.Translate(c.blueprint, c.target)
	}
	c.problems = append(c.problems, hcl.Place("dynomad.hcl", c.texts["dynomad.hcl"], problems)...)
}

func (c *example) results(t *testing.T) []txtar.File {
	var out []txtar.File
	add := func(name, text string) {
		if text != "" {
			out = append(out, txtar.File{Name: name, Data: []byte(text)})
		}
	}
	for _, job := range c.bundle.Jobs {
		name, show := "job", c.show
		if _, cron, ok := translator.CronOf(*job.ID); ok {
			name = string(cron)
		}
		if len(show) > 0 && show[0] == name { // a cron, of which only the rest is a block
			show = show[1:]
		} else if len(show) > 0 && len(c.bundle.Jobs) > 1 && (name != "job" || c.isCron(show[0])) {
			continue
		}
		add(name+".nomad.hcl", excerpt(t, string(hcl.FormatJob(job)), show))
	}
	variables := ""
	for _, v := range c.bundle.Variables {
		for _, name := range slices.Sorted(maps.Keys(v.Items)) {
			variables += fmt.Sprintf("%s: %s=%s\n", v.Path, name, v.Items[name])
		}
	}
	add("variables", variables)
	problems := ""
	for _, p := range c.problems {
		problems += p.In(c.texts) + "\n"
	}
	add("problems", problems)
	return out
}

func (c *example) isCron(name string) bool {
	return slices.ContainsFunc(c.blueprint.Processes, func(p dynomad.Process) bool { return string(p.Type) == name && p.Scheduled() })
}

// excerpt is the block of the text to which the names lead: "web", "service" is the service block in the group web.
func excerpt(t *testing.T, text string, names []string) string {
	t.Helper()
	for _, name := range names {
		lines := strings.SplitAfter(text, "\n")
		begin := slices.IndexFunc(lines, func(l string) bool {
			words := strings.Fields(l)
			return len(words) > 1 && strings.HasSuffix(l, "{\n") && (words[0] == name || words[1] == strconv.Quote(name))
		})
		if begin < 0 {
			t.Fatalf("the job has no block %q", name)
		}
		indent := lines[begin][:len(lines[begin])-len(strings.TrimLeft(lines[begin], " "))]
		end := begin + slices.Index(lines[begin:], indent+"}\n")
		var block strings.Builder
		for _, line := range lines[begin : end+1] {
			block.WriteString(strings.TrimPrefix(line, indent))
		}
		text = block.String()
	}
	return text
}

func goldens(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in testdata (%v)", err)
	}
	return files
}

// goldenJobs are the jobs of all goldens that make one, by the golden's name.
func goldenJobs(t *testing.T) map[string]*api.Job {
	t.Helper()
	jobs := map[string]*api.Job{}
	for _, file := range goldens(t) {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c := readCase(t, archive)
		c.translate()
		for i, job := range c.bundle.Jobs {
			jobs[fmt.Sprintf("%s/%d", strings.TrimSuffix(filepath.Base(file), ".txtar"), i)] = job
		}
	}
	return jobs
}
