// Package frame is what an agent and Logplex say to each other: chunks of log files one way, acknowledged positions the
// other. Both ends import it and nothing else of each other. It is pure: bytes in, bytes out.
//
// A chunk is a run of bytes of one source (a task's stdout or stderr in one allocation) together with the place where it
// starts and the place where it ends. The places are the sequence numbers of the protocol: Logplex remembers how far it has
// stored each source and cuts off what it has already (Chunk.After), so that an agent may send anything again, cut any
// other way, after any crash of either side, and no line is lost and none doubled.
//
// On the wire a chunk is one line of text and its bytes, so that a capture can be read:
//
//	ALLOC GROUP INDEX TASK STREAM FILE:OFFSET FILE:OFFSET MICROSECONDS LOST LENGTH\n
//	LENGTH bytes
//
// and an acknowledgement is the line `ALLOC TASK STREAM FILE:OFFSET\n`. Names are percent-encoded. The bytes are the
// file's own, newlines included; nothing in them is looked at on the way.
package frame

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// MaxHeader bounds a chunk's first line, in bytes.
const MaxHeader = 2048

// MaxBody bounds the bytes of one request full of chunks.
const MaxBody = 4 << 20

// ContentType is a request's, and its answer's.
const ContentType = "application/vnd.dynomad.chunks"

// Position is a place in a rotated log: Offset bytes into the file with index File. Rotation only ever counts up, so
// positions of one source are ordered.
type Position struct {
	File   int64
	Offset int64
}

// Compare is negative where p is before q, positive where it is behind, else 0.
func (p Position) Compare(q Position) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Offset, q.Offset))
}

// String is "3:1024".
func (p Position) String() string {
	return strconv.FormatInt(p.File, 10) + ":" + strconv.FormatInt(p.Offset, 10)
}

// Source names one file series on the cluster.
type Source struct {
	Alloc  string
	Task   string
	Stream string // "stdout" or "stderr"
}

// Chunk is bytes [Start, End) of a source. It may cross from one file into a later one: then all bytes before the last
// End.Offset are the end of the first.
type Chunk struct {
	Source
	Group string    // the allocation's group
	Index int       // the allocation's index in its group, from 0
	Start Position  // of the first byte
	End   Position  // behind the last byte
	Time  time.Time // when the agent read it, or the file's mtime if that is earlier; microseconds
	Lost  int64     // where not 0, there are no bytes: about so many were deleted unread between Start and End
	Bytes []byte    // whole lines, but perhaps for the last
}

// Append writes the chunk.
func (c Chunk) Append(dst []byte) []byte {
	dst = appendName(dst, c.Alloc)
	dst = append(appendName(dst, c.Group), strconv.Itoa(c.Index)...)
	dst = append(dst, ' ')
	dst = appendName(dst, c.Task)
	dst = appendName(dst, c.Stream)
	dst = appendPosition(dst, c.Start)
	dst = append(dst, ' ')
	dst = appendPosition(dst, c.End)
	for _, n := range [...]int64{c.Time.UnixMicro(), c.Lost, int64(len(c.Bytes))} {
		dst = append(dst, ' ')
		dst = strconv.AppendInt(dst, n, 10)
	}
	dst = append(dst, '\n')
	return append(dst, c.Bytes...)
}

func appendName(dst []byte, name string) []byte {
	dst = append(dst, url.PathEscape(name)...)
	return append(dst, ' ')
}

func appendPosition(dst []byte, p Position) []byte {
	dst = strconv.AppendInt(dst, p.File, 10)
	dst = append(dst, ':')
	return strconv.AppendInt(dst, p.Offset, 10)
}

