package logplex

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/dynomad/dynomad"
)

const (
	// keepAlive is how often a tail without lines shows that it is alive; proxies commonly give up after 30 or 60 s.
	keepAlive = 15 * time.Second
	// writeTime is how long a reader may take to accept what is sent at once; then the session ends.
	writeTime = 30 * time.Second
)

// session serves a log session: GET /logplex/sessions. With `Accept: text/event-stream` each line is an event whose id is
// the line's number, and Last-Event-ID resumes behind that line; otherwise each line is a line of plain text.
func (d Door) session(w http.ResponseWriter, r *http.Request) error {
	s, err := openSession(r.URL.Query(), d.Key, d.Now())
	if err != nil {
		return err
	}
	var out lineWriter = plainText{}
	if strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
		out = eventStream{}
	}
	q := Query{App: s.App, Source: s.Source, Dyno: s.Dyno, Lines: s.Lines, Tail: s.Tail}
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		if q.After, err = strconv.ParseUint(last, 10, 63); err != nil {
			return dynomad.Errorf(dynomad.KindBadRequest, "the Last-Event-ID %q is not one of ours", last)
		}
	}
	w.Header().Set("Content-Type", out.contentType())
	w.Header().Set("X-Content-Type-Options", "nosniff") // the text is whatever a program printed
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // nginx in front would hold lines back
	w.WriteHeader(http.StatusOK)
	d.stream(r.Context(), w, d.Logplex.Read(q), out, s.Tail)
	return nil
}

// stream copies lines until they end, the reader goes or it accepts nothing for writeTime. What goes wrong from here on can
// only end the stream: the status is sent.
func (d Door) stream(ctx context.Context, w http.ResponseWriter, lines *Reader, out lineWriter, tail bool) {
	control := http.NewResponseController(w)
	send := func(b []byte) error {
		if err := control.SetWriteDeadline(time.Now().Add(writeTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
		return control.Flush()
	}
	buf := out.start(nil, tail)
	for {
		if err := send(buf); err != nil {
			return
		}
		next, err := nextOrNothing(ctx, lines)
		if err != nil && !errors.Is(err, io.EOF) && ctx.Err() == nil {
			d.Log.Error("reading a log session", "error", err)
		}
		if err != nil {
			return
		}
		buf = buf[:0]
		for _, line := range next {
			buf = out.line(buf, line)
		}
		if len(next) == 0 {
			buf = out.alive(buf)
		}
	}
}

// nextOrNothing gives the next lines, or none where keepAlive has passed without one.
func nextOrNothing(ctx context.Context, lines *Reader) ([]Line, error) {
	waiting, cancel := context.WithTimeout(ctx, keepAlive)
	defer cancel()
	next, err := lines.Next(waiting)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return nil, nil
	}
	return next, err
}

// lineWriter is how a session's lines are written.
type lineWriter interface {
	contentType() string
	start(dst []byte, tail bool) []byte
	line(dst []byte, l Line) []byte
	alive(dst []byte) []byte
}

type plainText struct{}

func (plainText) contentType() string             { return "text/plain; charset=utf-8" }
func (plainText) start(dst []byte, _ bool) []byte { return dst }
func (plainText) alive(dst []byte) []byte         { return dst }
func (plainText) line(dst []byte, l Line) []byte  { return append(l.Append(dst), '\n') }

type eventStream struct{}

func (eventStream) contentType() string     { return "text/event-stream" }
func (eventStream) alive(dst []byte) []byte { return append(dst, ": alive\n\n"...) }

// start lets a client that waits for its reconnect before it ends do so at once, where nothing more will come. A tail's client
// keeps its own delay.
func (eventStream) start(dst []byte, tail bool) []byte {
	if tail {
		return append(dst, ": tail\n\n"...)
	}
	return append(dst, "retry: 1\n\n"...)
}

// line writes an event. A carriage return would end the field in the client's eyes and let a program write fields of its own:
// one at the line's end is dropped, one within starts another data field, which the client shows as a new line.
func (eventStream) line(dst []byte, l Line) []byte {
	dst = append(dst, "id: "...)
	dst = strconv.AppendUint(dst, l.Seq, 10)
	dst = append(dst, "\ndata: "...)
	l.Text = strings.TrimSuffix(l.Text, "\r")
	if strings.Contains(l.Text, "\r") {
		l.Text = strings.ReplaceAll(l.Text, "\r", "\ndata: ")
	}
	return append(l.Append(dst), "\n\n"...)
}
