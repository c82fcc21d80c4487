package hcl

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	hclv2 "github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/dynomad/dynomad"
)

// maxProblems bounds what is reported of one file.
const maxProblems = 100

// reader reads one file and keeps every problem of it.
type reader struct {
	file        string
	src         []byte
	diagnostics hclv2.Diagnostics
	evaluator   *evaluator
}

// parse makes a reader of a file, and its body, or nil where there is none to be read.
func parse(file string, src []byte) (*reader, *hclsyntax.Body) {
	r := &reader{file: file, src: src}
	r.evaluator = newEvaluator(r)
	if len(src) > MaxBytes {
		r.fail(hclv2.Range{}, fmt.Sprintf("it has %d bytes", len(src)), fmt.Sprintf("write at most %d", MaxBytes))
		return r, nil
	}
	if at, bad := notText(src); bad {
		r.fail(at, "this is no character in UTF-8", "save the file as UTF-8")
		return r, nil
	}
	if at, deep := tooDeep(src, file); deep {
		r.fail(at, "this is too long a chain, too many brackets in brackets, or a text of too many parts", "give a part of it a name in a locals block")
		return r, nil
	}
	parsed, diagnostics := hclsyntax.ParseConfig(src, file, hclv2.InitialPos)
	r.diagnostics = append(r.diagnostics, diagnostics...)
	if parsed == nil || diagnostics.HasErrors() {
		return r, nil
	}
	body, _ := parsed.Body.(*hclsyntax.Body)
	r.decomposed()
	return r, body
}

// notText finds the first byte that is not UTF-8.
func notText(src []byte) (hclv2.Range, bool) {
	line := 1
	for i := 0; i < len(src); {
		c, n := utf8.DecodeRune(src[i:])
		if c == utf8.RuneError && n == 1 {
			at := hclv2.Pos{Line: line, Column: 1, Byte: i}
			return hclv2.Range{Start: at, End: at}, true
		}
		if c == '\n' {
			line++
		}
		i += n
	}
	return hclv2.Range{}, false
}

// own marks the diagnostics that are ours: their Detail is the hint.
type own struct{}

func (r *reader) fail(at hclv2.Range, message, hint string) {
	r.say(hclv2.DiagError, at, message, hint)
}

func (r *reader) warn(at hclv2.Range, message, hint string) {
	r.say(hclv2.DiagWarning, at, message, hint)
}

func (r *reader) say(severity hclv2.DiagnosticSeverity, at hclv2.Range, message, hint string) {
	d := &hclv2.Diagnostic{Severity: severity, Summary: message, Detail: hint, Extra: own{}}
	if at.Start.Line > 0 {
		d.Subject = &at
	}
	r.diagnostics = append(r.diagnostics, d)
}

// problems puts what HCL's own reader and ours have found into the words of a Problem, in the order of the lines.
func (r *reader) problems() dynomad.Problems {
	var out dynomad.Problems
	for _, d := range r.diagnostics {
		p := dynomad.Problem{File: r.file, Warning: d.Severity == hclv2.DiagWarning}
		p.Message, p.Hint = words(d)
		if d.Subject != nil {
			place(&p, r.src, *d.Subject)
		}
		out = append(out, p)
	}
	slices.SortStableFunc(out, func(a, b dynomad.Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	out = slices.CompactFunc(out, func(a, b dynomad.Problem) bool { return a.String() == b.String() })
	if len(out) > maxProblems {
		last := out[maxProblems-1]
		last.Message, last.Hint = fmt.Sprintf("and %d more problems from here on", len(out)-maxProblems+1), ""
		last.Warning = out[maxProblems-1:].Err() == nil
		out = append(out[:maxProblems-1], last)
	}
	return out
}

func words(d *hclv2.Diagnostic) (message, hint string) {
	if _, ours := d.Extra.(own); ours {
		return d.Summary, d.Detail
	}
	text := d.Detail
	if text == "" {
		text = d.Summary
	}
	text = strings.Join(strings.Fields(text), " ")
	message, hint, _ = strings.Cut(text, ". ")
	return clause(message), clause(hint)
}

// place puts a problem where a range begins. A range over several lines ends with the first of them.
func place(p *dynomad.Problem, src []byte, at hclv2.Range) {
	begin := min(max(at.Start.Byte, 0), len(src))
	line := begin
	for line > 0 && src[line-1] != '\n' {
		line--
	}
	end := min(max(at.End.Byte, begin), len(src))
	if i := bytes.IndexByte(src[begin:end], '\n'); i >= 0 {
		end = begin + i
	}
	p.Line = at.Start.Line
	p.Column = utf8.RuneCount(src[line:begin]) + 1
	p.Width = max(1, utf8.RuneCount(bytes.TrimRight(src[begin:end], " \t\r")))
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
