package hcl

import (
	"unicode"
	"unicode/utf8"

	hclv2 "github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// MaxBytes bounds a file that people write: far more than anybody needs.
const MaxBytes = 256 << 10

// HCL's parser calls itself for what is inside of something, and for what follows in a chain such as !!!!true or
// a ? b : c ? d : e. A file of a few hundred kilobytes can make it overflow the stack, which ends the program. And the parts
// of a text, of which each line of a heredoc is one and each single $ or %, it puts together in quadratic time: "$$$…" of
// that length takes minutes.
const (
	maxDepth = 64   // brackets in brackets
	maxChain = 256  // operators and brackets in a row
	maxParts = 5000 // of a text
)

// shallow says of a text without looking closer that it cannot be too deep: there are not enough signs in it, and all else
// is names and numbers. Most files are such, and to take them into tokens twice would be half of the time they take.
func shallow(src []byte) bool {
	signs, openers, lines := 0, 0, 0
	for _, c := range src {
		switch {
		case c == '{' || c == '[' || c == '(' || c == '"' || c == '<':
			openers++
			signs++
		case c == '\n': // a text may have a part in each
			lines++
		case c >= utf8.RuneSelf || unicode.IsPunct(rune(c)) || unicode.IsSymbol(rune(c)):
			signs++
		}
	}
	return openers <= maxDepth && signs <= maxChain && lines <= maxParts
}

// tooDeep finds the place from which on a file is more than the parser may be trusted with.
func tooDeep(src []byte, file string) (hclv2.Range, bool) {
	if shallow(src) {
		return hclv2.Range{}, false
	}
	tokens, _ := hclsyntax.LexConfig(src, file, hclv2.InitialPos) // what is wrong with them the parser says
	type bracket struct {
		lines bool // a new line begins something new
		chain int
		parts int
	}
	open := []bracket{{lines: true}}
	for _, t := range tokens {
		inner := &open[len(open)-1]
		switch t.Type {
		case hclsyntax.TokenComma:
			inner.chain = 0
		case hclsyntax.TokenNewline, hclsyntax.TokenComment: // a comment ends with its line
			if inner.lines {
				inner.chain = 0
			}
		case hclsyntax.TokenTemplateInterp: // there may be many in a long text, and they do not nest
			inner.parts++
			open = append(open, bracket{})
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc,
			hclsyntax.TokenTemplateControl: // %{ if } nests without a bracket around
			inner.chain++
			open = append(open, bracket{lines: t.Type == hclsyntax.TokenOBrace})
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc,
			hclsyntax.TokenTemplateSeqEnd:
			if len(open) > 1 {
				open = open[:len(open)-1]
			}
		case hclsyntax.TokenStringLit, hclsyntax.TokenQuotedLit:
			inner.parts++
		case hclsyntax.TokenIdent, hclsyntax.TokenNumberLit, hclsyntax.TokenDot, hclsyntax.TokenEqual:
		default:
			inner.chain++
		}
		if len(open) > maxDepth || inner.chain > maxChain || inner.parts > maxParts {
			return t.Range, true
		}
	}
	return hclv2.Range{}, false
}
