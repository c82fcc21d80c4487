package tree_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/source/tree"
)

// dump shows a tree, a value a line with its place.
func dump(n tree.Node, indent string) string {
	out := fmt.Sprintf("%d:%d+%d %s", n.Line, n.Column, n.Width, n.Kind)
	if n.Scalar() {
		out += fmt.Sprintf(" %q", n.Text)
	}
	out += "\n"
	for _, item := range n.Items {
		out += indent + "- " + dump(item, indent+"  ")
	}
	for _, p := range n.Pairs {
		out += fmt.Sprintf("%s%s (%d:%d+%d): ", indent, p.Key.Text, p.Key.Line, p.Key.Column, p.Key.Width) + dump(p.Value, indent+"  ")
	}
	return out
}

func TestJSON(t *testing.T) {
	n, problems := tree.JSON("f", []byte("\uFEFF{\"a\" : [1, -2.50, \"é\\n\", true,\n null],\n\t\"é\": {},\r\n \"b\": \"x\", \"b\": 1}\n"))
	want := `1:1+1 mapping
a (1:2+3): 1:8+1 list
  - 1:9+1 number "1"
  - 1:12+5 number "-2.50"
  - 1:19+5 text "é\n"
  - 1:26+4 boolean "true"
  - 2:2+4 null
é (3:2+3): 3:7+1 mapping
b (4:12+3): 4:17+1 number "1"
`
	if diff := cmp.Diff(want, dump(n, "")); diff != "" {
		t.Error(diff)
	}
	if len(problems) != 1 || problems[0].String() != `f:4:2: warning: "b" is there again in line 4, which holds (remove one of them)` {
		t.Error(problems)
	}
}

func TestYAML(t *testing.T) {
	n, problems := tree.YAML("f", []byte(`# comment
base: &base {x: 1, y: "two"}
list: &list
  - ~
  - yes
  - 08
  - |
    a
    b
one:
  <<: *base
  y: 'own'
two:
  <<: [*base, {z: 3}]
again: *list
again: é # é
`))
	want := `2:1+0 mapping
base (2:1+4): 2:7+0 mapping
  x (2:14+1): 2:17+1 number "1"
  y (2:20+1): 2:23+5 text "two"
list (3:1+4): 3:7+0 list
  - 4:5+1 null
  - 5:5+3 text "yes"
  - 6:5+2 number "08"
  - 7:5+0 text "a\nb\n"
one (10:1+3): 11:3+0 mapping
  y (12:3+1): 12:6+5 text "own"
  x (2:14+1): 2:17+1 number "1"
two (13:1+3): 14:3+0 mapping
  x (2:14+1): 2:17+1 number "1"
  y (2:20+1): 2:23+5 text "two"
  z (14:16+1): 14:19+1 number "3"
again (16:1+5): 16:8+1 text "é"
`
	if diff := cmp.Diff(want, dump(n, "")); diff != "" {
		t.Error(diff)
	}
	if len(problems) != 1 || problems[0].String() != `f:15:1: warning: "again" is there again in line 16, which holds (remove one of them)` {
		t.Error(problems)
	}
}

func TestProblems(t *testing.T) {
	for _, c := range []struct{ kind, text, want string }{
		{"json", ``, `f:1:1: it is no JSON: the text ends before it is complete (close every bracket and quote)`},
		{"json", "{\n  \"a\": [1,\n", `f:2:11: it is no JSON: the text ends before it is complete`},
		{"json", "{\n  // why\n  \"a\": 1}", `f:2:3: it is no JSON: invalid character '/'`},
		{"json", "{\"é\": 1,\n}", `f:2:1: it is no JSON: invalid character '}'`},
		{"json", "{'a': 1}", `f:1:2: it is no JSON: invalid character '\''`},
		{"json", `{"a": 1} x`, `f:1:10: it is no JSON: invalid character 'x'`},
		{"json", `{} {}`, `f:1:4: it is no JSON: invalid character '{' after top-level value`},
		{"json", "{}\n\xff", `f:2: this line has a byte that is no UTF-8 (save the file as UTF-8 text)`},
		{"json", strings.Repeat("[", 1000), `f:1: it has values in values more than 100 deep`},
		{"json", "[" + strings.Repeat("1,\n", 200_000) + "1]", `f:100000: it stands for more than 100000 values`},
		{"json", strings.Repeat(" ", tree.MaxBytes+1), `f: it has 1048577 bytes (write at most 1048576)`},
		{"yaml", "a: b: c", `f:1: it is no YAML: mapping values are not allowed in this context`},
		{"yaml", "a:\n\t- b", `f:2: it is no YAML: found character that cannot start any token`},
		{"yaml", "a: &a [*a]", `f:1:8: the alias *a stands for something that it is a part of`},
		{"yaml", "a: *b", `f: it is no YAML: unknown anchor 'b' referenced`},
		{"yaml", "[a]: b", `f:1:1: a key is a list (write a text before the colon)`},
		{"yaml", "<<: 1", `f:1:5: << merges a number`},
		{"yaml", strings.Repeat("[", 1000) + strings.Repeat("]", 1000), `f:1: it has values in values more than 100 deep`},
		{"yaml", bomb(), `f:1: it stands for more than 100000 values`},
		{"yaml", strings.Repeat("#", tree.MaxBytes+1), `f: it has 1048577 bytes`},
	} {
		read := tree.JSON
		if c.kind == "yaml" {
			read = tree.YAML
		}
		_, problems := read("f", []byte(c.text))
		if len(problems) != 1 || !strings.HasPrefix(problems[0].String(), c.want) || problems[0].Hint == "" {
			t.Errorf("%.40q: %v, want %s", c.text, problems, c.want)
		}
	}
}

