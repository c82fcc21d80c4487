package logplex

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/dynomad/dynomad"
)

// Query says which lines of an app to read.
type Query struct {
	App    dynomad.AppID
	Source string // "" or "app", "heroku"
	Dyno   string // "" or a dyno "web.1", a process type "web", a part of the platform "router", "api"
	Lines  int    // start with so many of the last lines that match, at most Options.Lines
	After  uint64 // where not 0: start behind the line with this Seq, and Lines says nothing
	Tail   bool   // when the kept lines end, wait for more
}

// matches says whether a run's lines are asked for.
func (q Query) matches(source, dyno string) bool {
	if q.Source != "" && q.Source != source {
		return false
	}
	return q.Dyno == "" || q.Dyno == dyno ||
		len(dyno) > len(q.Dyno) && strings.HasPrefix(dyno, q.Dyno) && dyno[len(q.Dyno)] == '.'
}

// Reader is a cursor over an app's stream. It holds no file and no lock, so it needs no closing, and a slow one holds up
// nobody. It is for one goroutine.
type Reader struct {
	stream *stream
	query  Query
	lines  int
	now    func() time.Time

	started bool
	at      uint64    // the next line's number
	end     uint64    // where not tailing: the first number not to give
	told    time.Time // of the last line given, or of the start
	file    scanner
}

// Read makes a reader. An app without a stream has no lines (yet).
func (l *Logplex) Read(q Query) *Reader {
	r := &Reader{query: q, lines: l.options.Lines, now: l.options.Now}
	r.stream, _ = l.stream(q.App) // nil for a name that no app has: at its end at once
	return r
}

// Next gives the lines that come next, at least one. It gives io.EOF after the last kept line unless the query says Tail,
// and in any case once the app is destroyed; a tail waits until there is more or ctx ends, and gives ctx's error then. Where
// lines were deleted before they could be read, an L11 line tells how many.
func (r *Reader) Next(ctx context.Context) ([]Line, error) {
	for {
		if r.stream == nil {
			return nil, io.EOF
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		v, err := r.stream.view()
		if errors.Is(err, errGone) {
			return nil, io.EOF
		}
		if err != nil {
			return nil, err
		}
		if !r.started {
			if err := r.start(v); err != nil {
				return nil, err
			}
		}
		lines, err := r.more(v)
		if err != nil || len(lines) > 0 {
			return lines, err
		}
		if r.at < v.next && (r.query.Tail || r.at < r.end) {
			continue // nothing here matched
		}
		if !r.query.Tail {
			return nil, io.EOF
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-v.grown:
		}
	}
}

// start finds the first line to give.
func (r *Reader) start(v view) (err error) {
	r.started, r.end, r.told = true, v.next, r.now()
	if r.query.After > 0 {
		r.at = min(r.query.After+1, v.next) // a machine's crash may have taken the last second's numbers back
		return nil
	}
	r.at, err = r.back(v, min(max(r.query.Lines, 0), r.lines))
	return err
}

// back finds the number of the nth line from the end that matches, looking at one segment after another from the newest.
func (r *Reader) back(v view, n int) (uint64, error) {
	at := v.next
	for _, seg := range slices.Backward(v.segments) {
		if n == 0 {
			break
		}
		found, err := r.lastMatches(seg, n)
		if err != nil {
			return 0, err
		}
		if len(found) > 0 {
			at = slices.Min(found)
			n -= len(found)
		}
	}
	return at, nil
}

// lastMatches gives the numbers of the last n lines of a segment that match, in no order.
func (r *Reader) lastMatches(seg segment, n int) ([]uint64, error) {
	var found []uint64 // a ring once it is full
	seen := 0
	file := scanner{segment: seg.first}
	for {
		records, err := file.read(seg)
		if errors.Is(err, errTorn) || errors.Is(err, fs.ErrNotExist) || (err == nil && len(records) == 0) {
			return found, nil
		}
		if err != nil {
			return nil, unavailable(err)
		}
		for seq := range r.matching(records) {
			if len(found) < n {
				found = append(found, seq)
			} else {
				found[seen%n] = seq
			}
			seen++
		}
	}
}

// matching gives the number of each line that matches.
func (r *Reader) matching(records []record) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		for _, rec := range records {
			for first, run := range rec.each() {
				for seq := first; seq < first+uint64(run.count) && r.query.matches(run.source, run.dyno); seq++ {
					if !yield(seq) {
						return
					}
				}
			}
		}
	}
}

// more reads on from at and gives what matches, perhaps nothing; at moves in any case unless the stream ends there.
func (r *Reader) more(v view) ([]Line, error) {
	if len(v.segments) == 0 || r.at >= v.next || (!r.query.Tail && r.at >= r.end) {
		return nil, nil
	}
	if first := v.segments[0].first; r.at < first {
		lost := r.overflow(first - r.at)
		r.at = first
		return []Line{lost}, nil
	}
	i := len(v.segments) - 1
	for v.segments[i].first > r.at {
		i--
	}
	seg := v.segments[i]
	if r.file.segment != seg.first {
		r.file = scanner{segment: seg.first}
	}
	records, err := r.file.read(seg)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil // deleted since the view: the next view tells
	case err != nil && !errors.Is(err, errTorn):
		return nil, unavailable(err)
	case len(records) > 0:
		return r.pick(records), nil
	case i+1 < len(v.segments):
		// Only the end of a segment that a machine's crash has damaged makes a difference here.
		r.at = max(r.at, v.segments[i+1].first)
	default:
		r.at = v.next
	}
	return nil, nil
}

// pick turns records into the lines that were asked for and moves the cursor behind them.
func (r *Reader) pick(records []record) []Line {
	var lines []Line
	for _, rec := range records {
		if rec.first+rec.lines() <= r.at {
			continue // on the way to the cursor
		}
		for seq, run := range rec.each() {
			if r.query.matches(run.source, run.dyno) {
				lines = run.lines(lines, seq)
			}
		}
	}
	lines = slices.DeleteFunc(lines, func(l Line) bool { return l.Seq < r.at || (!r.query.Tail && l.Seq >= r.end) })
	last := records[len(records)-1]
	r.at = max(r.at, last.first+last.lines())
	if len(lines) > 0 {
		r.told = lines[len(lines)-1].Time
	}
	return lines
}

// overflow is the L11 line.
func (r *Reader) overflow(missed uint64) Line {
	return Line{
		Seq: r.at + missed - 1, Time: r.now().UTC().Truncate(time.Microsecond), Source: "heroku", Dyno: "logplex",
		Text: fmt.Sprintf("Error L11 (Tail buffer overflow) -> This tail session dropped %d messages since %s.",
			missed, r.told.UTC().Format(time.RFC3339)),
	}
}
