package procfile

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dynomad/dynomad"
)

// comment is the beginning of what Dokku takes for one behind a command.
var comment = regexp.MustCompile(`[ \t](#|//).`)

// remarks warns of what is taken as it is, though its writer may have meant something else or other programs take it for
// something else. command begins at that byte of the line.
func (p *parser) remarks(name string, named stretch, command string, at int) {
	p.remarkName(name, named)
	if colon := named.at + named.length; at == colon+1 {
		p.warn(stretch{colon, 1}, "this line has no space after its colon", "write one: overmind skips the line, as Heroku once did")
	}
	if cut := comment.FindStringSubmatchIndex(command); cut != nil {
		begin, sign := cut[2], command[cut[2]:cut[3]]
		p.warn(stretch{at + begin, len(command) - begin},
			"this line has a "+sign+" in its command, which stays part of it",
			"a comment needs a line of its own, begun with #; Dokku cuts the command here"+shells(sign))
	} else if command[0] == '#' {
		p.warn(stretch{at, len(command)}, "this line has a # in its command, which stays part of it",
			"a comment needs a line of its own; the shell in the dyno runs nothing, and Dokku refuses the file")
	}
	if strings.HasSuffix(command, `\`) {
		p.warn(stretch{at + len(command) - 1, 1}, "this line ends in a backslash, but the next one is no part of its command",
			"write the command in one line, or put it into a script")
	}
	p.remarkSigns(command, at)
}

func shells(sign string) string {
	if sign == "#" {
		return ", and the shell in the dyno passes it over if it is not in quotes"
	}
	return ", the shell in the dyno does not"
}

func (p *parser) remarkName(name string, at stretch) {
	if at.at > 0 {
		p.warn(stretch{0, at.at}, "this line begins with space", "remove it: foreman and overmind skip the line")
	}
	plain := strings.ReplaceAll(strings.ToLower(name), "_", "-")
	if plain != name {
		p.warn(at, fmt.Sprintf("this line names the process type %q", name),
			fmt.Sprintf("small letters and dashes mean the same everywhere; Heroku's newer dynos call it %q", plain))
	}
	if p.conflict {
		return
	}
	line, alike := p.alike[plain]
	if _, same := p.types[dynomad.ProcessType(name)]; alike && !same {
		p.warn(at, fmt.Sprintf("this line names the process type %q, which differs from that of line %d in capitals or underscores only", name, line),
			"give one of them another name: where names are rewritten, one of the two is lost")
	}
	p.alike[plain] = p.number
}

// remarkSigns warns of signs in a command that look like others, or like nothing: the first of each kind.
func (p *parser) remarkSigns(command string, at int) {
	if ascii(command) {
		return
	}
	told := map[string]bool{}
	for i, r := range command {
		what := oddity(r)
		if what == "" || told[what] {
			continue
		}
		told[what] = true
		p.warn(stretch{at + i, utf8.RuneLen(r)}, fmt.Sprintf("this line has %s (U+%04X) in its command", what, r),
			"the shell takes it for a letter like any other; if that is not meant, type the plain sign in its place")
	}
}

// ascii says whether a text has nothing but the signs of ASCII that can be seen, spaces and tabs.
func ascii(text string) bool {
	for i := range len(text) {
		if c := text[i]; c != '\t' && (c < ' ' || c > '~') {
			return false
		}
	}
	return true
}

// oddity names the kind of a sign that is easily taken for another, or not seen at all; "" for every other.
func oddity(r rune) string {
	switch {
	case r == '\t' || ' ' <= r && r <= '~':
		return ""
	case r == '\r':
		return "a carriage return"
	case strings.ContainsRune("‘’‚‛“”„‟«»‹›", r):
		return "a typographic quote"
	case strings.ContainsRune("‐‑‒–—―−", r):
		return "a typographic dash"
	case r == '\u00a0', r == '\u202f':
		return "a no-break space"
	case unicode.Is(unicode.Zs, r), r == '\u2028', r == '\u2029':
		return "a space that is none to the shell"
	case r == '\u200d': // holds flags and families of emoji together
		return ""
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
		return "an invisible sign"
	}
	return ""
}