// Next takes the first chunk off body. Its Bytes share body's memory.
func Next(body []byte) (c Chunk, rest []byte, err error) {
	end := bytes.IndexByte(body[:min(len(body), MaxHeader)], '\n')
	if end < 0 {
		return c, body, errors.New("a chunk starts with a line of at most 2048 bytes")
	}
	fields := strings.Split(string(body[:end]), " ")
	if len(fields) != 10 {
		return c, body, fmt.Errorf("a chunk's first line has %d fields, not 10", len(fields))
	}
	var p parser
	c.Alloc, c.Group, c.Index = p.name(fields[0]), p.name(fields[1]), int(p.number(fields[2]))
	c.Task, c.Stream = p.name(fields[3]), p.name(fields[4])
	c.Start, c.End = p.position(fields[5]), p.position(fields[6])
	c.Time = time.UnixMicro(p.number(fields[7])).UTC()
	c.Lost = p.number(fields[8])
	length := p.number(fields[9])
	if p.err != nil {
		return c, body, p.err
	}
	rest = body[end+1:]
	if length > int64(len(rest)) {
		return c, body, fmt.Errorf("a chunk of %d bytes has only %d", length, len(rest))
	}
	c.Bytes, rest = rest[:length:length], rest[length:]
	return c, rest, c.check()
}

// check refuses a chunk whose positions and bytes do not fit together.
func (c Chunk) check() error {
	size := int64(len(c.Bytes))
	switch {
	case c.Lost > 0 && size == 0 && c.Start.Compare(c.End) < 0:
		return nil
	case c.Lost > 0:
		return errors.New("a loss has bytes, or does not go forward")
	case c.End.File == c.Start.File && c.End.Offset-c.Start.Offset == size:
		return nil
	case c.End.File > c.Start.File && c.End.Offset <= size:
		return nil
	}
	return fmt.Errorf("%d bytes do not reach from %v to %v", size, c.Start, c.End)
}

// After is the part of c that lies behind p: nothing, a tail, or all of it.
func (c Chunk) After(p Position) Chunk {
	cut := int64(0)
	size := int64(len(c.Bytes))
	switch {
	case p.Compare(c.Start) <= 0:
		return c
	case p.Compare(c.End) >= 0:
		cut, p, c.Lost = size, c.End, 0
	case c.Lost > 0:
		return c // a loss is told whole
	case p.File == c.End.File:
		cut = size - (c.End.Offset - p.Offset)
	case p.File == c.Start.File:
		cut = min(p.Offset-c.Start.Offset, size-c.End.Offset)
	default: // a file between the two, which gave no bytes
		cut = size - c.End.Offset
	}
	c.Start, c.Bytes = p, c.Bytes[cut:]
	return c
}

// Ack says how far Logplex has stored a source.
type Ack struct {
	Source
	Position Position // behind the last stored byte
}

// Append writes the acknowledgement.
func (a Ack) Append(dst []byte) []byte {
	dst = appendName(dst, a.Alloc)
	dst = appendName(dst, a.Task)
	dst = appendName(dst, a.Stream)
	return append(appendPosition(dst, a.Position), '\n')
}

// ParseAcks reads an answer.
func ParseAcks(body []byte) ([]Ack, error) {
	var acks []Ack
	for line := range strings.Lines(string(body)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), " ")
		if len(fields) != 4 {
			return nil, fmt.Errorf("an acknowledgement has %d fields, not 4", len(fields))
		}
		var p parser
		a := Ack{Source{p.name(fields[0]), p.name(fields[1]), p.name(fields[2])}, p.position(fields[3])}
		if p.err != nil {
			return nil, p.err
		}
		acks = append(acks, a)
	}
	return acks, nil
}

// parser keeps the first error, so that a line of fields reads as one.
type parser struct{ err error }

func (p *parser) name(s string) string {
	name, err := url.PathUnescape(s)
	if err != nil {
		p.err = cmp.Or(p.err, fmt.Errorf("%q is not a name", s))
	}
	return name
}

func (p *parser) number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		p.err = cmp.Or(p.err, fmt.Errorf("%q is not a number from 0", s))
	}
	return n
}

func (p *parser) position(s string) Position {
	file, offset, _ := strings.Cut(s, ":")
	return Position{p.number(file), p.number(offset)}
}
