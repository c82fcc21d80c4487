package cli

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// sgr is the one kind of control sequence that passes: it sets colours and weight.
var sgr = regexp.MustCompile(`^\x1b\[[0-9;:]*m`)

// Clean makes text of others harmless for a terminal. Control characters, bytes that are no UTF-8 and characters that
// reorder a line become visible; tabs and line ends stay, and so do sequences that set colours, which are ended with the text.
func Clean(text string) string {
	if harmless(text) {
		return text
	}
	var b strings.Builder
	coloured := false
	for i := 0; i < len(text); {
		if seq := sgr.FindString(text[i:]); seq != "" {
			b.WriteString(seq)
			coloured = true
			i += len(seq)
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		b.WriteString(visible(r, text[i:i+size]))
		i += size
	}
	if coloured {
		b.WriteString("\x1b[0m")
	}
	return b.String()
}

// harmless is the quick answer for nearly every line.
func harmless(text string) bool {
	for i := range len(text) {
		if c := text[i]; c >= 0x7f || c < ' ' && c != '\t' && c != '\n' {
			return false
		}
	}
	return true
}

// visible is a character as a terminal may show it; raw is how it was written.
func visible(r rune, raw string) string {
	switch {
	case r == utf8.RuneError && len(raw) == 1:
		return fmt.Sprintf(`\x%02x`, raw[0])
	case r == '\t', r == '\n':
		return raw
	case r < ' ':
		return "^" + string(r+'@')
	case r == 0x7f:
		return "^?"
	case r >= 0x80 && r < 0xa0, // C1 controls
		r == 0x061c, r == 0x200e, r == 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, // bidirectional
		r == 0x2028, r == 0x2029: // line ends of another kind
		return fmt.Sprintf(`\u%04x`, r)
	default:
		return raw
	}
}
