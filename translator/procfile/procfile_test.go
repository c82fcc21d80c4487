package procfile_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator/procfile"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []procfile.Entry
		problems   []string
	}{
		{"two lines", "web: ./server\nworker: ./work\n", []procfile.Entry{{"web", "./server", 1}, {"worker", "./work", 2}}, nil},
		{"no newline at the end", "web: ./server", []procfile.Entry{{"web", "./server", 1}}, nil},
		{"CR LF", "web: a b\r\nworker: c\r\n", []procfile.Entry{{"web", "a b", 1}, {"worker", "c", 2}}, nil},
		{"a byte order mark", "\uFEFFweb: a", []procfile.Entry{{"web", "a", 1}}, nil},
		{"comments and empty lines", "# what we run\n\n  \t# indented\n\nweb: a\n", []procfile.Entry{{"web", "a", 5}}, nil},
		{"space around everything", "  web \t:\t a  b \t\n", []procfile.Entry{{"web", "a  b", 1}}, nil},
		{"no space after the colon", "web:a", []procfile.Entry{{"web", "a", 1}}, nil},
		{"colons in the command", "web: a:b ::c", []procfile.Entry{{"web", "a:b ::c", 1}}, nil},
		{"signs of every language", `web: echo "${X:-'y'}" \n %{a} {{b}} $(c) ` + "`d`", []procfile.Entry{{"web", `echo "${X:-'y'}" \n %{a} {{b}} $(c) ` + "`d`", 1}}, nil},
		{
			"a # in the command stays", "web: a # b",
			[]procfile.Entry{{"web", "a # b", 1}},
			[]string{`Procfile:1:1: warning: this line has a # in its command, which stays part of it (a comment needs a line of its own; the shell in the dyno ignores it here)`},
		},
		{"a # inside a word is no comment to anybody", "web: a#b '#'", []procfile.Entry{{"web", "a#b '#'", 1}}, nil},
		{
			"the last of two holds", "web: a\nworker: b\nweb: c",
			[]procfile.Entry{{"worker", "b", 2}, {"web", "c", 3}},
			[]string{`Procfile:3:1: warning: this line gives "web" again; the command of line 1 is not used (remove one of the lines)`},
		},
		{
			"capitals and underscores", "Web_1: a",
			[]procfile.Entry{{"Web_1", "a", 1}},
			[]string{`Procfile:1:1: warning: this line names the process type "Web_1" (other platforms rewrite capitals and underscores; small letters and dashes mean the same everywhere)`},
		},
		{
			"every bad line at once", "web ./a\n  : b\na b: c\n-a: b\nempty: \nok: fine",
			[]procfile.Entry{{"ok", "fine", 6}},
			[]string{
				`Procfile:1:1: this line is not a process type, a colon and a command (write a line such as: web: ./server)`,
				`Procfile:2:3: this line has "" for a process type`,
				`Procfile:3:1: this line has "a b" for a process type`,
				`Procfile:4:1: this line has the process type "-a", which does not start and end with a letter or digit`,
				`Procfile:5:1: this line gives the process type "empty" no command (write it after the colon)`,
			},
		},
		{"a type that is too long", strings.Repeat("a", 64) + ": b", nil, []string{`Procfile:1:1: this line has a process type of 64 letters`}},
		{"a NUL", "é: \nweb: é\x00", nil, []string{`Procfile:1:1: this line has "é" for a process type`, `Procfile:2:7: this line has a character that no command can carry`}},
		{"no UTF-8", "web: \xff", nil, []string{`Procfile:1:6: this line has a character that no command can carry`}},
		{"nothing", "\n# nothing\n", nil, []string{`Procfile: there is no process type in it (write a line such as: web: ./server)`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			entries, problems := procfile.Parse([]byte(c.text))
			if diff := cmp.Diff(c.want, entries); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
			if len(problems) != len(c.problems) {
				t.Fatalf("problems: %v", problems)
			}
			for i, want := range c.problems {
				if got := problems[i].String(); !strings.HasPrefix(got, want) {
					t.Errorf("problem %q, want %q", got, want)
				}
			}
		})
	}
}

// Whatever the file holds, Parse ends, blames a line that is there, and gives commands that stand in it as they are.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"web: a", "web: a # b\r\n\r\nweb:c", ": x", "\uFEFF# c\n a_B :\t\x00", "web: \xff", "é: x"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		entries, problems := procfile.Parse(src)
		lines := strings.Split(string(src), "\n")
		if len(entries) == 0 && problems.Err() == nil {
			t.Error("neither an entry nor a problem")
		}
		seen := map[dynomad.ProcessType]bool{}
		for _, e := range entries {
			if seen[e.Type] || e.Type == "" || len(e.Type) > procfile.MaxTypeLength || e.Command == "" || !utf8.ValidString(e.Command) {
				t.Errorf("entry %+v", e)
			}
			seen[e.Type] = true
			if !strings.Contains(lines[e.Line-1], string(e.Type)) || !strings.Contains(lines[e.Line-1], e.Command) {
				t.Errorf("entry %+v is not what line %q says", e, lines[e.Line-1])
			}
		}
		for _, p := range problems {
			if p.Line > len(lines) || p.Message == "" || p.Hint == "" {
				t.Errorf("problem %+v", p)
			}
		}
	})
}
