// Package procfile reads and writes a Procfile: which commands an app has, one process type a line.
//
//	# what we run
//	web: bundle exec rails server -p $PORT
//	worker: bundle exec sidekiq # this stays part of the command
//
// Parse reads as Heroku does. A line is a process type, a colon and a command; the command is everything after the colon,
// without the space around it, and reaches the dyno's shell byte for byte. A line whose first sign is # is a comment, and
// empty lines say nothing. Of a type that is there twice the last line holds. Lines may end in CR LF, the file may begin
// with a byte order mark, and its last line needs no end.
//
// Heroku has had two readings: a regular expression for many years, and a written grammar since 2025. Where they differ
// the grammar holds, because it refuses what the expression passed over in silence. What other programs make of a line
// that Heroku takes is told in a warning, so that a Procfile without warnings means the same to all of them:
//
//	the line                 Heroku, and so we      foreman       overmind      Dokku
//	web ./server             refused (once: web)    skipped       skipped       the file is refused
//	web : ./server           refused                skipped       skipped       the file is refused
//	web:./server             web                    web           skipped       web
//	  web: ./server          web                    skipped       skipped       web
//	Web_1: ./server          rewritten: web-1; we   Web_1         Web_1         Web_1, or refused if strict
//	                         keep it, as its API
//	web: a # b, web: a // b  all of it              all of it     all of it     web: a
//	web: # b                 # b                    # b           # b           the file is refused
//	// web: ./server         refused                skipped       skipped       a comment
//	web: a, again web: b     web: b                 both          both          the file is refused
//	any other line           refused                skipped       skipped       the file is refused
//
// Every problem of a file is reported at once, with its line, column and width. Parse takes time and memory in proportion to
// the file, however it is made.
package procfile

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dynomad/dynomad"
)

// Name is what the file is called, in capitals and small letters as here, in the root of the source.
const Name = "Procfile"

// MaxTypeLength bounds a process type's letters, as a host name's label.
const MaxTypeLength = 63

// MaxProblems is how many errors, and how many warnings, are reported of a file. Beyond it they are only counted.
const MaxProblems = 100

// Entry is one process type and its command.
type Entry struct {
	Type    dynomad.ProcessType
	Command string // byte for byte, without the space around it
	Line    int    // from 1
}

// Parse reads a Procfile. The entries come in the order of their lines. If Problems.Err is not nil they are those that could
// be read.
func Parse(src []byte) ([]Entry, dynomad.Problems) {
	p := &parser{types: map[dynomad.ProcessType]int{}, alike: map[string]int{}}
	if wide(src) {
		p.fail(stretch{}, "this file is UTF-16 text", "save it as UTF-8")
		return nil, p.problems
	}
	text, marked := strings.CutPrefix(string(src), byteOrderMark)
	if marked {
		p.number = 1
		p.warn(stretch{}, "this line begins with a byte order mark, which foreman and overmind take for a part of its first word",
			"save the file as UTF-8 without a mark")
	}
	p.number = 0
	for line := range strings.SplitSeq(text, "\n") {
		p.number++
		p.line(strings.TrimRight(line, "\r"))
	}
	return p.end()
}

const byteOrderMark = "\uFEFF"

// wide says whether src begins as Windows' "Unicode" text does.
func wide(src []byte) bool {
	return bytes.HasPrefix(src, []byte{0xff, 0xfe}) || bytes.HasPrefix(src, []byte{0xfe, 0xff})
}

// parser goes through a Procfile line by line.
type parser struct {
	number    int    // of the current line, from 1
	text      string // the current line
	conflict  bool   // we are between the marks of a merge conflict
	continued bool   // the line before ends in a backslash

	entries  []Entry
	types    map[dynomad.ProcessType]int // where in entries
	alike    map[string]int              // the line of a type, by what other platforms make of its name
	problems dynomad.Problems
	said     [2]int // how many errors and warnings there are
}

