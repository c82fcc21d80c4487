package procfile_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator/procfile"
)

var update = flag.Bool("update", false, "rewrite the wanted parts of testdata")

// Each file in testdata is one behaviour: a Procfile, or "Procfile, quoted" with one Go string a line where it has signs that
// cannot be seen or no line end; then the entries and the problems that come of it, which -update rewrites.
func TestParse(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 20 {
		t.Fatalf("only %d files in testdata (%v)", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			script, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			src := given(t, script.Files[0])
			entries, problems := procfile.Parse(src)
			script.Files = append(script.Files[:1:1], results(src, entries, problems)...)
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
				t.Errorf("not what the file says (-file +got); if this is meant, run: go test ./translator/procfile -update\n%s", diff)
			}
		})
	}
}

func given(t *testing.T, f txtar.File) []byte {
	t.Helper()
	if f.Name == procfile.Name {
		return f.Data
	}
	var src []byte
	for line := range strings.Lines(string(f.Data)) {
		text, err := strconv.Unquote(strings.TrimSpace(line))
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		src = append(src, text...)
	}
	return src
}

func results(src []byte, entries []procfile.Entry, problems dynomad.Problems) []txtar.File {
	var list, told strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&list, "%d %s %q\n", e.Line, e.Type, e.Command)
	}
	for _, p := range problems {
		fmt.Fprintln(&told, p)
		for line := range strings.Lines(p.Excerpt(src)) {
			told.WriteString("    " + strings.TrimSuffix(line, "\n") + "\n")
		}
	}
	var out []txtar.File
	if list.Len() > 0 {
		out = append(out, txtar.File{Name: "entries", Data: []byte(list.String())})
	}
	if told.Len() > 0 {
		out = append(out, txtar.File{Name: "problems", Data: []byte(told.String())})
	}
	return out
}

// A Procfile whose lines are all wrong is told so a hundred times and then in a number, and errors are not lost behind
// warnings.
func TestProblemsAreCounted(t *testing.T) {
	_, problems := procfile.Parse([]byte(strings.Repeat("Web: a\n", 1000) + strings.Repeat("x\n", 1000)))
	if len(problems) != 2*procfile.MaxProblems+2 {
		t.Fatalf("%d problems", len(problems))
	}
	last := problems[len(problems)-2:]
	if !strings.Contains(last[0].String(), "there are 900 more errors") || !strings.Contains(last[1].String(), "there are 1899 more warnings") {
		t.Error(last)
	}
}

func TestFormat(t *testing.T) {
	entries := []procfile.Entry{{Type: "web", Command: `echo "a  b" # c`, Line: 1}, {Type: "Worker_1", Command: "\\", Line: 2}}
	text := procfile.Format(entries)
	if want := "web: echo \"a  b\" # c\nWorker_1: \\\n"; string(text) != want {
		t.Errorf("%q", text)
	}
	again, problems := procfile.Parse(text)
	if diff := cmp.Diff(entries, again); diff != "" || problems.Err() != nil {
		t.Error(diff, problems)
	}
}

func TestWritable(t *testing.T) {
	for command, want := range map[string]bool{
		"a": true, "# a": true, `a \`: true, "é": true, "a\rb": true,
		"": false, " a": false, "a\t": false, "a\nb": false, "a\r": false, "\x00": false, "\xff": false,
	} {
		if got := (procfile.Entry{Type: "web", Command: command}).Writable(); got != want {
			t.Errorf("%q: %v", command, got)
		}
	}
	for _, name := range []string{"", "-a", "a b", "é", strings.Repeat("a", 64), "a:b"} {
		if (procfile.Entry{Type: dynomad.ProcessType(name), Command: "a"}).Writable() {
			t.Errorf("type %q", name)
		}
	}
}

// Whatever the file holds, Parse ends, blames places that are there, gives commands that stand in it as they are, and reads
// what Format makes of them as the same.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"web: a", "web: a # b\r\n\r\nweb:c", ": x", "\uFEFF# c\n a_B :\t\x00", "web: \xff", "é: x", "\xff\xfew\x00", "web ./a", "web：a",
		"<<<<<<< HEAD\nweb: a\n=======\nweb: b\n>>>>>>> x\n", "web: a \\\n --b\n//c", "web:\u00a0“a” – b\rc", "Web: a\nweb: b\n_x: c\nw_: // d",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		entries, problems := procfile.Parse(src)
		lines := strings.Split(strings.TrimPrefix(string(src), "\uFEFF"), "\n")
		if len(entries) == 0 && problems.Err() == nil {
			t.Error("neither an entry nor a problem")
		}
		seen := map[dynomad.ProcessType]bool{}
		for _, e := range entries {
			if seen[e.Type] || !e.Writable() {
				t.Errorf("entry %+v", e)
			}
			seen[e.Type] = true
			if !strings.Contains(lines[e.Line-1], string(e.Type)) || !strings.Contains(lines[e.Line-1], e.Command) {
				t.Errorf("entry %+v is not what line %q says", e, lines[e.Line-1])
			}
		}
		for _, p := range problems {
			if p.Message == "" || p.Hint == "" || p.Line > len(lines) {
				t.Fatalf("problem %+v", p)
			}
			if p.Line > 0 && (p.Column < 1 || p.Column-1+p.Width > utf8.RuneCountInString(lines[p.Line-1])) {
				t.Errorf("problem %+v is not within %q", p, lines[p.Line-1])
			}
		}
		again, _ := procfile.Parse(procfile.Format(entries))
		if !slices.EqualFunc(entries, again, func(a, b procfile.Entry) bool { return a.Type == b.Type && a.Command == b.Command }) {
			t.Errorf("%+v is written and read back as %+v", entries, again)
		}
	})
}

// BenchmarkParse shows that time and memory grow with the file and no faster: the numbers a byte stay about the same.
func BenchmarkParse(b *testing.B) {
	for _, c := range []struct {
		name string
		make func(n int) string
	}{
		{"entries", func(n int) string {
			var s strings.Builder
			for i := range n {
				fmt.Fprintf(&s, "worker-%d: bundle exec sidekiq -q %d\n", i, i)
			}
			return s.String()
		}},
		{"same", func(n int) string { return strings.Repeat("web: bundle exec rails server -p $PORT\n", n) }},
		{"wrong", func(n int) string { return strings.Repeat("this is no line of a Procfile, to nobody\n", n) }},
		{"long", func(n int) string { return "web: " + strings.Repeat("é “x” # // \\ ", 3*n) }},
		{"blank", func(n int) string { return strings.Repeat(" ", 40*n) + "web: a" }},
	} {
		for _, n := range []int{100, 1000, 10_000, 100_000} {
			src := []byte(c.make(n))
			b.Run(fmt.Sprintf("%s-%d", c.name, n), func(b *testing.B) {
				b.SetBytes(int64(len(src)))
				b.ReportAllocs()
				for b.Loop() {
					_, _ = procfile.Parse(src)
				}
			})
		}
	}
}
