package hcl

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// printer writes blocks and settings as `nomad fmt` would lay them out: two spaces a level, the equals signs of neighbours
// below each other, and so their comments. hclwrite can do that to any text; knowing what it writes, the printer
// is a hundred times faster.
type printer struct {
	text    []byte
	depth   int
	fresh   bool // the last thing written opened a block, so no empty line is due
	run     []line
	comment func(path string) string
}

// line is a setting whose neighbours are not all known yet.
type line struct{ name, value, comment string }

func (p *printer) open(name string, labels ...string) {
	p.flush()
	if !p.fresh && len(p.text) > 0 {
		p.text = append(p.text, '\n')
	}
	p.indent()
	p.text = append(p.text, name...)
	for _, label := range labels {
		p.text = append(append(p.text, ' '), quote(label)...)
	}
	p.text = append(p.text, " {\n"...)
	p.depth++
	p.fresh = true
}

func (p *printer) close() {
	p.flush()
	p.depth--
	if p.fresh { // nothing came: {} on one line
		p.text = p.text[:len(p.text)-1]
	} else {
		p.indent()
	}
	p.text = append(p.text, "}\n"...)
	p.fresh = false
}

// setting writes NAME = TEXT. A comment on a text of whole lines stands above it, since below it nobody would look.
func (p *printer) setting(path, name, text string) {
	comment := ""
	if p.comment != nil {
		comment = strings.Join(strings.Fields(p.comment(path)), " ")
	}
	if comment != "" && strings.Contains(text, "\n") {
		p.flush()
		p.indent()
		p.text = append(append(append(p.text, "# "...), comment...), '\n')
		comment = ""
	}
	p.run = append(p.run, line{name, text, comment})
	p.fresh = false
}

// flush writes the settings that stand together.
func (p *printer) flush() {
	width := 0
	for _, l := range p.run {
		width = max(width, utf8.RuneCountInString(l.name))
	}
	for i, column := range p.columns() {
		l := p.run[i]
		p.indent()
		p.text = append(p.text, l.name...)
		p.spaces(width - utf8.RuneCountInString(l.name))
		p.text = append(append(p.text, " = "...), l.value...)
		if l.comment != "" {
			p.spaces(column - utf8.RuneCountInString(l.value))
			p.text = append(append(p.text, " # "...), l.comment...)
		}
		p.text = append(p.text, '\n')
	}
	p.run = p.run[:0]
}

// columns is for each line of the run how wide its value is made, so that the comments of neighbours are below each other.
func (p *printer) columns() []int {
	out := make([]int, len(p.run))
	for i := 0; i < len(p.run); i++ {
		end, widest := i, 0
		for ; end < len(p.run) && p.run[end].comment != ""; end++ {
			widest = max(widest, utf8.RuneCountInString(p.run[end].value))
		}
		for ; i < end; i++ {
			out[i] = widest
		}
	}
	return out
}

func (p *printer) indent() { p.spaces(2 * p.depth) }

func (p *printer) spaces(n int) {
	const many = "                                                                "
	for ; n > len(many); n -= len(many) {
		p.text = append(p.text, many...)
	}
	p.text = append(p.text, many[:max(0, n)]...)
}

// A path is only made for somebody who asks for it.

func (p *printer) path(at, name string) string {
	if p.comment == nil {
		return ""
	}
	if at == "" {
		return name
	}
	return at + "." + name
}

func (p *printer) labelled(at, name, label string) string {
	if p.comment == nil {
		return ""
	}
	return p.path(at, name) + "[" + label + "]"
}

func (p *printer) numbered(at, name string, i int) string {
	if p.comment == nil {
		return ""
	}
	return p.labelled(at, name, strconv.Itoa(i))
}
