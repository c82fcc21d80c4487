// Package tree reads JSON, YAML and TOML as a tree in which every value knows its place in the text, so that whoever reads an app.json
// or a docker-compose.yml can blame the line.
//
// What it reads comes from anybody. A text is bounded in bytes, a tree in depth and in values, also where YAML's aliases stand for
// more than is written: a few lines can stand for billions of values.
package tree

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/dynomad/dynomad"
)

// The bounds of what is read.
const (
	MaxBytes  = 1 << 20 // of a text
	MaxDepth  = 100     // of values in values
	MaxValues = 100_000 // of a tree, with every alias taken as what it stands for
)

// Kind is what a value is.
type Kind string

// The kinds of values. The zero Node is Absent.
const (
	Absent Kind = ""
	Null   Kind = "null"
	Bool   Kind = "boolean"
	Number Kind = "number"
	Text   Kind = "text"
	List   Kind = "list"
	Map    Kind = "mapping"
)

// Node is one value.
type Node struct {
	Kind  Kind
	Text  string // of a scalar: a text without its quotes, a number as it is written, "true" or "false"
	Items []Node // of a list
	Pairs []Pair // of a mapping, in the order of the text; no key is there twice

	File                string
	Line, Column, Width int // from 1, in characters; Width is 0 where the value ends on another line
}

// Pair is one key of a mapping with its value.
type Pair struct {
	Key   Node // its Text is the key
	Value Node
}

// Get is the value of a key; Absent if it is not there.
func (n Node) Get(key string) Node {
	for _, p := range n.Pairs {
		if p.Key.Text == key {
			return p.Value
		}
	}
	return Node{}
}

// Scalar says whether n is a text, a number or a boolean, which is to say: one that people write in place of a text.
func (n Node) Scalar() bool { return n.Kind == Text || n.Kind == Number || n.Kind == Bool }

// Fail is an error about n.
func (n Node) Fail(message, hint string) dynomad.Problem {
	return dynomad.Problem{File: n.File, Line: n.Line, Column: n.Column, Width: n.Width, Message: message, Hint: hint}
}

// Warn is a warning about n.
func (n Node) Warn(message, hint string) dynomad.Problem {
	p := n.Fail(message, hint)
	p.Warning = true
	return p
}

// budget counts the values of a tree.
type budget struct {
	file string
	left int
}

// excess is what is wrong with a tree that is too large.
type excess struct{ dynomad.Problem }

func (e *excess) Error() string { return e.String() }

func (b *budget) spend(depth, line int) error {
	message := ""
	if b.left--; b.left < 0 {
		message = fmt.Sprintf("it stands for more than %d values", MaxValues)
	} else if depth > MaxDepth {
		message = fmt.Sprintf("it has values in values more than %d deep", MaxDepth)
	} else {
		return nil
	}
	return &excess{dynomad.Problem{File: b.file, Line: line, Message: message, Hint: "no app needs as much: write less"}}
}

// tooLong is the problem of a text beyond MaxBytes, and false for others.
func tooLong(file string, src []byte) (dynomad.Problems, bool) {
	if len(src) <= MaxBytes {
		return nil, false
	}
	return dynomad.Problems{{
		File: file, Message: fmt.Sprintf("it has %d bytes", len(src)), Hint: fmt.Sprintf("write at most %d", MaxBytes),
	}}, true
}

// notText is the problem of a text that is no UTF-8, and false for others.
func notText(file string, src []byte) (dynomad.Problems, bool) {
	if utf8.Valid(src) {
		return nil, false
	}
	line := 1
	for text := range strings.Lines(string(src)) {
		if !utf8.ValidString(text) {
			break
		}
		line++
	}
	return dynomad.Problems{{File: file, Line: line, Message: "this line has a byte that is no UTF-8", Hint: "save the file as UTF-8 text"}}, true
}

// unique drops all but the last of the pairs with the same key, as readers of JSON do, and warns of it.
func unique(pairs []Pair) ([]Pair, dynomad.Problems) {
	last := make(map[string]int, len(pairs))
	for i, p := range pairs {
		last[p.Key.Text] = i
	}
	if len(last) == len(pairs) {
		return pairs, nil
	}
	var problems dynomad.Problems
	kept := pairs[:0:0]
	for i, p := range pairs {
		if last[p.Key.Text] == i {
			kept = append(kept, p)
			continue
		}
		problems = append(problems, p.Key.Warn(fmt.Sprintf("%q is there again in line %d, which holds", p.Key.Text, pairs[last[p.Key.Text]].Key.Line),
			"remove one of them"))
	}
	return kept, problems
}
