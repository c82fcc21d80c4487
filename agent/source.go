package agent

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/dynomad/dynomad/logplex/frame"
)

const (
	// lineTime is how long an unfinished line may wait for its end before it is sent as it is.
	lineTime = time.Second
	// lineBytes is how long a line may grow before it is sent in pieces of this size, which is also how Logplex cuts it.
	lineBytes = 10000
)

// source is one task's stdout or stderr: a cursor over its row of files.
type source struct {
	dir, task, stream string

	files   []int64        // the indexes of the files there are, rising, as of the last look at the directory
	at      frame.Position // the next byte to read
	stored  frame.Position // the next byte that Logplex has not acknowledged
	file    *os.File       // open on at.File, or nil; kept, because a deleted file can still be read
	ahead   *os.File       // open on the file behind it, while a line is looked for that crosses over
	waiting time.Time      // since when an unfinished line waits at the cursor; zero: none
	stamp   time.Time      // of the last chunk
}

// next reads what comes at the cursor into buf and moves behind it. flush takes an unfinished line too. ok is false where
// there is nothing (yet).
func (s *source) next(buf []byte, now time.Time, flush bool) (c frame.Chunk, ok bool) {
	later, isLater := s.later(s.at.File)
	switch err := s.open(); {
	case err == nil:
	case !isLater:
		return c, false // not there yet, or not to be read
	case errors.Is(err, fs.ErrNotExist):
		return s.lose(later, now), true
	default: // a link, a directory, a pipe: no log of Nomad's
		s.move(frame.Position{File: later})
		return s.next(buf, now, flush)
	}
	n, atEnd := read(s.file, buf, s.at.Offset)
	if !isLater || !atEnd {
		return s.take(buf, n, 0, now, flush)
	}
	return s.cross(buf, n, later, now, flush)
}

// cross goes on from a finished file, whose last n bytes are in buf, to the next: a line may be cut in two by the rotation.
// The directory was looked at before the file's end was read, so nothing was written to it in between.
func (s *source) cross(buf []byte, n int, later int64, now time.Time, flush bool) (c frame.Chunk, ok bool) {
	isNext := later == s.at.File+1
	var err error
	if isNext && s.ahead == nil {
		s.ahead, err = openRegular(s.path(later))
	}
	switch {
	case isNext && err == nil:
		m, atEnd := read(s.ahead, buf[n:], 0)
		_, isFinished := s.later(later)
		if n+m == 0 && isFinished {
			s.move(frame.Position{File: later})
			return s.next(buf, now, flush)
		}
		return s.take(buf, n, m, now, flush || (isFinished && atEnd))
	case n > 0: // the line's other half is lost, or not to be read
		return s.take(buf, n, 0, now, true)
	case !isNext:
		return s.lose(later, now), true
	case errors.Is(err, fs.ErrNotExist):
		return c, false // deleted a moment ago: the next look at the directory tells
	default:
		s.move(frame.Position{File: later})
		return s.next(buf, now, flush)
	}
}

// take makes a chunk of the n bytes at the cursor and the m bytes at the start of the next file, cut at the last newline.
func (s *source) take(buf []byte, n, m int, now time.Time, flush bool) (c frame.Chunk, ok bool) {
	size := s.cut(buf[:n+m], now, flush)
	if size == 0 {
		return c, false
	}
	c = frame.Chunk{Source: frame.Source{Task: s.task, Stream: s.stream}, Start: s.at, Bytes: buf[:size]}
	c.End = frame.Position{File: s.at.File, Offset: s.at.Offset + int64(size)}
	last := s.file
	if m > 0 && size > n {
		c.End = frame.Position{File: s.at.File + 1, Offset: int64(size - n)}
		last = s.ahead
	}
	c.Time = s.time(last, now)
	s.move(c.End)
	return c, true
}

// cut says how many of the bytes at the cursor to send now.
func (s *source) cut(b []byte, now time.Time, flush bool) int {
	if end := bytes.LastIndexByte(b, '\n') + 1; end > 0 {
		return end
	}
	switch {
	case len(b) >= lineBytes:
		return len(b) - len(b)%lineBytes
	case len(b) == 0, flush:
		return len(b)
	case s.waiting.IsZero():
		s.waiting = now
	case now.Sub(s.waiting) >= lineTime:
		return len(b)
	}
	return 0
}

// lose tells that the files before index later were deleted before they could be read, and about how many bytes they held.
func (s *source) lose(later int64, now time.Time) frame.Chunk {
	full := int64(0)
	for _, index := range s.files {
		if info, err := os.Lstat(s.path(index)); err == nil && info.Mode().IsRegular() {
			full = max(full, info.Size())
		}
	}
	c := frame.Chunk{Source: frame.Source{Task: s.task, Stream: s.stream}, Start: s.at, End: frame.Position{File: later}}
	read := s.at.Offset // of the cursor's own file
	if s.file != nil {
		read = full // to its end, although it is deleted by now
	}
	c.Lost = max((later-s.at.File)*max(full, read)-read, 1)
	c.Time = s.time(nil, now)
	s.move(c.End)
	return c
}

// time is the chunk's stamp: now, but not later than the last write to the file, so that a backlog does not look new; and
// rising in any case.
func (s *source) time(file *os.File, now time.Time) time.Time {
	at := now
	if file != nil {
		if info, err := file.Stat(); err == nil && info.ModTime().Before(at) {
			at = info.ModTime()
		}
	}
	at = at.UTC().Truncate(time.Microsecond)
	if !at.After(s.stamp) {
		at = s.stamp.Add(time.Microsecond)
	}
	s.stamp = at
	return at
}

// move puts the cursor somewhere else.
func (s *source) move(to frame.Position) {
	s.waiting = time.Time{}
	if to.File != s.at.File {
		closeFile(s.file)
		s.file = nil
		if to.File == s.at.File+1 {
			s.file = s.ahead
		} else {
			closeFile(s.ahead)
		}
		s.ahead = nil
	}
	s.at = to
}

// later is the first file behind an index.
func (s *source) later(index int64) (int64, bool) {
	i, found := slices.BinarySearch(s.files, index)
	if found {
		i++
	}
	if i == len(s.files) {
		return 0, false
	}
	return s.files[i], true
}

func (s *source) path(index int64) string {
	return filepath.Join(s.dir, fmt.Sprintf("%s.%s.%d", s.task, s.stream, index))
}

func (s *source) open() (err error) {
	if s.file == nil {
		s.file, err = openRegular(s.path(s.at.File))
	}
	return err
}

func (s *source) close() {
	closeFile(s.file)
	closeFile(s.ahead)
	s.file, s.ahead = nil, nil
}

// errNotRegular says that something is no plain file.
var errNotRegular = errors.New("not a regular file")

// openRegular opens a plain file for reading, follows no link, and does not wait where a pipe lies in ambush.
func openRegular(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		closeFile(f)
		return nil, errors.Join(errNotRegular, err)
	}
	return f, nil
}

// read fills as much of buf as the file has from offset, and says whether the file ends there. What cannot be read now may be
// read in the next round.
func read(f *os.File, buf []byte, offset int64) (n int, atEnd bool) {
	n, err := f.ReadAt(buf, offset)
	return n, errors.Is(err, io.EOF)
}

func closeFile(f *os.File) {
	if f != nil {
		_ = f.Close()
	}
}
