package cli

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/dynomad/dynomad"
)

// The same words reach a terminal and a pipe; only the terminal's move and are coloured.
func TestTheSameWords(t *testing.T) {
	speak := func(ui *UI) {
		step := ui.Step("Creating %s", "hello")
		step.Update("50%%")
		ui.Note("a note between")
		step.Done("done")
		ui.Warn("mind the gap")
		ui.Heading("web (%s)", "standard-1x")
		ui.Pairs([][2]string{{"Owner", "ada@example.com"}, {"Größe", "3 MB"}})
		ui.Table([][]string{{"v12", "Deploy", "ada"}, {"v1", "Initial release", "", ""}})
		ui.Log("2026-11-23T08:00:00.000000+00:00 app[web.1]: hi [x]: there")
		ui.Fail(dynomad.Errorf(dynomad.KindNotFound, "there is no app %q\nor two", "x").WithHint("create it"))
	}
	for name, test := range map[string]struct {
		make func(b *bytes.Buffer) screen
		want string
	}{
		"pipe": {func(b *bytes.Buffer) screen { return &pipe{b} }, `a note between
Creating hello... done
warning: mind the gap
=== web (standard-1x)
Owner: ada@example.com
Größe: 3 MB
v12  Deploy           ada
v1   Initial release
2026-11-23T08:00:00.000000+00:00 app[web.1]: hi [x]: there
dynomad: there is no app "x"
  or two
   hint: create it
`},
		"terminal without colours": {func(b *bytes.Buffer) screen { return &terminal{w: b} }, `<clear>Creating hello...<clear>Creating hello... 50%
a note between
<clear>Creating hello... done
warning: mind the gap
=== web (standard-1x)
Owner: ada@example.com
Größe: 3 MB
v12  Deploy           ada
v1   Initial release
2026-11-23T08:00:00.000000+00:00 app[web.1]: hi [x]: there
dynomad: there is no app "x"
  or two
   hint: create it
`},
		"terminal": {func(b *bytes.Buffer) screen { return &terminal{w: b, colour: true} }, `<clear>Creating hello...<clear>Creating hello... 50%
a note between
<clear>Creating hello... done
<33>warning:<0> mind the gap
<2>===<0> <1>web (standard-1x)<0>
Owner: ada@example.com
Größe: 3 MB
v12  Deploy           ada
v1   Initial release
<32>2026-11-23T08:00:00.000000+00:00 app[web.1]:<0> hi [x]: there
<31>dynomad:<0> there is no app "x"
  or two
<2>   hint:<0> create it
`},
	} {
		var b bytes.Buffer
		one := test.make(&b)
		speak(&UI{stdout: one, stderr: one})
		got := strings.ReplaceAll(b.String(), eraseLine, "<clear>")
		for _, code := range []string{"0", "1", "2", "31", "32", "33"} {
			got = strings.ReplaceAll(got, "\x1b["+code+"m", "<"+code+">")
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestClean(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"plain text", "Hello, Wörld ✓\tand a tab", "Hello, Wörld ✓\tand a tab"},
		{"a colour passes and is ended", "\x1b[1;31mred", "\x1b[1;31mred\x1b[0m"},
		{"a window title", "\x1b]0;root@prod\x07", "^[]0;root@prod^G"},
		{"clear the screen", "\x1b[2J\x1b[H", "^[[2J^[[H"},
		{"a C1 control sequence", "\u009b2J", `\u009b2J`},
		{"the same as a byte", "\x9b2J", `\x9b2J`},
		{"overwriting", "good\rbad\b\b\b", "good^Mbad^H^H^H"},
		{"reordering", "user\u202egnp.exe", `user\u202egnp.exe`},
		{"a colour that is none", "\x1b[31;?m", "^[[31;?m"},
		{"an escape at the end", "end\x1b", "end^["},
	} {
		if diff := cmp.Diff(test.want, Clean(test.text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// Whatever a dyno prints: no control character is left but those of a colour, and cleaning twice changes nothing more
// than ending the colour again.
func TestCleanLeavesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.StringOf(rapid.RuneFrom([]rune("\x1b[]0;31mJ\r\n\t\a\u009b\u202eaé"))),
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "text")
		rest := Clean(text)
		for i := strings.Index(rest, "\x1b"); i >= 0; i = strings.Index(rest, "\x1b") {
			seq := sgr.FindString(rest[i:])
			if seq == "" {
				t.Fatalf("an escape is left in %q", rest)
			}
			rest = rest[:i] + rest[i+len(seq):]
		}
		for _, r := range rest {
			if unicode.IsControl(r) && r != '\t' && r != '\n' || r == unicode.ReplacementChar && !strings.ContainsRune(text, r) {
				t.Fatalf("%q is left in %q", r, rest)
			}
		}
	})
}

func TestExitCodes(t *testing.T) {
	for _, test := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("whatever"), 1},
		{dynomad.Errorf(dynomad.KindInvalid, "x"), 1},
		{dynomad.Errorf(dynomad.KindNotFound, "x"), 3},
		{dynomad.Errorf(dynomad.KindUnauthorized, "x"), 4},
		{dynomad.Errorf(dynomad.KindForbidden, "x"), 4},
		{dynomad.Errorf(dynomad.KindConflict, "x"), 5},
		{dynomad.Errorf(dynomad.KindUnavailable, "x"), 6},
		{&usageError{errors.New("unknown flag")}, 2},
	} {
		if got := ExitCode(test.err); got != test.want {
			t.Errorf("%v exits with %d, want %d", test.err, got, test.want)
		}
	}
}
