package cli

import (
	"bytes"
	"testing"
)

// What a process prints must not take over the terminal; a difference has colours there.
func TestOutputOnATerminal(t *testing.T) {
	var out bytes.Buffer
	ui := &UI{stdout: &terminal{w: &out, colour: true}, stderr: &terminal{w: &out}}
	ui.Output(1, "12:00:01 web.1 |", "\x1b[31mred\x1b[2J\x1b]0;title\x07")
	ui.Remark(12, "12:00:01 web.1 |", "Process exited")
	ui.Difference("--- a\n+++ b\n@@ -1 +1 @@\n same\n-\x1b[2J\n+new\n\n")
	want := "\x1b[33m12:00:01 web.1 |\x1b[0m \x1b[31mred^[[2J^[]0;title^G\x1b[0m\n" +
		"12:00:01 web.1 | Process exited\n" +
		"\x1b[31m--- a\x1b[0m\n\x1b[32m+++ b\x1b[0m\n\x1b[2m@@ -1 +1 @@\x1b[0m\n same\n\x1b[31m-^[[2J\x1b[0m\n\x1b[32m+new\x1b[0m\n\n"
	if out.String() != want {
		t.Errorf("got  %q\nwant %q", &out, want)
	}
}

func TestDifferenceInAPipe(t *testing.T) {
	var out bytes.Buffer
	NewUI(&out, &out, func(string) string { return "" }).Difference("-old\n+new\n")
	if want := "-old\n+new\n"; out.String() != want {
		t.Errorf("got %q, want %q", &out, want)
	}
}
