package procfile

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

const (
	lineHint = "write a line such as: web: ./server"
	typeHint = "use small letters, digits and dashes, at most 63, with a letter or digit at both ends"
)

// A type is what Heroku's API takes. Whatever else stands before a colon is reported as a bad type, and a line without a
// colon as no line of a Procfile.
var processType = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// colonless is a line as Heroku's old reading took it: a type, space and a command.
var colonless = regexp.MustCompile(`^([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9_-]{0,61}[A-Za-z0-9])[ \t]+[^ \t]`)

// lookalikes of a colon, which word processors and some keyboards make.
const lookalikes = "：﹕︓꞉ː∶"

// conflicting says whether a line is git's or lies with the side of a merge that is to be thrown away: it reports the mark that
// begins a conflict, and the others only where none has begun.
func (p *parser) conflicting(body string) bool {
	const length = 7
	if len(body) < length || strings.Trim(body[:length], body[:1]) != "" || !strings.ContainsRune("<|=>", rune(body[0])) {
		return false
	}
	if rest := body[length:]; rest != "" && rest[0] != ' ' {
		return false
	}
	if body[0] == '<' || !p.conflict {
		p.fail(stretch{strings.Index(p.text, body), length}, "this line is a mark that git has left of a merge conflict",
			"keep the lines that are right, and remove the marks "+strings.Repeat("<", length)+", "+strings.Repeat("=", length)+
				" and "+strings.Repeat(">", length))
	}
	p.conflict = body[0] != '>'
	return true
}

// unfit is where the first byte stands that cannot be part of a command, or -1. NUL ends a text for the kernel, and what is
// no UTF-8 would be changed on its way through JSON.
func unfit(text string) int {
	for i, r := range text {
		if r == 0 {
			return i
		}
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return i
			}
		}
	}
	return -1
}

// stray reports a line that is no entry.
func (p *parser) stray(body string, at int) {
	whole := stretch{at, len(body)}
	sign := strings.IndexAny(body, lookalikes)
	switch parts := colonless.FindStringSubmatch(body); {
	case strings.HasPrefix(body, "//"):
		p.fail(whole, "this line is a comment to Dokku only", "begin it with # instead")
	case sign >= 0:
		r, size := utf8.DecodeRuneInString(body[sign:])
		p.fail(stretch{at + sign, size}, fmt.Sprintf("this line has %q where a colon should be", r), "write the plain colon of ASCII")
	case parts != nil:
		p.fail(stretch{at, len(parts[1])}, fmt.Sprintf("this line has no colon after %q", short(parts[1])),
			"write it: "+short(parts[1])+": …; Heroku once did without, foreman skips the line and Dokku refuses the file")
	default:
		p.fail(whole, "this line is not a process type, a colon and a command", lineHint)
	}
}

// sound says whether a line with a colon there has a process type before it.
func sound(body string, colon int) bool {
	if colon < 1 || colon > MaxTypeLength {
		return false
	}
	return processType.MatchString(body[:colon]) && strings.Trim(body[:colon], "-_") == body[:colon]
}

// named says whether the name before the colon can be a process type's, and reports why not.
func (p *parser) named(name string, at int) bool {
	bare := strings.TrimRight(name, blank)
	whole := stretch{at, max(1, len(name))}
	switch {
	case name == "":
		p.fail(whole, "this line has no process type before its colon", lineHint)
	case bare != name && sound(bare+":", len(bare)):
		p.fail(stretch{at + len(bare), len(name) - len(bare)}, fmt.Sprintf("this line has space between %q and its colon", bare),
			"write it as "+bare+": …; Heroku and Dokku refuse the file, foreman skips the line")
	case !processType.MatchString(name):
		p.misnamed(name, whole)
	case len(name) > MaxTypeLength:
		p.fail(whole, fmt.Sprintf("this line has a process type of %d letters", len(name)), typeHint)
	case strings.Trim(name, "-_") != name:
		p.fail(whole, fmt.Sprintf("this line has the process type %q, which does not start and end with a letter or digit", name), typeHint)
	default:
		return true
	}
	return false
}

// misnamed reports a name with signs that no process type can have: the first of them alone if it is beyond ASCII, where it
// may look like one that is allowed.
func (p *parser) misnamed(name string, whole stretch) {
	i := strings.IndexFunc(name, func(r rune) bool { return r >= utf8.RuneSelf })
	if i < 0 {
		p.fail(whole, fmt.Sprintf("this line has %q for a process type", short(name)), typeHint)
		return
	}
	r, size := utf8.DecodeRuneInString(name[i:])
	what := oddity(r)
	if what == "" {
		what = "the sign " + string(r)
	}
	p.fail(stretch{whole.at + i, size}, fmt.Sprintf("this line has %s (U+%04X) in its process type", what, r), typeHint)
}

// short is a text of which a message shows the beginning.
func short(s string) string {
	const most = 40
	n := 0
	for i := range s {
		if n++; n > most {
			return s[:i] + "…"
		}
	}
	return s
}
