package source_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/source"
)

func TestEnv(t *testing.T) {
	text := strings.Join([]string{
		"\uFEFF# a comment", "", "PLAIN=a b  c  ", "EMPTY=", "COMMENT=a#b # c", "HASH=# not empty", "  export  SPACED = x ",
		`SINGLE='a "b" \n $C'  # d`, `DOUBLE="a 'b' \n \"q\" \\ \$C \x"`, "LINES=\"one", "two\" # three", "KEY='-----BEGIN", "", "-----END'",
		"URL=postgres://u:p@h/d?a=b&c=d", "UNICODE=é“x”", "PORT=3000", "QUOTES='a'b\"c", "PRICE=5$", "LAST=end",
	}, "\r\n")
	values, problems := source.Env(".env", []byte(text))
	want := map[string]string{
		"PLAIN": "a b  c", "EMPTY": "", "COMMENT": "a#b", "HASH": "# not empty", "SPACED": "x",
		"SINGLE": `a "b" \n $C`, "DOUBLE": "a 'b' \n \"q\" \\ $C \\x", "LINES": "one\ntwo", "KEY": "-----BEGIN\n\n-----END",
		"URL": "postgres://u:p@h/d?a=b&c=d", "UNICODE": "é“x”", "PORT": "3000", "PRICE": "5$", "LAST": "end",
	}
	if diff := cmp.Diff(want, values); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	told := []string{
		`.env:9: warning: the value of DOUBLE has a $, which stays as it is; nothing is filled in`,
		`.env:18: the value of QUOTES begins with a quote that does not end where its value does`,
	}
	compare(t, told, problems)
}

func TestEnvProblems(t *testing.T) {
	text := "A=secret\nno pair\n1A=secret\nB.C=secret\nA=secret2\nD=\"secret\nE=pa$$word${F}\nG=\x00secret\n=secret\nH=$(secret)\nI='secret' secret\n"
	values, problems := source.Env(".env", []byte(text))
	if diff := cmp.Diff(map[string]string{"A": "secret2", "E": "pa$$word${F}", "H": "$(secret)"}, values); diff != "" {
		t.Error(diff)
	}
	compare(t, []string{
		`.env:2: this line is not a name, = and a value (write NAME=value)`,
		`.env:3: the name "1A" is not one that a shell can carry`,
		`.env:4: the name "B.C" is not one that a shell can carry`,
		`.env:5: warning: A is there again; the value of line 1 is not used`,
		`.env:6: the value of D begins with a quote that does not end where its value does`,
		`.env:7: warning: the value of E has a $, which stays as it is`,
		`.env:8: the value of G has a byte that no environment can carry`,
		`.env:9: the name "" is not one that a shell can carry`,
		`.env:10: warning: the value of H has a $, which stays as it is`,
		`.env:11: the value of I begins with a quote that does not end where its value does`,
	}, problems)
	for _, p := range problems {
		if strings.Contains(p.String(), "secret") || p.Excerpt([]byte(text)) != "" {
			t.Errorf("shows a value: %s", p)
		}
	}
}

// Whatever the text, Env ends, gives names that a shell can carry, and shows no value.
func FuzzEnv(f *testing.F) {
	f.Add("A=b\nexport C='d\ne' # f\r\nG=\"\\\"h\"")
	f.Add("=\n'\nA='")
	f.Fuzz(func(t *testing.T, text string) {
		values, problems := source.Env("f", []byte(text))
		for name, value := range values {
			if name == "" || strings.ContainsAny(name, " =\n") || strings.ContainsRune(value, 0) {
				t.Errorf("%q=%q", name, value)
			}
		}
		for _, p := range problems {
			if p.Line < 1 || p.Line > strings.Count(text, "\n")+1 || p.Excerpt([]byte(text)) != "" {
				t.Errorf("%+v", p)
			}
		}
	})
}

func compare(t *testing.T, want []string, got dynomad.Problems) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d problems, want %d: %v", len(got), len(want), got)
	}
	for i := range want {
		if !strings.HasPrefix(got[i].String(), want[i]) {
			t.Errorf("problem %q, want %q", got[i], want[i])
		}
	}
}
