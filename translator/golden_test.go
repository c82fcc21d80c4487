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

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/nomad/api"
	"golang.org/x/tools/txtar"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cmd/dynomad/target"
	"github.com/dynomad/dynomad/hcl"
	"github.com/dynomad/dynomad/translator"
	"github.com/dynomad/dynomad/translator/procfile"
)

var update = flag.Bool("update", false, "rewrite the wanted part of the files in testdata")

// Each file in testdata is one behaviour. Its first line says which. Then come, as sections:
//
//	Procfile, dynomad.hcl   what the app's source says; dynomad.hcl may be absent
//	given                   what else there is, a line each (see the table in given)
//
// and what comes of it, which -update rewrites:
//
//	job.nomad.hcl           the job, or the block of it that `show` names
//	variables               a line for each value in each Nomad Variable
//	problems                what a user is told; then there is no job
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
				return f.Name == "job.nomad.hcl" || f.Name == "variables" || f.Name == "problems"
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
	show      []string // "web", "service"
	bundle    translator.Bundle
	problems  dynomad.Problems
}

func readCase(t *testing.T, archive *txtar.Archive) *example {
	t.Helper()
	files := map[string]string{}
	for _, f := range archive.Files {
		files[f.Name] = string(f.Data)
	}
	to, err := target.Default("raw_exec", "localhost", 8080)
	if err != nil {
		t.Fatal(err)
	}
	c := &example{target: to, blueprint: dynomad.Blueprint{
		App:     dynomad.App{Name: "hello"},
		Release: dynomad.Release{Version: 3, Status: dynomad.ReleaseSucceeded},
		Config:  dynomad.Config{},
	}}
	entries, problems := procfile.Parse([]byte(files["Procfile"]))
	manifest, more := hcl.Manifest("dynomad.hcl", []byte(files["dynomad.hcl"]))
	c.problems = slices.Concat(problems, more)
	c.blueprint.Processes, more = translator.Processes(entries, manifest)
	c.problems = append(c.problems, more...)
	for line := range strings.Lines(files["given"]) {
		key, words, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if given := c.given()[key]; given != nil {
			given(words)
		} else {
			t.Fatalf("nothing is known about %q", key)
		}
	}
	return c
}

// given is the table of what a line in the section of that name may say.
func (c *example) given() map[string]func(string) {
	bp := &c.blueprint
	return map[string]func(string){
		"app":         func(s string) { bp.App.Name = dynomad.AppName(s) },
		"release":     func(s string) { c.release(s) }, // v12 pending
		"scale":       func(s string) { c.scale(s) },   // web=2 worker=1:standard-2x
		"config":      func(s string) { name, value, _ := strings.Cut(s, "="); bp.Config[name] = value },
		"domain":      func(s string) { bp.Domains = append(bp.Domains, dynomad.Domain{Hostname: s}) },
		"slug":        func(s string) { bp.Slug.URL, bp.Slug.SHA256, _ = strings.Cut(s, " ") }, // URL SHA256
		"maintenance": func(string) { bp.App.Maintenance = true },
		"driver":      func(s string) { c.target.Driver = s },
		"namespace":   func(s string) { c.target.Namespace = s },
		"edge":        func(s string) { c.edge(s) }, // example.com 443
		"agent": func(s string) {
			words := strings.Fields(s) // URL SHA256 LOGPLEX
			c.target.Agent = &translator.Agent{URL: words[0], SHA256: words[1], Logplex: words[2]}
		},
		"show": func(s string) { c.show = strings.Fields(s) },
	}
}

func (c *example) release(s string) {
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
	bundle, problems := translator.Translate(c.blueprint, c.target)
	c.bundle, c.problems = bundle, append(c.problems, problems...)
}

func (c *example) results(t *testing.T) []txtar.File {
	var out []txtar.File
	add := func(name, text string) {
		if text != "" {
			out = append(out, txtar.File{Name: name, Data: []byte(text)})
		}
	}
	for _, job := range c.bundle.Jobs {
		add("job.nomad.hcl", excerpt(t, string(hcl.FormatJob(job)), c.show))
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
		problems += p.String() + "\n"
	}
	add("problems", problems)
	return out
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
		for _, job := range c.bundle.Jobs {
			jobs[strings.TrimSuffix(filepath.Base(file), ".txtar")] = job
		}
	}
	return jobs
}
