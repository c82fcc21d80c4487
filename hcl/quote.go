package hcl

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"golang.org/x/text/unicode/norm"
)

// text is a string in HCL: a heredoc where it is whole lines, else in quotes.
func text(s string) string {
	if wholeLines(s) {
		return "<<EOT\n" + doubled(norm.NFC.String(s)) + "EOT"
	}
	return quoted(s)
}

// quoted is a string in quotes. Where ${…} can only be one of Nomad's own names, filled in where the dyno runs, the parser of
// jobspecs leaves it alone: it needs no escape, and a reader sees what Nomad's documentation shows.
func quoted(s string) string {
	if runtime(s) {
		return `"` + s + `"`
	}
	return quote(s)
}

// runtime says whether all of s is plain but for ${NAME} with a name of Nomad's.
func runtime(s string) bool {
	if !strings.Contains(s, "${") {
		return false
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c < ' ' || c > '~' || c == '"' || c == '\\' || c == '%':
			return false
		case c == '$':
			name, rest, found := strings.Cut(s[i+1:], "}")
			if !found || len(name) < 2 || name[0] != '{' || !runtimeName(name[1:]) {
				return false
			}
			// Nomad's parser looks for the end of the name in the wrong place if another bracket follows.
			if strings.HasPrefix(strings.TrimLeft(rest, " "), "}") {
				return false
			}
			i += len(name) + 1
		}
	}
	return true
}

// runtimeName knows NOMAD_PORT_http, node.unique.id and the like.
func runtimeName(name string) bool {
	if rest, found := strings.CutPrefix(name, "NOMAD_"); found {
		return rest != "" && strings.Trim(rest, wordBytes) == ""
	}
	first, rest, found := strings.Cut(name, ".")
	if !found {
		return false
	}
	switch first {
	case "node", "attr", "meta", "device", "driver":
	default:
		return false
	}
	for part := range strings.SplitSeq(rest, ".") {
		if part == "" || part[0] < 'A' || strings.Trim(part, wordBytes+"-") != "" {
			return false
		}
	}
	return true
}

const wordBytes = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

// quote is a string in quotes, with everything escaped that HCL would take for its own.
func quote(s string) string {
	s = norm.NFC.String(s) // HCL would do it
	if plainText(s) {
		return `"` + s + `"`
	}
	var b strings.Builder
	b.Grow(len(s) + len(s)/8 + 2)
	b.WriteByte('"')
	for i, r := range s {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case (r == '$' || r == '%') && strings.HasPrefix(s[i+1:], "{"):
			b.WriteRune(r)
			b.WriteRune(r)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// plainText says whether s may stand between quotes as it is, which most texts may.
func plainText(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '$' || c == '%' {
			return false
		}
	}
	return true
}

// doubled escapes the two that begin something in a heredoc, where a backslash is only itself.
func doubled(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "${", "$${"), "%{", "%%{")
}

// wholeLines says whether s can be a heredoc: more than one whole line, nothing that cannot be seen, and none that ends it.
func wholeLines(s string) bool {
	if !strings.HasSuffix(s, "\n") || strings.Count(s, "\n") < 2 || !utf8.ValidString(s) {
		return false
	}
	for line := range strings.Lines(s) {
		if strings.TrimSpace(line) == "EOT" {
			return false
		}
	}
	return strings.IndexFunc(s, func(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsPrint(r) }) < 0
}

// identifiers says whether all of these may be names of settings.
func identifiers(names []string) bool {
	for _, name := range names {
		if !identifier(name) {
			return false
		}
	}
	return true
}

func identifier(name string) bool {
	if name == "" {
		return false
	}
	if strings.Trim(name, wordBytes+"-") == "" {
		return name[0] != '-' && (name[0] < '0' || name[0] > '9')
	}
	return name[0] >= utf8.RuneSelf && hclsyntax.ValidIdentifier(name)
}
