package hcl

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// runtime finds texts in which ${…} can only be one of Nomad's own names, filled in where the dyno runs. The parser of
// jobspecs leaves those alone, so they need no escape, and a reader sees what Nomad's documentation shows. Around them may stand what
// needs no escape either.
var runtime = regexp.MustCompile(`^[ !#&-\[\]-~]*(\$\{(NOMAD_\w+|node\.[\w.]+)\}[ !#&-\[\]-~]*)+$`)

// text is a string in HCL: a heredoc where it is whole lines, else in quotes.
func text(s string) string {
	if lines(s) {
		return "<<EOT\n" + introducers.Replace(s) + "EOT"
	}
	if runtime.MatchString(s) {
		return `"` + s + `"`
	}
	return quote(s)
}

// quote is a string in quotes, with everything escaped that HCL would take for its own.
func quote(s string) string {
	return string(hclwrite.TokensForValue(cty.StringVal(s)).Bytes())
}

// introducers escapes the two that begin something in a heredoc, where a backslash is only itself.
var introducers = strings.NewReplacer("${", "$${", "%{", "%%{")

// lines says whether s can be a heredoc: more than one whole line, nothing that cannot be seen, and none that ends it.
func lines(s string) bool {
	if strings.Count(s, "\n") < 2 || !strings.HasSuffix(s, "\n") {
		return false
	}
	for line := range strings.Lines(s) {
		if strings.TrimSpace(line) == "EOT" {
			return false
		}
	}
	return strings.IndexFunc(s, func(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsPrint(r) }) < 0
}
