package tree

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/dynomad/dynomad"
)

// JSON reads a JSON text. If Problems.Err is not nil the Node is Absent.
func JSON(file string, src []byte) (Node, dynomad.Problems) {
	for _, wrong := range []func(string, []byte) (dynomad.Problems, bool){tooLong, notText} {
		if problems, is := wrong(file, src); is {
			return Node{}, problems
		}
	}
	src = bytes.TrimPrefix(src, []byte("\uFEFF"))
	r := &jsonReader{src: src, decoder: json.NewDecoder(bytes.NewReader(src)), budget: budget{file, MaxValues}, line: 1}
	r.decoder.UseNumber()
	n, err := r.value(0)
	if err == nil {
		err = r.nothingMore()
	}
	if err != nil {
		return Node{}, append(r.problems, r.problem(err))
	}
	return n, r.problems
}

type jsonReader struct {
	src      []byte
	decoder  *json.Decoder
	budget   budget
	problems dynomad.Problems

	line   int // of the byte at seen
	begins int // where that line begins
	seen   int
}

// token is the next token of the text with its place, as a Node that lacks what it holds.
func (r *jsonReader) token() (json.Token, Node, error) {
	from := int(r.decoder.InputOffset())
	token, err := r.decoder.Token()
	if err != nil {
		return nil, Node{}, err
	}
	to := int(r.decoder.InputOffset())
	for from < to && strings.IndexByte(" \t\r\n,:", r.src[from]) >= 0 {
		from++
	}
	return token, r.place(from, to), nil
}

// place is where a piece of the text stands. Places are asked for in the order of the text.
func (r *jsonReader) place(from, to int) Node {
	for ; r.seen < from; r.seen++ {
		if r.src[r.seen] == '\n' {
			r.line++
			r.begins = r.seen + 1
		}
	}
	n := Node{File: r.budget.file, Line: r.line, Column: utf8.RuneCount(r.src[r.begins:from]) + 1}
	n.Width = utf8.RuneCount(r.src[from:to])
	return n
}

func (r *jsonReader) value(depth int) (Node, error) {
	token, n, err := r.token()
	if err != nil {
		return n, err
	}
	if err := r.budget.spend(depth, n.Line); err != nil {
		return n, err
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '{' {
			return r.mapping(n, depth)
		}
		return r.list(n, depth)
	case nil:
		n.Kind = Null
	case bool:
		n.Kind, n.Text = Bool, fmt.Sprint(token)
	case json.Number:
		n.Kind, n.Text = Number, token.String()
	case string:
		n.Kind, n.Text = Text, token
	}
	return n, nil
}

func (r *jsonReader) list(n Node, depth int) (Node, error) {
	n.Kind = List
	for r.decoder.More() {
		item, err := r.value(depth + 1)
		if err != nil {
			return n, err
		}
		n.Items = append(n.Items, item)
	}
	_, _, err := r.token()
	return n, err
}

func (r *jsonReader) mapping(n Node, depth int) (Node, error) {
	n.Kind = Map
	for r.decoder.More() {
		key, err := r.value(depth + 1) // json.Decoder lets only a text stand here
		if err != nil {
			return n, err
		}
		value, err := r.value(depth + 1)
		if err != nil {
			return n, err
		}
		n.Pairs = append(n.Pairs, Pair{key, value})
	}
	var again dynomad.Problems
	n.Pairs, again = unique(n.Pairs)
	r.problems = append(r.problems, again...)
	_, _, err := r.token()
	return n, err
}

func (r *jsonReader) nothingMore() error {
	if _, err := r.decoder.Token(); err == nil {
		return errMore
	} else if !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

var errMore = errors.New("there is something after the end")

// problem puts what is wrong with the text into the words of a Problem. Where it is tells only Unmarshal: the places in a
// Decoder's errors are counted from different beginnings.
func (r *jsonReader) problem(err error) dynomad.Problem {
	if e, ok := errors.AsType[*excess](err); ok {
		return e.Problem
	}
	var all json.RawMessage
	at, message := len(r.src), err.Error()
	if syntax, ok := errors.AsType[*json.SyntaxError](json.Unmarshal(r.src, &all)); ok {
		at, message = int(syntax.Offset)-1, syntax.Error()
	}
	if strings.HasPrefix(message, "unexpected end") || at >= len(r.src) {
		at, message = len(bytes.TrimRight(r.src, " \t\r\n")), "the text ends before it is complete"
	}
	before := r.src[:max(at, 0)]
	begins := bytes.LastIndexByte(before, '\n') + 1
	return dynomad.Problem{
		File: r.budget.file, Line: bytes.Count(before, []byte("\n")) + 1, Column: utf8.RuneCount(before[begins:]) + 1, Width: 1,
		Message: "it is no JSON: " + message, Hint: hintJSON(before, r.src[len(before):]),
	}
}

// hintJSON guesses at what people write that is no JSON.
func hintJSON(before, after []byte) string {
	switch {
	case bytes.HasPrefix(after, []byte("//")), bytes.HasPrefix(after, []byte("/*")), bytes.HasPrefix(after, []byte("#")):
		return "JSON has no comments: remove it"
	case bytes.HasSuffix(bytes.TrimRight(before, " \t\r\n"), []byte(",")):
		return "remove the comma before it"
	case bytes.HasPrefix(after, []byte("'")):
		return "a text stands in double quotes"
	case len(after) == 0:
		return "close every bracket and quote"
	}
	return "look for a comma, a colon or a quote that is missing before it"
}
