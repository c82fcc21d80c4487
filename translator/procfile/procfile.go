// Package procfile reads a Procfile: which commands an app has, one process type a line.
//
//	# what we run
//	web: bundle exec rails server -p $PORT
//	worker: bundle exec sidekiq # this stays part of the command
//
// Parse reads as Heroku does. A line is a process type, a colon and a command; the command is everything after the colon,
// without the space around it, and reaches the dyno's shell byte for byte. A line whose first sign is # is a comment, and
// empty lines say nothing. Of a type that is there twice the last line holds. Lines may end in CR LF.
//
// Where Heroku accepts something that surprises, so do we, with a warning: capitals and underscores in a type, a # inside a
// command. Any other line is a problem; all of them are reported at once, each with its line and column.
package procfile

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dynomad/dynomad"
)

// Name is what the file is called, in capitals and small letters as here, in the root of the source.
const Name = "Procfile"

// MaxTypeLength bounds a process type's letters, as a host name's label.
const MaxTypeLength = 63

// Entry is one process type and its command.
type Entry struct {
	Type    dynomad.ProcessType
	Command string // byte for byte, without the space around it
	Line    int    // from 1
}

// A type is what Heroku's API takes. Whatever else stands before a colon is reported as a bad type, and a line without a
// colon as no line of a Procfile.
var processType = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

const typeHint = "use small letters, digits and dashes, at most 63, with a letter or digit at both ends"

// Parse reads a Procfile. The entries come in the order of their lines. If Problems.Err is not nil they are those that could
// be read.
func Parse(src []byte) ([]Entry, dynomad.Problems) {
	p := parser{}
	for i, line := range strings.Split(strings.TrimPrefix(string(src), "\uFEFF"), "\n") {
		p.number = i + 1
		p.line(strings.TrimSuffix(line, "\r"))
	}
	if len(p.entries) == 0 && p.problems.Err() == nil {
		p.problems = append(p.problems, dynomad.Problem{
			File: Name, Message: "there is no process type in it", Hint: "write a line such as: web: ./server",
		})
	}
	return p.entries, p.problems
}

type parser struct {
	number   int // of the current line, from 1
	entries  []Entry
	problems dynomad.Problems
}

func (p *parser) line(line string) {
	body := strings.TrimLeft(line, " \t")
	if body == "" || strings.HasPrefix(body, "#") {
		return
	}
	column := utf8.RuneCountInString(line) - utf8.RuneCountInString(body) + 1
	if bad := unfit(body); bad >= 0 {
		p.fail(column+utf8.RuneCountInString(body[:bad]), "has a character that no command can carry", "save the file as UTF-8 text")
		return
	}
	name, command, found := strings.Cut(body, ":")
	if !found {
		p.fail(column, "is not a process type, a colon and a command", "write a line such as: web: ./server")
		return
	}
	name = strings.TrimRight(name, " \t")
	command = strings.Trim(command, " \t")
	if !p.named(name, column) {
		return
	}
	if command == "" {
		p.fail(column, fmt.Sprintf("gives the process type %q no command", name), "write it after the colon")
		return
	}
	p.remark(name, command, column)
	p.add(Entry{Type: dynomad.ProcessType(name), Command: command, Line: p.number})
}

// unfit is where the first byte stands that cannot be part of a command, or -1. NUL ends a text for the kernel, and what is
// no UTF-8 would be changed on its way through JSON.
func unfit(text string) int {
	for i, r := range text {
		if _, size := utf8.DecodeRuneInString(text[i:]); r == 0 || r == utf8.RuneError && size == 1 {
			return i
		}
	}
	return -1
}

func (p *parser) named(name string, column int) bool {
	switch {
	case !processType.MatchString(name):
		p.fail(column, fmt.Sprintf("has %q for a process type", name), typeHint)
	case len(name) > MaxTypeLength:
		p.fail(column, fmt.Sprintf("has a process type of %d letters", len(name)), typeHint)
	case strings.Trim(name, "-_") != name:
		p.fail(column, fmt.Sprintf("has the process type %q, which does not start and end with a letter or digit", name), typeHint)
	default:
		return true
	}
	return false
}

// remark warns of what is taken as it is, though its writer may have meant something else.
func (p *parser) remark(name, command string, column int) {
	if strings.ToLower(name) != name || strings.Contains(name, "_") {
		p.warn(column, fmt.Sprintf("names the process type %q", name),
			"other platforms rewrite capitals and underscores; small letters and dashes mean the same everywhere")
	}
	if strings.Contains(command, " #") {
		p.warn(column, "has a # in its command, which stays part of it",
			"a comment needs a line of its own; the shell in the dyno ignores it here")
	}
}

func (p *parser) add(e Entry) {
	same := func(other Entry) bool { return other.Type == e.Type }
	if i := slices.IndexFunc(p.entries, same); i >= 0 {
		p.warn(1, fmt.Sprintf("gives %q again; the command of line %d is not used", string(e.Type), p.entries[i].Line),
			"remove one of the lines")
		p.entries = slices.Delete(p.entries, i, i+1)
	}
	p.entries = append(p.entries, e)
}

func (p *parser) fail(column int, message, hint string) {
	p.problems = append(p.problems, dynomad.Problem{
		File: Name, Line: p.number, Column: column, Message: "this line " + message, Hint: hint,
	})
}

func (p *parser) warn(column int, message, hint string) {
	p.fail(column, message, hint)
	p.problems[len(p.problems)-1].Warning = true
}
