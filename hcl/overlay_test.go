package hcl_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	hclv2 "github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/nomad/api"
	"golang.org/x/tools/txtar"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/hcl"
)

var update = flag.Bool("update", false, "rewrite the wanted parts of testdata")

// Each file in testdata/nomad is a dynomad.hcl with `nomad` blocks, the patches that they are, and what is wrong with them.
func TestOverlay(t *testing.T) {
	files, err := filepath.Glob("testdata/nomad/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want := txtar.Format(archive)
			src := archive.Files[0].Data
			archive.Files = append(archive.Files[:1:1], overlays(t, src)...)
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

func overlays(t *testing.T, src []byte) []txtar.File {
	t.Helper()
	manifest, problems := hcl.Manifest("dynomad.hcl", src, hcl.Inputs{})
	var files []txtar.File
	add := func(name string, patch json.RawMessage) {
		var pretty bytes.Buffer
		if len(patch) == 0 || problems.Err() != nil {
			return
		}
		if err := json.Indent(&pretty, patch, "", "  "); err != nil {
			t.Fatal(err)
		}
		pretty.WriteByte('\n')
		files = append(files, txtar.File{Name: name, Data: pretty.Bytes()})
	}
	add("the job's", manifest.Nomad)
	for _, name := range []dynomad.ProcessType{"web", "worker"} {
		add(string(name)+"'s", manifest.Processes[name].Nomad)
	}
	var text strings.Builder
	for _, p := range problems {
		fmt.Fprintln(&text, p)
		fmt.Fprintln(&text, p.Excerpt(src))
	}
	if text.Len() > 0 {
		files = append(files, txtar.File{Name: "problems", Data: []byte(text.String())})
	}
	return files
}

// What we write of a job with every field set, we read in nomad blocks as the same job.
func TestOverlayReadsWhatWeWrite(t *testing.T) {
	for seed := range 4 {
		readAgain(t, fullJob(seed))
	}
}

// readAgain reads our own text of a job and fails if it is another job.
func readAgain(t *testing.T, want *api.Job) {
	t.Helper()
	written := hcl.FormatJob(want)
	text, groups, whyNot := asOverlays(written)
	if whyNot != "" {
		t.Fatal(whyNot)
	}
	sameJob(t, text, groups, want)
}

// sameJob reads a dynomad.hcl of asOverlays and fails if it is another job.
func sameJob(t *testing.T, text []byte, groups []string, want *api.Job) {
	t.Helper()
	manifest, problems := hcl.Manifest("dynomad.hcl", text, hcl.Inputs{})
	if err := problems.Err(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	got := &api.Job{}
	into(t, manifest.Nomad, got)
	got.ID, got.Name, got.Namespace, got.Type = want.ID, want.Name, want.Namespace, want.Type
	for i, name := range groups {
		group := &api.TaskGroup{}
		into(t, manifest.Processes[dynomad.ProcessType(name)].Nomad, group)
		group.Name, group.Count = want.TaskGroups[i].Name, want.TaskGroups[i].Count
		group.Tasks = slices.DeleteFunc(group.Tasks, func(task *api.Task) bool { return task.Name == "" }) // a group's vault block is for the process's own as well
		got.TaskGroups = append(got.TaskGroups, group)
	}
	theirs := *want
	theirs.Canonicalize()
	got.Canonicalize()
	if diff := cmp.Diff(sent(t, theirs), sent(t, got)); diff != "" {
		t.Errorf("we read the job as another one (-job +read):\n%s\n%s", diff, text)
	}
}

// As much as fits into a file is read soon, and what comes of it Nomad can read.
func TestOverlayOfTheLongestFile(t *testing.T) {
	repeat := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < hcl.MaxBytes-200; i++ {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for _, inside := range []string{
		repeat("kill_%d=1\n"), repeat("constrain_%d {}\n"), repeat("constraint {}\n#%d\n"), repeat("volume \"%d\" {}\n"), repeat("task \"t%d\" {}\n") + "vault {}\n",
		"task {\n config {\n x" + repeat(" \"%d\"") + " {}\n}\n}\n", "task {\n config {\n" + repeat("a%d {}\n") + "}\n}\n",
	} {
		started := time.Now()
		src := "process \"web\" {\n nomad {\n" + inside + "}\n}\n"
		manifest, problems := hcl.Manifest("dynomad.hcl", []byte(src), hcl.Inputs{})
		layers(t, manifest.Processes["web"].Nomad, func() any { return &api.TaskGroup{} })
		t.Logf("%v, %d problems, %d bytes", time.Since(started), len(problems), len(manifest.Processes["web"].Nomad))
		if took := time.Since(started); took > 30*time.Second {
			t.Errorf("%.60s… took %v", inside, took)
		}
	}
}

// Whatever stands in a nomad block, it is read soon and is a patch that Nomad's types can take, or refused with a line.
func FuzzOverlay(f *testing.F) {
	f.Add([]byte("priority = 70\nconstraint = null\nconstraint {\n  distinct_hosts = true\n}\nmeta {\n  a = 1\n}"))
	f.Add([]byte("task {\n  config = null\n  config {\n    mount \"x\" {\n      a = { b = [1.5, null] }\n    }\n  }\n}\nvault {}\ntask \"b\" {\n  identity {}\n}"))
	f.Add([]byte("network {\n  port \"http\" {\n    static = 80\n  }\n}\nvolume \"v\" {\n  mount_options = null\n  mount_options {}\n}\nscaling {}"))
	for _, file := range []string{"group", "remove", "problem_names", "problem_values"} {
		archive, err := txtar.ParseFile("testdata/nomad/" + file + ".txtar")
		if err != nil {
			f.Fatal(err)
		}
		_, rest, _ := bytes.Cut(archive.Files[0].Data, []byte("nomad {\n"))
		inside, _, _ := bytes.Cut(rest, []byte("\n  }\n}"))
		f.Add(inside)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		started := time.Now()
		manifest, problems := hcl.Manifest("dynomad.hcl", slices.Concat([]byte("nomad {\n"), text, []byte("\n}\nprocess \"web\" {\n  nomad {\n"), text, []byte("\n  }\n}\n")), hcl.Inputs{})
		if took := time.Since(started); took > 10*time.Second {
			t.Errorf("reading took %v", took)
		}
		for _, p := range problems {
			if p.Message == "" || p.Line == 0 {
				t.Errorf("problem %+v", p)
			}
		}
		layers(t, manifest.Nomad, func() any { return &api.Job{} })
		for _, process := range manifest.Processes {
			layers(t, process.Nomad, func() any { return &api.TaskGroup{} })
		}
	})
}

// layers decodes each layer of a patch into a Nomad struct.
func layers(t *testing.T, patch json.RawMessage, empty func() any) {
	t.Helper()
	list := []json.RawMessage{patch}
	if bytes.HasPrefix(patch, []byte("[")) {
		into(t, patch, &list)
	}
	for _, layer := range list {
		into(t, layer, empty())
	}
}

func into(t *testing.T, patch []byte, v any) {
	t.Helper()
	if len(patch) == 0 {
		return
	}
	if err := json.Unmarshal(patch, v); err != nil {
		t.Fatalf("%v in %s", err, patch)
	}
}

// asOverlays makes a dynomad.hcl of a job file, with a process for each group, and the names of these. What may not stand in an overlay
// is left out.
func asOverlays(src []byte) (text []byte, groups []string, whyNot string) {
	file, diagnostics := hclsyntax.ParseConfig(src, "", hclv2.InitialPos)
	if diagnostics.HasErrors() {
		return nil, nil, "it is JSON"
	}
	var out strings.Builder
	for _, b := range file.Body.(*hclsyntax.Body).Blocks { //nolint:forcetypeassert // HCL's own syntax
		switch b.Type {
		case "variable", "locals":
			out.Write(b.Range().SliceBytes(src))
			out.WriteString("\n")
			continue
		case "job":
		default:
			return nil, nil, "a block " + b.Type
		}
		out.WriteString("nomad {" + without(src, b.Body, "id", "name", "namespace", "type", "group") + "}\n")
		for _, inner := range b.Body.Blocks {
			switch inner.Type {
			case "task", "vault", "secret":
				return nil, nil, "a block " + inner.Type + " of the job, which is for all groups"
			case "group":
				name := fmt.Sprintf("group-%d", len(groups))
				groups = append(groups, name)
				fmt.Fprintf(&out, "process %q {\n  nomad {%s}\n}\n", name, without(src, inner.Body, "count"))
			}
		}
	}
	return []byte(out.String()), groups, ""
}

// without is the inside of a body without the settings and blocks of some names.
func without(src []byte, body *hclsyntax.Body, names ...string) string {
	text := slices.Clone(src)
	blank := func(at hclv2.Range) {
		for i := at.Start.Byte; i < at.End.Byte; i++ {
			text[i] = ' '
		}
	}
	for _, name := range names {
		if a := body.Attributes[name]; a != nil {
			blank(a.SrcRange)
		}
	}
	for _, b := range body.Blocks {
		if slices.Contains(names, b.Type) {
			blank(b.Range())
		}
	}
	inside := body.SrcRange.SliceBytes(text)
	return string(inside[1 : len(inside)-1])
}
