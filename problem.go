package dynomad

import (
	"fmt"
	"strings"
)

// Problem is one thing wrong in text that a user wrote: a Procfile, a dynomad.hcl, an archive. All of a text's problems
// are reported at once.
type Problem struct {
	File    string // as the user knows it: "Procfile", "dynomad.hcl", or "" where no file is to blame
	Line    int    // from 1; 0 where no line is to blame
	Column  int    // in characters from 1; 0 where none is to blame
	Width   int    // how many characters of the line are to blame; 0 where it is not known
	Message string // what is wrong, a sentence without a full stop
	Hint    string // how to mend it, or ""
	Warning bool   // true: the text is usable all the same

	// Setting is which setting of a dynomad.hcl is to blame, where only that is known and not the line: names and labels from
	// the outside in, "process", "web", "check", "interval". Package hcl finds the line of it.
	Setting []string
}

// String is "Procfile:3:1: message (hint)", with "warning: " before the message of a warning.
func (p Problem) String() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File)
		if p.Line > 0 {
			fmt.Fprintf(&b, ":%d", p.Line)
			if p.Column > 0 {
				fmt.Fprintf(&b, ":%d", p.Column)
			}
		}
		b.WriteString(": ")
	}
	if p.Warning {
		b.WriteString("warning: ")
	}
	b.WriteString(p.Message)
	if p.Hint != "" {
		fmt.Fprintf(&b, " (%s)", p.Hint)
	}
	return b.String()
}

// Excerpt is the line to blame out of the text that p is about, and a row of carets under the place; "" where no line is
// to blame, or it is too long to be looked at.
func (p Problem) Excerpt(text []byte) string {
	const longest = 200
	lines := strings.Split(string(text), "\n")
	if len(text) == 0 || p.Line < 1 || p.Line > len(lines) || p.Column < 1 {
		return ""
	}
	line := []rune(strings.TrimRight(lines[p.Line-1], "\r"))
	if len(line) > longest || p.Column > len(line)+1 {
		return ""
	}
	var under strings.Builder
	for _, r := range line[:p.Column-1] {
		if r != '\t' { // which is as wide as the terminal makes it
			r = ' '
		}
		under.WriteRune(r)
	}
	width := max(1, min(p.Width, len(line)-p.Column+1))
	return string(line) + "\n" + under.String() + strings.Repeat("^", width)
}

// In is String, and under it the excerpt of the text that p is about, where texts has it.
func (p Problem) In(texts map[string][]byte) string {
	excerpt := p.Excerpt(texts[p.File])
	if excerpt == "" {
		return p.String()
	}
	return p.String() + "\n  " + strings.ReplaceAll(excerpt, "\n", "\n  ")
}

// Problems are all problems of a text, in the order of their lines.
type Problems []Problem

// Err is nil where there are only warnings; else an invalid Error whose message is every problem, one a line.
func (ps Problems) Err() error { return ps.ErrIn(nil) }

// ErrIn is Err with an excerpt of each text under its problems. texts are those that the problems are about, by file.
func (ps Problems) ErrIn(texts map[string][]byte) error {
	var lines []string
	for _, p := range ps {
		if !p.Warning {
			lines = append(lines, p.In(texts))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return &Error{Kind: KindInvalid, Message: strings.Join(lines, "\n")}
}

// Warnings are those problems that do not stop anything.
func (ps Problems) Warnings() Problems {
	var out Problems
	for _, p := range ps {
		if p.Warning {
			out = append(out, p)
		}
	}
	return out
}