// stretch is a piece of the current line, in bytes.
type stretch struct{ at, length int }

func (p *parser) line(line string) {
	p.text = line
	body := strings.Trim(line, blank)
	continued := p.continued
	p.continued = strings.HasSuffix(body, `\`) && body[0] != '#'
	if body == "" || body[0] == '#' || p.conflicting(body) {
		return
	}
	at := strings.Index(line, body)
	if bad := unfit(body); bad >= 0 {
		p.fail(stretch{at + bad, 1}, "this line has a character that no command can carry", "save the file as UTF-8 text")
		return
	}
	colon := strings.IndexByte(body, ':')
	if continued && !sound(body, colon) {
		p.fail(stretch{at, len(body)}, "this line goes on with the command of the line before, but a command is one line",
			"join the two lines")
		return
	}
	if colon < 0 || strings.HasPrefix(body, "//") {
		p.stray(body, at)
		return
	}
	if name := body[:colon]; p.named(name, at) {
		p.command(name, at, colon)
	}
}

// blank is the space that may stand around a type and a command.
const blank = " \t\r"

// command reads what follows the colon of a line whose type is sound.
func (p *parser) command(name string, at, colon int) {
	after := p.text[at+colon+1:]
	command := strings.Trim(after, blank)
	if command == "" {
		p.fail(stretch{at, colon + 1}, fmt.Sprintf("this line gives the process type %q no command", name), "write it after the colon")
		return
	}
	p.remarks(name, stretch{at, len(name)}, command, at+colon+1+strings.Index(after, command))
	p.add(Entry{Type: dynomad.ProcessType(name), Command: command, Line: p.number}, stretch{at, len(name)})
}

// add takes an entry, which overrules an earlier one of its type.
func (p *parser) add(e Entry, name stretch) {
	if i, twice := p.types[e.Type]; twice {
		if !p.conflict {
			p.warn(name, fmt.Sprintf("this line gives %q again; the command of line %d is not used", string(e.Type), p.entries[i].Line),
				"remove one of the lines: foreman runs both, and Dokku refuses the file")
		}
		p.entries[i].Type = "" // end leaves it out
	}
	p.types[e.Type] = len(p.entries)
	p.entries = append(p.entries, e)
}

// end tells what can be told of the file only as a whole.
func (p *parser) end() ([]Entry, dynomad.Problems) {
	p.entries = slices.DeleteFunc(p.entries, func(e Entry) bool { return e.Type == "" })
	if len(p.entries) == 0 && p.problems.Err() == nil {
		p.problems = append(p.problems, dynomad.Problem{
			File: Name, Message: "there is no process type in it", Hint: "write a line such as: web: ./server",
		})
	}
	for i, kind := range []string{"errors", "warnings"} {
		if n := p.said[i] - MaxProblems; n > 0 {
			p.problems = append(p.problems, dynomad.Problem{
				File: Name, Message: fmt.Sprintf("there are %d more %s", n, kind), Hint: "mend those above first", Warning: i == 1,
			})
		}
	}
	if len(p.entries) == 0 {
		return nil, p.problems
	}
	return p.entries, p.problems
}

func (p *parser) fail(s stretch, message, hint string) { p.report(s, message, hint, false) }
func (p *parser) warn(s stretch, message, hint string) { p.report(s, message, hint, true) }

func (p *parser) report(s stretch, message, hint string, warning bool) {
	kind := 0
	if warning {
		kind = 1
	}
	if p.said[kind]++; p.said[kind] > MaxProblems {
		return
	}
	problem := dynomad.Problem{File: Name, Line: p.number, Message: message, Hint: hint, Warning: warning}
	if p.number > 0 {
		problem.Column = utf8.RuneCountInString(p.text[:s.at]) + 1
		problem.Width = utf8.RuneCountInString(p.text[s.at : s.at+s.length])
	}
	p.problems = append(p.problems, problem)
}
