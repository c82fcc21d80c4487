package source_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/dynomad/dynomad/source"
)

var update = flag.Bool("update", false, "rewrite the wanted parts of testdata")

// Each file in testdata is one behaviour: a source's files, perhaps "vars" with a NAME=VALUE a line, and what is read of it,
// which -update rewrites.
func TestRead(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in testdata (%v)", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			script, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			script.Files = slices.DeleteFunc(script.Files, func(f txtar.File) bool { return f.Name == "source" || f.Name == "problems" })
			script.Files = append(script.Files, read(t, script.Files)...)
			got := txtar.Format(script)
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
				t.Errorf("not what the file says (-file +got); if this is meant, run: go test ./source -update\n%s", diff)
			}
		})
	}
}

func read(t *testing.T, given []txtar.File) []txtar.File {
	t.Helper()
	files, vars := source.Files{}, map[string]string{}
	for _, f := range given {
		if f.Name != "vars" {
			files[f.Name] = f.Data
			continue
		}
		for line := range strings.Lines(string(f.Data)) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			vars[name] = value
		}
	}
	s, problems := source.Read(files, vars)
	var told strings.Builder
	for _, p := range problems {
		fmt.Fprintln(&told, p)
		for line := range strings.Lines(p.Excerpt(files[p.File])) {
			told.WriteString("    " + strings.TrimSuffix(line, "\n") + "\n")
		}
	}
	var out []txtar.File
	if text := show(t, s); text != "" {
		out = append(out, txtar.File{Name: "source", Data: []byte(text)})
	}
	if told.Len() > 0 {
		out = append(out, txtar.File{Name: "problems", Data: []byte(told.String())})
	}
	return out
}

func show(t *testing.T, s source.Source) string {
	t.Helper()
	var b strings.Builder
	for _, p := range s.Processes {
		settings, err := json.Marshal(p.Settings)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s: %q %s\n", p.Type, p.Command, settings)
	}
	for _, d := range s.Domains {
		fmt.Fprintf(&b, "domain %s\n", d)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		fmt.Fprintf(&b, "env %s=%s\n", name, s.Env[name])
	}
	if s.Overlay != nil {
		fmt.Fprintf(&b, "overlay %s\n", s.Overlay)
	}
	if s.Postdeploy != "" {
		fmt.Fprintf(&b, "postdeploy %s\n", s.Postdeploy)
	}
	return b.String()
}

func TestNamesAreWhatIsRead(t *testing.T) {
	want := []string{"Procfile", "dynomad.hcl", "dynomad.vars.hcl", "app.json", "heroku.yml"}
	if diff := cmp.Diff(want, source.Names); diff != "" {
		t.Error(diff)
	}
	for name, runnable := range map[string]bool{"Procfile": true, "dynomad.hcl": true, "heroku.yml": true, "app.json": false, "procfile": false} {
		if got := (source.Files{name: nil}).Runnable(); got != runnable {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Whatever the files hold, Read ends, gives a source or says why not, and blames only files that are there.
func FuzzRead(f *testing.F) {
	f.Add("web: a", `process "web" { quantity = 2 }`, `{"formation": {"web": {"quantity": 1, "size": "1X"}}, "env": {"A": {"required": true}}}`, "run:\n  web: a\n")
	f.Add("", `process "x" { exec = ["a"] }`, `{"scripts": {"postdeploy": "x"}, "env": []}`, "run: {web: {command: [a], image: b}}\nrelease: {command: [a, b]}\n")
	f.Fuzz(func(t *testing.T, proc, manifest, app, heroku string) {
		files := source.Files{}
		for name, text := range map[string]string{source.Procfile: proc, source.Manifest: manifest, source.AppJSON: app, source.HerokuYML: heroku} {
			if text != "" {
				files[name] = []byte(text)
			}
		}
		s, problems := source.Read(files, nil)
		if (problems.Err() == nil) != (len(s.Processes) > 0) {
			t.Errorf("%d processes, and problems %v", len(s.Processes), problems)
		}
		for _, p := range problems {
			if _, there := files[p.File]; p.Message == "" || p.File != "" && !there {
				t.Errorf("problem %+v", p)
			}
		}
	})
}