// bomb is nine lines that stand for a billion values.
func bomb() string {
	text := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c < 'j'; c++ {
		text += fmt.Sprintf("%c: &%c [%s*%c]\n", c, c, strings.Repeat(fmt.Sprintf("*%c, ", c-1), 9), c-1)
	}
	return text
}

func TestNothing(t *testing.T) {
	for _, text := range []string{"", "# nothing\n"} {
		if n, problems := tree.YAML("f", []byte(text)); n.Kind != tree.Absent || problems != nil {
			t.Errorf("%q: %+v %v", text, n, problems)
		}
	}
	if _, problems := tree.YAML("f", []byte("a: b\n---\nc: d\n")); len(problems) != 1 || problems[0].Line != 2 || !problems[0].Warning {
		t.Error(problems)
	}
}

// Whatever the text, a reader ends, and every place lies within it.
func FuzzTree(f *testing.F) {
	for _, seed := range []string{`{"a": [1, "b", null], "a": {}}`, "[[a.b]]\nc.d = {e = 1}\n", "a: &x [1]\nb: *x\n<<: {c: d}\n", "{,}", "\uFEFF[]", "---\n- 'x'\n---\n", "? [a]\n: b", "a: !!binary x\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		lines := strings.Split(strings.TrimPrefix(string(src), "\uFEFF"), "\n")
		for _, read := range []func(string, []byte) (tree.Node, dynomad.Problems){tree.JSON, tree.YAML, tree.TOML} {
			_, problems := read("f", src)
			for _, p := range problems {
				if p.Message == "" || p.Hint == "" || p.File != "f" || p.Line < 0 || p.Line > len(lines) {
					t.Errorf("problem %+v", p)
				}
			}
		}
		if n, problems := tree.JSON("f", src); problems.Err() == nil {
			inside(t, n, lines)
		}
	})
}

func inside(t *testing.T, n tree.Node, lines []string) {
	t.Helper()
	if n.Line < 1 || n.Line > len(lines) || n.Column < 1 || n.Column-1+n.Width > utf8.RuneCountInString(lines[n.Line-1]) {
		t.Errorf("%+v is not within the text", n)
	}
	for _, item := range n.Items {
		inside(t, item, lines)
	}
	for _, p := range n.Pairs {
		inside(t, p.Key, lines)
		inside(t, p.Value, lines)
	}
}

func TestTOML(t *testing.T) {
	n, problems := tree.TOML("f", []byte("b = 1 # first\na.x = \"y\"\n\n[t]\nwhen = 2026-01-02T03:04:05Z\nlist = [\n  1.5,\n  true]\n[[t.u]]\nk = {z = 1}\n[[t.u]]\n'k' = 'v'\n[\"q r\"]\n"))
	want := `1:0+0 mapping
b (1:0+0): 1:0+0 number "1"
a (2:0+0): 2:0+0 mapping
  x (2:0+0): 2:0+0 text "y"
t (4:0+0): 4:0+0 mapping
  when (5:0+0): 5:0+0 text "2026-01-02T03:04:05Z"
  list (6:0+0): 6:0+0 list
    - 6:0+0 number "1.5"
    - 6:0+0 boolean "true"
  u (9:0+0): 9:0+0 list
    - 9:0+0 mapping
      k (10:0+0): 10:0+0 mapping
        z (10:0+0): 10:0+0 number "1"
    - 11:0+0 mapping
      k (12:0+0): 12:0+0 text "v"
q r (13:0+0): 13:0+0 mapping
`
	if diff := cmp.Diff(want, dump(n, "")); diff != "" || problems != nil {
		t.Error(diff, problems)
	}
	for text, want := range map[string]string{
		"a = 1\na = 2":       `f:2`,
		"a = ":               `f:1`,
		"a = b":              `f:1`,
		"a = 1\n\nb = \"é\n": `f:3`,
	} {
		if _, problems := tree.TOML("f", []byte(text)); len(problems) != 1 || !strings.HasPrefix(problems[0].String(), want) ||
			!strings.Contains(problems[0].Message, "it is no TOML: ") {
			t.Errorf("%q: %v", text, problems)
		}
	}
}
