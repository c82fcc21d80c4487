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
	Message string // what is wrong, a sentence without a full stop
	Hint    string // how to mend it, or ""
	Warning bool   // true: the text is usable all the same
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

// Problems are all problems of a text, in the order of their lines.
type Problems []Problem

// Err is nil where there are only warnings; else an invalid Error whose message is every problem, one a line.
func (ps Problems) Err() error {
	var lines []string
	for _, p := range ps {
		if !p.Warning {
			lines = append(lines, p.String())
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
