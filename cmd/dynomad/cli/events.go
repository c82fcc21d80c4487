package cli

import (
	"bufio"
	"errors"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"
)

// event is one server-sent event.
type event struct {
	id    string
	data  []string
	retry time.Duration // 0: not said
}

// events reads a text/event-stream (WHATWG HTML, 9.2) until its end. A stream that breaks off yields an error at last; an
// event that was not finished is not yielded.
func events(r io.Reader) iter.Seq2[event, error] {
	return func(yield func(event, error) bool) {
		in := bufio.NewReader(r)
		var e event
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				if !errors.Is(err, io.EOF) {
					yield(event{}, err)
				}
				return
			}
			if line = strings.TrimRight(line, "\r\n"); line != "" {
				e.field(line)
				continue
			}
			if (e.data != nil || e.id != "" || e.retry != 0) && !yield(e, nil) {
				return
			}
			e = event{}
		}
	}
}

// field takes one line of an event; comments and what it does not know mean nothing.
func (e *event) field(line string) {
	name, value, _ := strings.Cut(line, ":")
	value = strings.TrimPrefix(value, " ")
	switch name {
	case "id":
		e.id = value
	case "data":
		e.data = append(e.data, value)
	case "retry":
		if ms, err := strconv.Atoi(value); err == nil && ms > 0 && ms < 60_000 {
			e.retry = time.Duration(ms) * time.Millisecond
		}
	}
}
