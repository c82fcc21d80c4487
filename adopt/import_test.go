package adopt

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cmd/dynomad/target"
	"github.com/dynomad/dynomad/source"
	"github.com/dynomad/dynomad/translator"
)

var importers = map[string]func([]byte) (Files, dynomad.Problems){composeFile: Compose, flyFile: Fly}

// Each testdata/compose_*.txtar and fly_*.txtar is a file of another platform and what is made of it: Procfile, dynomad.hcl
// and problems, which -update rewrites. What is made translates for docker without an error.
func TestImports(t *testing.T) {
	compose, _ := filepath.Glob("testdata/compose_*.txtar")
	fly, _ := filepath.Glob("testdata/fly_*.txtar")
	if len(compose) == 0 || len(fly) == 0 {
		t.Fatal("no files in testdata")
	}
	for _, file := range slices.Concat(compose, fly) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			given := archive.Files[0]
			made, problems := importers[given.Name](given.Data)
			archive.Files = append(archive.Files[:1:1], shown(given, made, problems)...)
			if problems.Err() == nil {
				translates(t, made)
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

func shown(given txtar.File, made Files, problems dynomad.Problems) []txtar.File {
	var told strings.Builder
	for _, p := range problems {
		fmt.Fprintln(&told, p)
		if p.Line > 0 && p.Column > 0 {
			for line := range strings.Lines(p.Excerpt(given.Data)) {
				told.WriteString("    " + strings.TrimSuffix(line, "\n") + "\n")
			}
		}
	}
	var out []txtar.File
	for _, part := range []txtar.File{{Name: "Procfile", Data: made.Procfile}, {Name: "dynomad.hcl", Data: made.Manifest}, {Name: "problems", Data: []byte(told.String())}} {
		if len(part.Data) > 0 {
			out = append(out, part)
		}
	}
	return out
}

// translates holds what was made against a cluster with docker whose operator allows the volumes.
func translates(t *testing.T, made Files) {
	t.Helper()
	files := source.Files{source.Manifest: made.Manifest}
	if made.Procfile != nil {
		files[source.Procfile] = made.Procfile
	}
	read, problems := source.Read(files, nil)
	if problems.Err() != nil {
		t.Errorf("does not read back: %v\n%s", problems, made.Manifest)
		return
	}
	to, err := target.Default("docker", "localhost", 8080)
	if err != nil {
		t.Fatal(err)
	}
	to.Allow = translator.Allow{HostVolumes: []string{"*"}}
	_, problems = translator.Translate(dynomad.Blueprint{
		App:       dynomad.App{Name: "hello"},
		Release:   dynomad.Release{Version: 1, Status: dynomad.ReleasePending},
		Slug:      dynomad.Slug{URL: "http://127.0.0.1/slug.tar.gz", SHA256: strings.Repeat("ab", 32), Overlay: read.Overlay},
		Processes: read.Processes,
	}, to)
	if problems.Err() != nil {
		t.Errorf("does not translate: %v\n%s", problems, made.Manifest)
	}
}

func TestSplitAndJoin(t *testing.T) {
	for text, want := range map[string][]string{
		"":                        nil,
		"a  b\tc":                 {"a", "b", "c"},
		`a "b c" 'd "e' f\ g ""`:  {"a", "b c", `d "e`, "f g", ""},
		`sh -c "echo \"$X\" \a"`:  {"sh", "-c", `echo "$X" \a`},
		`a'b'"c"`:                 {"abc"},
		"bundle exec puma -p 300": {"bundle", "exec", "puma", "-p", "300"},
	} {
		got, ok := split(text)
		if diff := cmp.Diff(want, got); diff != "" || !ok {
			t.Errorf("%s: %v\n%s", text, ok, diff)
		}
		if again, ok := split(join(got)); !ok || !slices.Equal(again, got) {
			t.Errorf("%q is joined to %s, which is %q", got, join(got), again)
		}
	}
	if _, ok := split("a 'b"); ok {
		t.Error("an open quote is none")
	}
}

// Whatever the file, an importer ends, and gives files that read back or says why not.
func FuzzImports(f *testing.F) {
	seeds, _ := filepath.Glob("testdata/*_*.txtar")
	for _, file := range seeds {
		if archive, err := txtar.ParseFile(file); err == nil && importers[archive.Files[0].Name] != nil {
			f.Add(archive.Files[0].Data)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		for name, importer := range importers {
			made, problems := importer(src)
			if (problems.Err() == nil) != (made.Manifest != nil) {
				t.Errorf("%s: %q and %v", name, made.Manifest, problems)
			}
			for _, p := range problems {
				if p.Message == "" || strings.HasPrefix(p.Message, "what was made of it is not right") {
					t.Errorf("%s: %v\n%s\n%s", name, p, made.Procfile, made.Manifest)
				}
			}
		}
	})
}
