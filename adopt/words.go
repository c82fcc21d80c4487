package adopt

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dynomad/dynomad/source/tree"
)

// split takes a command apart into words as a shell does that fills nothing in: at space outside of quotes. It is not ok if a
// quote is left open.
func split(text string) (words []string, ok bool) {
	var word strings.Builder
	within, begun := byte(0), false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\\' && within != '\'' && i+1 < len(text):
			i++
			if within == '"' && !strings.ContainsRune("\"\\$`\n", rune(text[i])) {
				word.WriteByte('\\')
			}
			word.WriteByte(text[i])
			begun = true
		case within != 0 && c == within:
			within = 0
		case within == 0 && (c == '"' || c == '\''):
			within, begun = c, true
		case within == 0 && strings.IndexByte(" \t\r\n", c) >= 0:
			if begun {
				words = append(words, word.String())
				word.Reset()
				begun = false
			}
		default:
			word.WriteByte(c)
			begun = true
		}
	}
	if begun {
		words = append(words, word.String())
	}
	return words, within == 0
}

var harmless = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// join is what a shell reads as these words.
func join(words []string) string {
	out := make([]string, len(words))
	for i, word := range words {
		if out[i] = word; !harmless.MatchString(word) {
			out[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(out, " ")
}

var shells = []string{"sh", "bash", "/bin/sh", "/bin/bash", "/usr/bin/bash"}

// commandOf is what a shell runs as these words: a text that was for a shell already stays as it is.
func commandOf(words []string) string {
	if len(words) == 3 && slices.Contains(shells, words[0]) && words[1] == "-c" {
		return strings.TrimSpace(words[2])
	}
	return join(words)
}

// words are those of a command that is a text or a list, with what text makes of each text.
func (i *importer) words(n tree.Node, what string, text func(tree.Node) string) []string {
	if n.Kind == tree.List {
		out := []string{}
		for _, item := range n.Items {
			out = append(out, text(item))
		}
		return out
	}
	words, ok := split(text(n))
	if !ok {
		i.warn(n, what+" has a quote that is left open", "close it")
	}
	return words
}

// plainText is the text of a node as it is.
func plainText(n tree.Node) string { return n.Text }
