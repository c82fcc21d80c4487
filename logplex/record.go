package logplex

import (
	"encoding/binary"
	"hash/crc32"
	"iter"
	"time"

	"github.com/dynomad/dynomad/logplex/frame"
)

// A segment file is a row of records. A record is what one append stored, all or nothing: some lines, and how far their
// origin has come with them.
//
//	length   4 bytes, little endian: of the payload
//	checksum 4 bytes, little endian: CRC-32C of the payload
//	payload  first sequence number, marks, runs; numbers as varints, texts with their length before them
//
// The first record of a segment has no lines and every origin's mark, so that the newest segment alone tells all that an
// append must know and older ones can be thrown away.
type record struct {
	first uint64 // the sequence number of its first line, or of the next line where it has none
	marks []namedMark
	runs  []run
}

// mark is how far an origin is stored.
type mark struct {
	at   frame.Position // behind what is stored
	open bool           // the last line stored was not finished
	seen int64          // Unix seconds of the last append, by which the oldest mark is found when there are too many
}

type namedMark struct {
	origin string
	mark
}

const (
	recordHeader = 8
	// maxRecord bounds a payload, so that a damaged length is not believed: one request's worth and its split lines.
	maxRecord = 2 * frame.MaxBody
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// lines counts the record's lines.
func (r record) lines() uint64 {
	n := 0
	for _, run := range r.runs {
		n += run.count
	}
	return uint64(n)
}

// each gives each run with the number of its first line.
func (r record) each() iter.Seq2[uint64, run] {
	return func(yield func(uint64, run) bool) {
		seq := r.first
		for _, run := range r.runs {
			if !yield(seq, run) {
				return
			}
			seq += uint64(run.count)
		}
	}
}

// append writes the record.
func (r record) append(dst []byte) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, recordHeader)...)
	dst = binary.AppendUvarint(dst, r.first)
	dst = binary.AppendUvarint(dst, uint64(len(r.marks)))
	for _, m := range r.marks {
		dst = appendText(dst, m.origin)
		dst = binary.AppendUvarint(dst, uint64(m.at.File))
		dst = binary.AppendUvarint(dst, uint64(m.at.Offset))
		dst = binary.AppendVarint(dst, m.seen)
		if m.open {
			dst = append(dst, 1)
		} else {
			dst = append(dst, 0)
		}
	}
	dst = binary.AppendUvarint(dst, uint64(len(r.runs)))
	for _, run := range r.runs {
		dst = binary.AppendVarint(dst, run.time.UnixMicro())
		dst = appendText(dst, run.source)
		dst = appendText(dst, run.dyno)
		dst = binary.AppendUvarint(dst, uint64(run.count))
		dst = appendText(dst, run.text)
	}
	payload := dst[start+recordHeader:]
	binary.LittleEndian.PutUint32(dst[start:], uint32(len(payload)))
	binary.LittleEndian.PutUint32(dst[start+4:], crc32.Checksum(payload, castagnoli))
	return dst
}

func appendText[T ~string | ~[]byte](dst []byte, text T) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(text)))
	return append(dst, text...)
}

// recordSize tells the whole size of the record that starts with these bytes; 0 where none starts so, or there are too few to
// tell.
func recordSize(b []byte) int {
	if len(b) < recordHeader {
		return 0
	}
	size := binary.LittleEndian.Uint32(b)
	if size == 0 || size > maxRecord {
		return 0
	}
	return recordHeader + int(size)
}

// readRecord takes the first record off b. Its runs share b's memory. ok is false where b does not start with a whole, sound
// record.
func readRecord(b []byte) (r record, rest []byte, ok bool) {
	size := recordSize(b)
	if size == 0 || size > len(b) {
		return r, b, false
	}
	payload := b[recordHeader:size]
	if crc32.Checksum(payload, castagnoli) != binary.LittleEndian.Uint32(b[4:]) {
		return r, b, false
	}
	d := decoder{b: payload}
	r.first = d.uvarint()
	for range d.count() {
		m := namedMark{origin: string(d.text())}
		m.at = frame.Position{File: int64(d.uvarint()), Offset: int64(d.uvarint())}
		m.seen = d.varint()
		m.open = d.byte() == 1
		r.marks = append(r.marks, m)
	}
	for range d.count() {
		at := time.UnixMicro(d.varint()).UTC()
		r.runs = append(r.runs, run{at, string(d.text()), string(d.text()), d.count(), d.text()})
	}
	if d.failed {
		return record{}, b, false
	}
	return r, b[size:], true
}

// decoder reads a payload; what is not there reads as zero and sets failed.
type decoder struct {
	b      []byte
	failed bool
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	return advance(d, v, n)
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.b)
	return advance(d, v, n)
}

// count is a number of things that follow, each at least a byte long.
func (d *decoder) count() int {
	n := d.uvarint()
	if n > uint64(len(d.b)) {
		d.failed = true
		return 0
	}
	return int(n)
}

func (d *decoder) text() []byte {
	n := d.count()
	text := d.b[:n:n]
	d.b = d.b[n:]
	return text
}

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.failed = true
		return 0
	}
	c := d.b[0]
	d.b = d.b[1:]
	return c
}

func advance[T any](d *decoder, v T, n int) T {
	if n <= 0 {
		d.failed = true
		d.b = nil
		var zero T
		return zero
	}
	d.b = d.b[n:]
	return v
}
