package source

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/dynomad/dynomad"
)

// Env reads an .env file: names and values for the environment of a program on one's own machine.
//
//	# comments have a line of their own,
//	NAME=value of the whole line      # or stand behind a value, after space
//	export NAME='a single-quoted value, as it is, on one line or more'
//	NAME="in double quotes \n, \r, \t, \", \\ and \$ are what they are in C"
//
// Nothing is filled in: a $ is a $, in quotes and out of them. Those who fill in (docker compose, the dotenv libraries) turn
// the password "pa$$word" into "pa", or into something with the number of a process in it; where a value looks as though
// something was to be filled in, a warning says that it is not. Of a name that is there twice the last holds, with a
// warning. Names that the platform reserves are the caller's to judge: PORT belongs into an .env file.
//
// An .env file holds secrets. Problems give the line and the name and never a value, and no column, so that an Excerpt of
// them is empty.
func Env(file string, src []byte) (map[string]string, dynomad.Problems) {
	r := &envReader{file: file, values: map[string]string{}, lines: map[string]int{}, number: 1}
	r.rest = strings.ReplaceAll(strings.TrimPrefix(string(src), "\uFEFF"), "\r\n", "\n")
	for r.rest != "" {
		r.statement()
	}
	return r.values, r.problems
}

type envReader struct {
	file     string
	rest     string // of the text, from the beginning of a line
	number   int    // of that line
	values   map[string]string
	lines    map[string]int // where each name was set
	problems dynomad.Problems
}

var (
	envName  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	envSetup = regexp.MustCompile(`^\s*(?:export[ \t]+)?([^=\n]*?)[ \t]*=[ \t]*`)
	filledIn = regexp.MustCompile(`\$(\{|\(|[A-Za-z_])`)
)

func (r *envReader) report(line int, warning bool, message, hint string) {
	r.problems = append(r.problems, dynomad.Problem{File: r.file, Line: line, Message: message, Hint: hint, Warning: warning})
}

// statement reads one line, or as many as a quoted value takes.
func (r *envReader) statement() {
	line, _, _ := strings.Cut(r.rest, "\n")
	at := r.number
	if bare := strings.TrimSpace(line); bare == "" || bare[0] == '#' {
		r.skip(len(line))
		return
	}
	setup := envSetup.FindStringSubmatch(line)
	if setup == nil {
		r.report(at, false, "this line is not a name, = and a value", "write NAME=value")
		r.skip(len(line))
		return
	}
	name := setup[1]
	raw, value, quote, ok := envValue(r.rest[len(setup[0]):])
	r.skip(len(setup[0]) + raw)
	switch {
	case !envName.MatchString(name):
		r.report(at, false, fmt.Sprintf("the name %q is not one that a shell can carry", name), "use letters, digits and underscores, not starting with a digit")
	case !ok:
		r.report(at, false, "the value of "+name+" begins with a quote that does not end where its value does",
			`put the other quote at its end, or a \ before a " within it`)
	case strings.ContainsRune(value, 0) || !utf8.ValidString(value):
		r.report(at, false, "the value of "+name+" has a byte that no environment can carry", "save the file as UTF-8 text")
	default:
		r.set(name, value, at, quote)
	}
}

func (r *envReader) set(name, value string, at int, quote byte) {
	if before, twice := r.lines[name]; twice {
		r.report(at, true, fmt.Sprintf("%s is there again; the value of line %d is not used", name, before), "remove one of them")
	}
	if quote != '\'' && filledIn.MatchString(value) {
		r.report(at, true, "the value of "+name+" has a $, which stays as it is; nothing is filled in",
			"write out what is meant, or put the value into single quotes if it is meant so")
	}
	r.values[name], r.lines[name] = value, at
}

// skip goes on after the line in which that many bytes of the rest end.
func (r *envReader) skip(n int) {
	end := strings.IndexByte(r.rest[n:], '\n')
	if end < 0 {
		r.rest = ""
		return
	}
	r.number += strings.Count(r.rest[:n+end+1], "\n")
	r.rest = r.rest[n+end+1:]
}

// envValue reads the value with which a text begins: of how many bytes it is made, what it says, and its quote, or 0. It is not
// ok if a quote is left open, or something stands behind it.
func envValue(text string) (raw int, value string, quote byte, ok bool) {
	line, _, _ := strings.Cut(text, "\n")
	if text == "" || text[0] != '"' && text[0] != '\'' {
		return len(line), unquoted(line), 0, true
	}
	quote = text[0]
	end := closing(text, quote)
	if end < 0 {
		return len(line), "", quote, false
	}
	behind, _, _ := strings.Cut(text[end+1:], "\n")
	if behind = strings.TrimSpace(behind); behind != "" && behind[0] != '#' {
		return len(line), "", quote, false
	}
	value = text[1:end]
	if quote == '"' {
		value = escapes.Replace(value)
	}
	return end + 1, value, quote, true
}

var escapes = strings.NewReplacer(`\n`, "\n", `\r`, "\r", `\t`, "\t", `\"`, `"`, `\\`, `\`, `\$`, `$`)

// closing is where the quote stands that ends the one with which text begins, or -1.
func closing(text string, quote byte) int {
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '\\' && quote == '"':
			i++
		case text[i] == quote:
			return i
		}
	}
	return -1
}

// unquoted is a value without quotes, and without the comment behind it.
func unquoted(line string) string {
	for i := 1; i < len(line); i++ {
		if line[i] == '#' && (line[i-1] == ' ' || line[i-1] == '\t') {
			line = line[:i]
			break
		}
	}
	return strings.TrimSpace(line)
}
