package logplex

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"sync"

	"github.com/dynomad/dynomad"
)

// maxMarks bounds the origins that a stream remembers; the one silent longest is forgotten first. An origin that is
// forgotten between a lost acknowledgement and its resend would have its lines twice: with so many that takes an app with
// thousands of dynos a minute.
const maxMarks = 4096

// stream is one app's lines: segment files, of which the last is written to. A file is open only while it is written or
// read, so that thousands of streams cost no descriptors.
type stream struct {
	logplex *Logplex
	dir     string

	mu       sync.Mutex
	loaded   bool
	gone     bool      // destroyed: nothing may come back
	segments []segment // oldest first; empty: nothing stored yet
	next     uint64    // the sequence number of the next line
	marks    map[string]mark
	grown    chan struct{} // closed at the next append; nil where nobody waits
}

// batch is what one append adds: lines of one origin, and how far the origin has come with them.
type batch struct {
	mark mark
	runs []run
}

// errGone is the answer for an app that was destroyed.
var errGone = dynomad.Errorf(dynomad.KindNotFound, "the app's log is gone: the app was destroyed")

// append stores what choose picks, given how far its origin is stored already; ok false means that there is nothing new.
// It returns how far the origin is stored now. What it has returned is written: a kill of the process loses nothing.
func (s *stream) append(origin string, choose func(mark) (b batch, ok bool)) (mark, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.load(); err != nil {
		return mark{}, err
	}
	had := s.marks[origin]
	b, ok := choose(had)
	if !ok {
		return had, nil
	}
	b.mark.seen = s.logplex.options.Now().Unix()
	r := record{first: s.next, runs: b.runs}
	if origin != "" {
		r.marks = []namedMark{{origin, b.mark}}
	}
	if err := s.write(r); err != nil {
		return mark{}, err
	}
	s.next += r.lines()
	s.remember(r.marks)
	if s.grown != nil {
		close(s.grown)
		s.grown = nil
	}
	return b.mark, nil
}

// write adds a record to the last segment, or to a new one where that is full.
func (s *stream) write(r record) error {
	if s.full() {
		if err := s.rotate(); err != nil {
			return err
		}
	}
	buf := s.logplex.buffers.get()
	defer s.logplex.buffers.put(buf)
	*buf = r.append((*buf)[:0])
	last := &s.segments[len(s.segments)-1]
	if err := last.write(*buf, s.logplex.options.SyncEach); err != nil {
		return unavailable(err)
	}
	s.logplex.dirty.add(last.path)
	return nil
}

// full says whether the next record needs a new segment. One without lines never does: its successor would have its name.
func (s *stream) full() bool {
	if len(s.segments) == 0 {
		return true
	}
	last := s.segments[len(s.segments)-1]
	return last.size >= s.logplex.options.SegmentBytes && s.next > last.first
}

// rotate starts a new segment and throws away those that are no longer needed to hold the lines that must be kept.
func (s *stream) rotate() error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return unavailable(err)
	}
	snapshot := record{first: s.next}
	for origin, m := range s.marks {
		snapshot.marks = append(snapshot.marks, namedMark{origin, m})
	}
	seg, err := createSegment(s.dir, s.next, snapshot.append(nil))
	if err != nil {
		return unavailable(err)
	}
	s.segments = append(s.segments, seg)
	s.logplex.dirty.add(s.dir)
	keep := 0
	for keep+2 < len(s.segments) && s.next-s.segments[keep+1].first >= uint64(s.logplex.options.Lines) {
		keep++
	}
	for _, old := range s.segments[:keep] {
		if err := os.Remove(old.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return unavailable(err)
		}
	}
	s.segments = slices.Delete(s.segments, 0, keep)
	return nil
}

// remember takes over marks.
func (s *stream) remember(marks []namedMark) {
	for _, m := range marks {
		s.marks[m.origin] = m.mark
	}
	for len(s.marks) > maxMarks {
		oldest := ""
		for origin, m := range s.marks {
			if oldest == "" || m.seen < s.marks[oldest].seen {
				oldest = origin
			}
		}
		delete(s.marks, oldest)
	}
}

// load reads what is on disk, once: the names of the segments and all of the newest. A torn record at its end, left by a
// crash, was never acknowledged and is cut off.
func (s *stream) load() error {
	if s.gone {
		return errGone
	}
	if s.loaded {
		return nil
	}
	segments, err := listSegments(s.dir)
	if err != nil {
		return unavailable(err)
	}
	s.next, s.marks = 1, map[string]mark{}
	for len(segments) > 0 {
		last := &segments[len(segments)-1]
		sound, err := s.replay(last)
		if err != nil {
			return unavailable(err)
		}
		if sound {
			break
		}
		s.logplex.options.Log.Warn("a log segment is damaged from its start and is dropped", "file", last.path)
		if err := os.Remove(last.path); err != nil {
			return unavailable(err)
		}
		segments = segments[:len(segments)-1]
	}
	s.segments, s.loaded = segments, true
	return nil
}

// replay takes next and marks from a segment and cuts off what is torn. A segment without even a first record is not sound.
func (s *stream) replay(seg *segment) (sound bool, err error) {
	data, err := os.ReadFile(seg.path)
	if err != nil {
		return false, err
	}
	rest := data
	for len(rest) > 0 {
		r, after, ok := readRecord(rest)
		if !ok {
			break
		}
		rest, sound = after, true
		s.next = r.first + r.lines()
		s.remember(r.marks)
	}
	seg.size = int64(len(data) - len(rest))
	if !sound || len(rest) == 0 {
		return sound, nil
	}
	s.logplex.options.Log.Warn("a torn log record is cut off", "file", seg.path, "bytes", len(rest))
	return true, os.Truncate(seg.path, seg.size)
}

// destroy removes everything and lets nothing come back.
func (s *stream) destroy() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = true
	s.segments, s.marks = nil, nil
	if s.grown != nil {
		close(s.grown)
		s.grown = nil
	}
	return os.RemoveAll(s.dir)
}

// view is what a reader needs to know of a stream at one moment.
type view struct {
	segments []segment // a copy; sizes are how far the files are written
	next     uint64
	grown    <-chan struct{} // closed once there is more
}

func (s *stream) view() (view, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.load(); err != nil {
		return view{}, err
	}
	if s.grown == nil {
		s.grown = make(chan struct{})
	}
	return view{slices.Clone(s.segments), s.next, s.grown}, nil
}

// unavailable is the error for a disk that does not do what it should: the sender keeps its lines and tries again.
func unavailable(err error) error {
	return dynomad.Errorf(dynomad.KindUnavailable, "the log cannot be stored or read now: %w", err)
}
