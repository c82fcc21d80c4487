package adopt

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/nomad/api"
	"golang.org/x/tools/txtar"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cmd/dynomad/target"
	"github.com/dynomad/dynomad/source"
	"github.com/dynomad/dynomad/translator"
)

var update = flag.Bool("update", false, "rewrite the wanted part of the files in testdata")

// Each testdata/job_*.txtar is one job, as Nomad's API has it in job.json, and what is made of it: Procfile, dynomad.hcl and
// problems, which -update rewrites. What is adopted, translated, is the job again.
func TestJobs(t *testing.T) {
	files, err := filepath.Glob("testdata/job_*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in testdata (%v)", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name != "job.json" })
			job := new(api.Job)
			if err := json.Unmarshal(archive.Files[0].Data, job); err != nil {
				t.Fatal(err)
			}
			to, err := target.Default(Driver(job), "localhost", 8080)
			if err != nil {
				t.Fatal(err)
			}
			made, problems := Job(job, to)
			add := func(name, text string) {
				if text != "" {
					archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(text)})
				}
			}
			add("Procfile", string(made.Procfile))
			add("dynomad.hcl", string(made.Manifest))
			told := ""
			for _, p := range problems {
				told += p.String() + "\n"
			}
			add("problems", told)
			if problems.Err() == nil && job.JobModifyIndex == nil { // a server's own additions are not adopted
				if left := compare(t, job, made, to, nil); left != "" {
					t.Errorf("its translation is another job (-want +got):\n%s", left)
				}
			}
			got := txtar.Format(archive)
			if *update {
				if err := os.WriteFile(file, got, 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("not what the file says (-file +got); if this is meant, run: go test ./adopt -update\n%s", diff)
			}
		})
	}
}

// compare translates adopted files and holds them against the job, by Nomad's own defaults and not by how adopt finds what
// is the same; config is what the config vars are to be.
func compare(t *testing.T, want *api.Job, files Files, to translator.Target, config dynomad.Config) string {
	t.Helper()
	texts := source.Files{source.Manifest: files.Manifest}
	if len(files.Procfile) > 0 {
		texts[source.Procfile] = files.Procfile
	}
	read, problems := source.Read(texts, nil)
	if err := problems.Err(); err != nil {
		t.Fatalf("%v\n%s", err, files.Manifest)
	}
	processes := read.Processes
	app := dynomad.AppName(*want.ID)
	if cron, _, ok := translator.CronOf(*want.ID); ok {
		app = cron
	}
	bp := dynomad.Blueprint{
		App: dynomad.App{Name: app}, Release: dynomad.Release{Version: release, Status: dynomad.ReleaseSucceeded},
		Slug: dynomad.Slug{Overlay: read.Overlay}, Processes: processes, Config: config,
	}
	for _, domain := range read.Domains {
		bp.Domains = append(bp.Domains, dynomad.Domain{Hostname: domain})
	}
	for _, p := range processes {
		if quantity := translator.Settings(p, to).Quantity; quantity != nil && p.Scaled() {
			bp.Formation = append(bp.Formation, dynomad.FormationEntry{Type: p.Type, Quantity: *quantity})
		}
	}
	to.Allow = everything()
	bundle, problems := translator.Translate(bp, to)
	if err := problems.Err(); err != nil {
		t.Fatalf("%v\n%s", err, files.Manifest)
	}
	return cmp.Diff(canonical(t, want), canonical(t, bundle.Jobs[0]))
}

// canonical is a job as a tree of JSON with everything that Nomad fills in and without what Dynomad names.
func canonical(t *testing.T, job *api.Job) any {
	t.Helper()
	text, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	out := new(api.Job)
	var bare any
	if err := json.Unmarshal(text, &bare); err != nil {
		t.Fatal(err)
	}
	if text, err = json.Marshal(withoutNulls(bare)); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, out); err != nil {
		t.Fatal(err)
	}
	out.Canonicalize()
	delete(out.Meta, translator.MetaApp)
	delete(out.Meta, translator.MetaRelease)
	periodic := out.Periodic != nil
	if periodic && *out.Periodic.Spec != "" {
		out.Periodic.Specs, out.Periodic.Spec = []string{*out.Periodic.Spec}, nil
	}
	if len(out.Datacenters) == 0 {
		out.Datacenters = []string{"*"}
	}
	for _, group := range out.TaskGroups {
		main, err := mainOf(group)
		if err != nil {
			t.Fatal(err)
		}
		if periodic {
			group.Name, out.ID, out.Name = nil, nil, nil
		}
		anonymous(group, main)
		slices.SortFunc(group.Tasks, func(a, b *api.Task) int { return strings.Compare(a.Name, b.Name) })
	}
	slices.SortFunc(out.TaskGroups, func(a, b *api.TaskGroup) int {
		if a.Name == nil {
			return 0
		}
		return strings.Compare(*a.Name, *b.Name)
	})
	text, err = json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	return prune(tree)
}

// anonymous takes the main task's name out of a group.
func anonymous(group *api.TaskGroup, main *api.Task) {
	name := main.Name
	main.Name = ""
	services := slices.Clone(group.Services)
	for _, task := range group.Tasks {
		services = append(services, task.Services...)
	}
	for _, s := range services {
		s.TaskName = strings.TrimSuffix(s.TaskName, name)
		for i := range s.Checks {
			s.Checks[i].TaskName = strings.TrimSuffix(s.Checks[i].TaskName, name)
		}
		if s.Meta[translator.ServiceApp] != "" {
			delete(s.Meta, translator.ServiceRelease)
		}
	}
	for _, file := range main.Templates {
		if *file.DestPath == configFile {
			file.EmbeddedTmpl = nil // it has the path of a variable, in which the name stands
		}
	}
}

// prune takes out what says nothing.
func prune(v any) any {
	switch v := v.(type) {
	case string:
		if v == "" {
			return nil
		}
	case []any:
		var out []any
		for _, e := range v {
			out = append(out, prune(e))
		}
		if len(out) > 0 {
			return out
		}
		return nil
	case map[string]any:
		out := map[string]any{}
		for key, e := range v {
			if e = prune(e); e != nil {
				out[key] = e
			}
		}
		if len(out) > 0 {
			return out
		}
		return nil
	}
	return v
}

// FuzzJob holds that no text whatever that is a job's JSON makes a panic, or files that cannot be read.
func FuzzJob(f *testing.F) {
	files, err := filepath.Glob("testdata/job_*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(archive.Files[0].Data)
	}
	to, err := target.Default("docker", "localhost", 8080)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		job := new(api.Job)
		if json.Unmarshal(text, job) != nil {
			return
		}
		files, problems := Job(job, to)
		if _, more := source.Read(source.Files{source.Manifest: files.Manifest}, nil); problems.Err() == nil && len(files.Procfile) == 0 && more.Err() != nil {
			t.Errorf("%v\n%s", more, files.Manifest)
		}
		job.JobModifyIndex = new(uint64(1)) // as any that a server answers
		if out, err := Eject(job, nil); err == nil && len(out) == 0 {
			t.Error("an ejected job without a text")
		}
	})
}
