package tree

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/dynomad/dynomad"
)

// TOML reads a TOML text. Its reader does not tell where a value stands, so that a line is found by its key: a value inside an
// inline table has the line of that table, and none has a column. If Problems.Err is not nil the Node is Absent.
func TOML(file string, src []byte) (Node, dynomad.Problems) {
	for _, wrong := range []func(string, []byte) (dynomad.Problems, bool){tooLong, notText} {
		if problems, is := wrong(file, src); is {
			return Node{}, problems
		}
	}
	text := strings.TrimPrefix(string(src), "\uFEFF")
	var values map[string]any
	read, err := toml.Decode(text, &values)
	if err != nil {
		return Node{}, dynomad.Problems{unreadableTOML(file, err)}
	}
	r := &tomlReader{budget: budget{file, MaxValues}, lines: tomlLines(text), order: map[string]int{}}
	for i, key := range read.Keys() {
		for n := range key { // a dotted key makes the tables before its dots
			if path := strings.Join(key[:n+1], "\x00"); r.order[path] == 0 {
				r.order[path] = i + 1
			}
		}
	}
	n, err := r.node(values, nil, 1, 0)
	if e, ok := errors.AsType[*excess](err); ok {
		return Node{}, dynomad.Problems{e.Problem}
	}
	return n, nil
}

type tomlReader struct {
	budget budget
	lines  map[string]int // of a key by its path, in which the place in a list is a number
	order  map[string]int // of keys by their path, in which a list is nothing
}

func (r *tomlReader) node(value any, path []string, line, depth int) (Node, error) {
	n := Node{File: r.budget.file, Line: line}
	if err := r.budget.spend(depth, line); err != nil {
		return n, err
	}
	switch v := value.(type) {
	case map[string]any:
		return r.mapping(n, v, path, depth)
	case []map[string]any:
		n.Kind = List
		for i, item := range v {
			if err := r.item(&n, item, path, i, depth); err != nil {
				return n, err
			}
		}
	case []any:
		n.Kind = List
		for i, item := range v {
			if err := r.item(&n, item, path, i, depth); err != nil {
				return n, err
			}
		}
	case string:
		n.Kind, n.Text = Text, v
	case bool:
		n.Kind, n.Text = Bool, strconv.FormatBool(v)
	case int64:
		n.Kind, n.Text = Number, strconv.FormatInt(v, 10)
	case float64:
		n.Kind, n.Text = Number, strconv.FormatFloat(v, 'f', -1, 64)
	case time.Time:
		n.Kind, n.Text = Text, v.Format(time.RFC3339Nano)
	default:
		n.Kind, n.Text = Text, fmt.Sprint(v)
	}
	return n, nil
}

func (r *tomlReader) item(n *Node, value any, path []string, i, depth int) error {
	inner := append(slices.Clip(path), strconv.Itoa(i))
	node, err := r.node(value, inner, r.line(inner, n.Line), depth+1)
	n.Items = append(n.Items, node)
	return err
}

func (r *tomlReader) mapping(n Node, values map[string]any, path []string, depth int) (Node, error) {
	n.Kind = Map
	inText := func(a, b string) int {
		return cmp.Or(cmp.Compare(r.place(path, a), r.place(path, b)), strings.Compare(a, b))
	}
	for _, key := range slices.SortedFunc(maps.Keys(values), inText) {
		inner := append(slices.Clip(path), key)
		line := r.line(inner, n.Line)
		value, err := r.node(values[key], inner, line, depth+1)
		if err != nil {
			return n, err
		}
		n.Pairs = append(n.Pairs, Pair{Node{Kind: Text, Text: key, File: n.File, Line: line}, value})
	}
	return n, nil
}

func (r *tomlReader) line(path []string, otherwise int) int {
	if line, ok := r.lines[strings.Join(path, "\x00")]; ok {
		return line
	}
	return otherwise
}

// place is the place of a key of a table in the order of the text.
func (r *tomlReader) place(path []string, key string) int {
	var names []string
	for _, name := range path {
		if _, err := strconv.Atoi(name); err != nil {
			names = append(names, name)
		}
	}
	return r.order[strings.Join(append(names, key), "\x00")]
}

var (
	tomlHeader = regexp.MustCompile(`^\s*(\[\[?)\s*([^\[\]]+?)\s*\]`)
	tomlKey    = regexp.MustCompile(`^\s*([A-Za-z0-9_."' -]+?)\s*=`)
)

// tomlLines finds the lines of keys, as well as can be told without reading values. A path that is not there is asked by nobody,
// so that a line of a long text that looks like a key harms nobody.
func tomlLines(text string) map[string]int {
	lines, counts := map[string]int{}, map[string]int{}
	set := func(path []string, line int) {
		if key := strings.Join(path, "\x00"); lines[key] == 0 {
			lines[key] = line
		}
	}
	var table []string
	number := 0
	for line := range strings.Lines(text) {
		number++
		if header := tomlHeader.FindStringSubmatch(line); header != nil {
			table = nil
			names := tomlNames(header[2])
			for i, name := range names {
				table = append(table, name)
				path := strings.Join(table, "\x00")
				if header[1] == "[[" && i == len(names)-1 {
					counts[path]++
				}
				set(table, number)
				if counts[path] > 0 {
					table = append(table, strconv.Itoa(counts[path]-1))
				}
			}
			set(table, number)
		} else if key := tomlKey.FindStringSubmatch(line); key != nil {
			path := slices.Clone(table)
			for _, name := range tomlNames(key[1]) {
				path = append(path, name)
				set(path, number)
			}
		}
	}
	return lines
}

// tomlNames are the names of a dotted key.
func tomlNames(key string) []string {
	names := strings.Split(key, ".")
	for i, name := range names {
		names[i] = strings.Trim(name, ` "'`)
	}
	return names
}

func unreadableTOML(file string, err error) dynomad.Problem {
	p := dynomad.Problem{File: file, Message: "it is no TOML: " + err.Error(), Hint: "write NAME = VALUE, texts in quotes, and each table once"}
	if wrong, ok := errors.AsType[toml.ParseError](err); ok {
		p.Line, p.Message = wrong.Position.Line, "it is no TOML: "+wrong.Message
		if wrong.Position.Col > 0 {
			p.Column, p.Width = wrong.Position.Col, 1
		}
	}
	return p
}
