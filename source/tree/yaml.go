package tree

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/dynomad/dynomad"
)

// YAML reads the first document of a YAML text. An alias is what it stands for, and the merge key << is followed. If
// Problems.Err is not nil the Node is Absent; it is Absent as well where the text says nothing.
func YAML(file string, src []byte) (Node, dynomad.Problems) {
	n, problems := readYAML(file, src)
	last := bytes.Count(src, []byte("\n")) + 1
	for i := range problems { // the parser knows more ends of lines than people do, and begins the line after the last
		problems[i].Line = min(problems[i].Line, last)
	}
	return n, problems
}

func readYAML(file string, src []byte) (Node, dynomad.Problems) {
	for _, wrong := range []func(string, []byte) (dynomad.Problems, bool){tooLong, notText} {
		if problems, is := wrong(file, src); is {
			return Node{}, problems
		}
	}
	var document, second yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(src))
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return Node{}, nil
	} else if err != nil {
		return Node{}, dynomad.Problems{unreadableYAML(file, err)}
	}
	r := &yamlReader{budget: budget{file, MaxValues}, following: map[*yaml.Node]bool{}}
	n, err := r.node(&document, 0)
	if err != nil {
		if e, ok := errors.AsType[*excess](err); ok {
			return Node{}, dynomad.Problems{e.Problem}
		}
		return Node{}, dynomad.Problems{unreadableYAML(file, err)}
	}
	if err := decoder.Decode(&second); err == nil {
		p := dynomad.Problem{File: file, Line: second.Line, Message: "there is a second document, which is not read", Hint: "keep one document in a file", Warning: true}
		r.problems = append(r.problems, p)
	} else if !errors.Is(err, io.EOF) {
		return Node{}, append(r.problems, unreadableYAML(file, err))
	}
	return n, r.problems
}

type yamlReader struct {
	budget    budget
	problems  dynomad.Problems
	following map[*yaml.Node]bool // anchors in which we are
}

// kinds are YAML's names of the kinds of scalars.
func kindOf(tag string) Kind {
	switch tag {
	case "!!null":
		return Null
	case "!!bool":
		return Bool
	case "!!int", "!!float":
		return Number
	}
	return Text
}

func (r *yamlReader) node(y *yaml.Node, depth int) (Node, error) {
	if err := r.budget.spend(depth, y.Line); err != nil {
		return Node{}, err
	}
	n := Node{File: r.budget.file, Line: y.Line, Column: y.Column}
	switch y.Kind {
	case yaml.DocumentNode:
		return r.node(y.Content[0], depth)
	case yaml.AliasNode:
		return r.alias(y, depth)
	case yaml.ScalarNode:
		n.Kind, n.Text = kindOf(y.ShortTag()), y.Value
		n.Width = utf8.RuneCountInString(y.Value)
		if y.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
			n.Width += 2
		}
		if y.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
			n.Width = 0
		}
	case yaml.SequenceNode:
		n.Kind = List
		for _, item := range y.Content {
			inner, err := r.node(item, depth+1)
			if err != nil {
				return n, err
			}
			n.Items = append(n.Items, inner)
		}
	case yaml.MappingNode:
		return r.mapping(n, y, depth)
	}
	return n, nil
}

// alias is what an alias stands for, at the alias's own place.
func (r *yamlReader) alias(y *yaml.Node, depth int) (Node, error) {
	if r.following[y.Alias] {
		return Node{}, &excess{dynomad.Problem{
			File: r.budget.file, Line: y.Line, Column: y.Column, Message: "the alias *" + y.Value + " stands for something that it is a part of",
			Hint: "write out what is meant",
		}}
	}
	r.following[y.Alias] = true
	defer delete(r.following, y.Alias)
	return r.node(y.Alias, depth+1)
}

func (r *yamlReader) mapping(n Node, y *yaml.Node, depth int) (Node, error) {
	n.Kind = Map
	var merged []Node
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, err := r.node(y.Content[i], depth+1)
		if err != nil {
			return n, err
		}
		value, err := r.node(y.Content[i+1], depth+1)
		if err != nil {
			return n, err
		}
		switch {
		case key.Text == "<<" && y.Content[i].Style == 0:
			merged = append(merged, value)
		case key.Kind == List || key.Kind == Map:
			r.problems = append(r.problems, key.Fail("a key is a "+string(key.Kind), "write a text before the colon"))
		default:
			n.Pairs = append(n.Pairs, Pair{key, value})
		}
	}
	var again dynomad.Problems
	n.Pairs, again = unique(n.Pairs)
	r.problems = append(r.problems, again...)
	for _, m := range merged {
		n.Pairs = r.merge(n.Pairs, m)
	}
	return n, nil
}

// merge adds what a mapping, or a list of them, under << says and the pairs do not.
func (r *yamlReader) merge(pairs []Pair, from Node) []Pair {
	switch from.Kind {
	case List:
		for _, item := range from.Items {
			pairs = r.merge(pairs, item)
		}
	case Map:
		has := make(map[string]bool, len(pairs))
		for _, p := range pairs {
			has[p.Key.Text] = true
		}
		for _, p := range from.Pairs {
			if !has[p.Key.Text] {
				pairs = append(pairs, p)
			}
		}
	default:
		r.problems = append(r.problems, from.Fail("<< merges a "+string(from.Kind), "name a mapping by its alias: <<: *name"))
	}
	return pairs
}

var yamlError = regexp.MustCompile(`^yaml: (?:line ([0-9]+): )?(.*)$`)

// unreadableYAML puts what the parser says into the words of a Problem.
func unreadableYAML(file string, err error) dynomad.Problem {
	p := dynomad.Problem{File: file, Message: "it is no YAML: " + err.Error(), Hint: "mind the spaces before each line, quote what has a colon in it, and use no tabs"}
	if parts := yamlError.FindStringSubmatch(err.Error()); parts != nil {
		if p.Line, _ = strconv.Atoi(parts[1]); p.Line == 0 && !strings.HasPrefix(parts[2], "unknown anchor") {
			p.Line = 1 // which the parser leaves out
		}
		p.Message = "it is no YAML: " + parts[2]
	}
	return p
}
