package logplex

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestCutLines(t *testing.T) {
	long := strings.Repeat("x", MaxLine)
	tests := []struct {
		name      string
		text      string
		continued bool
		want      string
		open      bool
	}{
		{"whole lines stay as they are", "a\n\nb\n", false, "a\n\nb\n", false},
		{"an unfinished line gets its end", "a\nb", false, "a\nb\n", true},
		{"the rest of an unfinished line", "b\nc\n", true, "b\nc\n", false},
		{"the end of an unfinished line is no line", "\nc\n", true, "c\n", false},
		{"nothing but that end", "\n", true, "", false},
		{"a line of exactly the limit", long + "\nb\n", false, long + "\nb\n", false},
		{"a line of one more", "a\n" + long + "y\nb\n", false, "a\n" + long + "\ny\nb\n", false},
		{"a long unfinished line", long + long, false, long + "\n" + long + "\n", true},
		{"bytes that are no text", "\x00\x1b[31m\xff\r\n", false, "\x00\x1b[31m\xff\r\n", false},
		{"nothing", "", false, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, count, open := cutLines([]byte(tt.text), tt.continued)
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if want := strings.Count(tt.want, "\n"); count != want || open != tt.open {
				t.Errorf("%d lines, open %v; want %d, %v", count, open, want, tt.open)
			}
		})
	}
}

// However long its lines, a text's bytes are all kept and its lines are bounded.
func TestCutLinesKeepsEveryByte(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var text []byte
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, 3*MaxLine), 1, 5).Draw(t, "lengths") {
			text = append(append(text, bytes.Repeat([]byte("x"), n)...), '\n')
		}
		if rapid.Bool().Draw(t, "unfinished") {
			text = text[:len(text)-1]
		}
		got, count, _ := cutLines(bytes.Clone(text), false)
		if bytes.Count(got, []byte("\n")) != count {
			t.Fatalf("%d lines counted, %d there", count, bytes.Count(got, []byte("\n")))
		}
		if bytes.Count(text, []byte("x")) != bytes.Count(got, []byte("x")) {
			t.Fatal("bytes are missing")
		}
		for line := range bytes.Lines(got) {
			if len(line) > MaxLine+1 {
				t.Fatalf("a line of %d bytes", len(line))
			}
		}
	})
}
