package logplex

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// segment is one file of a stream.
type segment struct {
	first uint64 // the sequence number of its first line, which is also its name
	path  string
	size  int64 // bytes of sound records
}

func segmentAt(dir string, first uint64) segment {
	return segment{first: first, path: filepath.Join(dir, fmt.Sprintf("%020d.log", first))}
}

// write adds bytes to the file, all or nothing.
func (g *segment) write(b []byte, sync bool) error {
	f, err := os.OpenFile(g.path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	// Written at the known end: what an append that failed half-way has left behind is overwritten.
	if _, err := f.WriteAt(b, g.size); err != nil {
		return errors.Join(err, f.Truncate(g.size))
	}
	if sync {
		if err := f.Sync(); err != nil {
			return err
		}
	}
	g.size += int64(len(b))
	return nil
}

// createSegment makes a segment that holds its first record from the moment that its name exists.
func createSegment(dir string, first uint64, snapshot []byte) (segment, error) {
	seg := segmentAt(dir, first)
	seg.size = int64(len(snapshot))
	temporary := filepath.Join(dir, "new")
	if err := os.WriteFile(temporary, snapshot, 0o600); err != nil {
		return seg, err
	}
	return seg, os.Rename(temporary, seg.path)
}

// listSegments tells a stream's segments with their sizes, oldest first; none where there is no such directory.
func listSegments(dir string) ([]segment, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var segments []segment
	for _, entry := range entries {
		name, isSegment := strings.CutSuffix(entry.Name(), ".log")
		first, err := strconv.ParseUint(name, 10, 64)
		if !isSegment || err != nil {
			continue // "new", left by a crash
		}
		info, err := entry.Info()
		if err != nil {
			return nil, err
		}
		seg := segmentAt(dir, first)
		seg.size = info.Size()
		segments = append(segments, seg)
	}
	return segments, nil
}

// errTorn says that a segment goes on with something that is no record.
var errTorn = errors.New("a log record is damaged")

// scanner reads one segment's records in order.
type scanner struct {
	segment uint64 // the segment's first number
	offset  int64  // of the next record in its file
}

// scanBytes is how much of a segment is read at once.
const scanBytes = 128 << 10

// read gives the next records, as many as fit into scanBytes but at least one, and none at the end of what is written.
func (s *scanner) read(seg segment) ([]record, error) {
	left := seg.size - s.offset
	if left <= 0 {
		return nil, nil
	}
	f, err := os.Open(seg.path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	buf := make([]byte, min(left, scanBytes))
	if _, err := f.ReadAt(buf, s.offset); err != nil {
		return nil, err
	}
	if size := recordSize(buf); size > len(buf) && int64(size) <= left {
		buf = make([]byte, size)
		if _, err := f.ReadAt(buf, s.offset); err != nil {
			return nil, err
		}
	}
	return s.parse(buf)
}

// parse takes the whole records off buf; errTorn where it does not even start with one.
func (s *scanner) parse(buf []byte) ([]record, error) {
	var records []record
	for {
		rec, rest, ok := readRecord(buf)
		if !ok {
			break // the end, or a record that goes on beyond buf
		}
		s.offset += int64(len(buf) - len(rest))
		records, buf = append(records, rec), rest
	}
	if len(records) == 0 {
		return nil, errTorn
	}
	return records, nil
}
