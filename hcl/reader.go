package hcl

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	hclv2 "github.com/hashicorp/hcl/v2"

	"github.com/dynomad/dynomad"
)

// A schema is a table: what may stand in a body, and what reads it.
type (
	attributes map[string]func(*hclv2.Attribute)
	blocks     map[string]block
	block      struct {
		label string // what its one label is called, or "" if it has none
		read  func(*hclv2.Block)
	}
)

// reader reads one file and keeps every problem of it.
type reader struct {
	file        string
	diagnostics hclv2.Diagnostics
}

// body reads everything in a body that the tables know, in the order of its lines, and reports everything else.
func (r *reader) body(body hclv2.Body, as attributes, bs blocks) {
	schema := &hclv2.BodySchema{}
	for _, name := range slices.Sorted(maps.Keys(as)) {
		schema.Attributes = append(schema.Attributes, hclv2.AttributeSchema{Name: name})
	}
	for _, name := range slices.Sorted(maps.Keys(bs)) {
		header := hclv2.BlockHeaderSchema{Type: name}
		if label := bs[name].label; label != "" {
			header.LabelNames = []string{label}
		}
		schema.Blocks = append(schema.Blocks, header)
	}
	content, diagnostics := body.Content(schema)
	r.diagnostics = append(r.diagnostics, diagnostics...)
	for _, name := range slices.Sorted(maps.Keys(content.Attributes)) {
		as[name](content.Attributes[name])
	}
	for _, b := range content.Blocks {
		bs[b.Type].read(b)
	}
}

func (r *reader) fail(at hclv2.Range, message, hint string) {
	detail := sentence(message) + " " + sentence(hint) // as HCL writes its own, so that problems can read both
	r.diagnostics = append(r.diagnostics, &hclv2.Diagnostic{Severity: hclv2.DiagError, Subject: &at, Detail: detail})
}

func sentence(s string) string {
	if s == "" {
		return ""
	}
	return s + "."
}

// problems puts what HCL's own reader and ours have found into the words of a Problem, in the order of the lines.
func (r *reader) problems() dynomad.Problems {
	var out dynomad.Problems
	for _, d := range r.diagnostics {
		text := d.Detail
		if text == "" {
			text = d.Summary
		}
		message, hint, _ := strings.Cut(text, ". ")
		p := dynomad.Problem{File: r.file, Message: clause(message), Hint: clause(hint), Warning: d.Severity == hclv2.DiagWarning}
		if d.Subject != nil {
			p.Line, p.Column = d.Subject.Start.Line, d.Subject.Start.Column
		}
		out = append(out, p)
	}
	slices.SortStableFunc(out, func(a, b dynomad.Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return out
}

// clause is a sentence of HCL's as our problems are written: small first letter, no full stop.
func clause(s string) string {
	s = strings.TrimSuffix(strings.TrimSpace(s), ".")
	if s == "" {
		return ""
	}
	first, n := utf8.DecodeRuneInString(s)
	if second, _ := utf8.DecodeRuneInString(s[n:]); unicode.IsUpper(second) {
		return s // a name in capitals
	}
	return string(unicode.ToLower(first)) + s[n:]
}
