package logplex

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"regexp"
	"sync"
	"time"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/logplex/frame"
)

// groupName is what may stand before the dot of a dyno's name: it is printed in front of each line, so it must not be able to
// look like something else.
var groupName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]{1,63}$`) })

// maxIndex bounds an allocation's index: a group has at most dynomad.MaxQuantity dynos, and twice as many during a release.
const maxIndex = 2 * dynomad.MaxQuantity

// chunks takes what an agent read: POST /logplex/chunks. The answer says how far each source that occurs is stored. An error
// says nothing about what was stored before it: the agent sends all of it again.
func (d Door) chunks(w http.ResponseWriter, r *http.Request) error {
	who, err := d.Identify(r.Context(), bearer(r))
	if err != nil {
		return err
	}
	buf := d.Logplex.buffers.get()
	defer d.Logplex.buffers.put(buf)
	if err := readBody(w, r, buf); err != nil {
		return err
	}
	names := map[Origin]Named{}
	stored := map[frame.Source]frame.Position{}
	for rest := *buf; len(rest) > 0; {
		var c frame.Chunk
		if c, rest, err = frame.Next(rest); err != nil {
			return dynomad.Errorf(dynomad.KindBadRequest, "reading a chunk: %w", err)
		}
		named, err := d.name(r.Context(), who, c, names)
		if err != nil {
			return err
		}
		if stored[c.Source], err = d.Logplex.appendChunk(named.App, named.Dyno, c); err != nil {
			return err
		}
	}
	var answer []byte
	for source, position := range stored {
		answer = frame.Ack{Source: source, Position: position}.Append(answer)
	}
	w.Header().Set("Content-Type", frame.ContentType)
	_, err = w.Write(answer)
	return err
}

// name says whose lines a chunk holds, having checked that its sender may send them. names keeps a request's answers.
func (d Door) name(ctx context.Context, who Identity, c frame.Chunk, names map[Origin]Named) (Named, error) {
	switch {
	case who.Alloc == "" || c.Alloc != who.Alloc:
		return Named{}, dynomad.Errorf(dynomad.KindForbidden, "the chunk is of another allocation than the token")
	case who.Group != "" && c.Group != who.Group:
		return Named{}, dynomad.Errorf(dynomad.KindForbidden, "the chunk is of another group than the token")
	case !groupName().MatchString(c.Group), c.Index > maxIndex, c.Task == "", c.Stream != "stdout" && c.Stream != "stderr":
		return Named{}, dynomad.Errorf(dynomad.KindBadRequest, "the chunk does not say properly where it comes from")
	}
	origin := Origin{who.Namespace, who.Job, who.Alloc, c.Group, c.Index, c.Task}
	if named, ok := names[origin]; ok {
		return named, nil
	}
	named, err := d.Name(ctx, origin)
	if err != nil {
		return Named{}, err
	}
	names[origin] = named
	return named, nil
}

// readBody reads the whole body, of at most frame.MaxBody bytes, into buf.
func readBody(w http.ResponseWriter, r *http.Request, buf *[]byte) error {
	// Where the connection knows no deadlines, the server's own hold.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(requestTime))
	into := bytes.NewBuffer((*buf)[:0])
	if r.ContentLength > 0 && r.ContentLength <= frame.MaxBody {
		into.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	_, err := into.ReadFrom(http.MaxBytesReader(w, r.Body, frame.MaxBody))
	*buf = into.Bytes()
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return dynomad.Errorf(dynomad.KindTooLarge, "a request may have %d bytes", frame.MaxBody)
	}
	if err != nil {
		return dynomad.Errorf(dynomad.KindBadRequest, "reading the request: %w", err)
	}
	return nil
}
