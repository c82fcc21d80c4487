package hcl_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/hcl"
)

// Each file in testdata is one behaviour: its first line says which, then come the text of a dynomad.hcl, the values given
// for its variables (NAME=VALUE, a line each), and what a user is told, with the line and carets under the place.
// -update rewrites what is wanted.
func TestProblems(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want := txtar.Format(archive)
			var src []byte
			in := hcl.Inputs{Values: map[string]string{}}
			var kept []txtar.File
			for _, f := range archive.Files {
				switch f.Name {
				case "dynomad.hcl":
					src = f.Data
				case "given":
					for line := range strings.Lines(string(f.Data)) {
						name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
						in.Values[name] = value
					}
				default:
					continue
				}
				kept = append(kept, f)
			}
			_, problems := hcl.Manifest("dynomad.hcl", src, in)
			kept = append(kept, txtar.File{Name: "problems", Data: told(problems, src)})
			archive.Files = kept
			got := txtar.Format(archive)
			if *update {
				if err := os.WriteFile(file, got, 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func told(problems dynomad.Problems, src []byte) []byte {
	var b bytes.Buffer
	for _, p := range problems {
		b.WriteString(p.String() + "\n")
		if excerpt := p.Excerpt(src); excerpt != "" {
			b.WriteString(excerpt + "\n")
		}
	}
	return b.Bytes()
}
