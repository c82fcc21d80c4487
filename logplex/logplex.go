// Package logplex keeps every line of an app in one stream and lets people read it.
//
// Three sorts of line come in: what dynos print (the log agents ship chunks of their files), one record a request (the
// router ships frames), and what the platform does (the event feed appends lines). Each app has one stream, ordered by
// arrival and numbered from 1. Recent lines and live tails are all readers with a cursor over it; the number is the
// cursor.
//
//	agent  ── chunks ──▶ Door ─┐                     ┌─ Read: the last lines, then what comes
//	router ── frames ──▶ Door ─┼─▶ stream of the app ─┤
//	events ─────────▶ Append ──┘  (segment files)    └─ Door: log sessions, SSE or plain text
//
// Nothing is lost and nothing is doubled, because a position is the sequence number. Whoever sends says how far into its own
// log the lines reach (a byte offset into a file, a counter, an event's number). The stream keeps that mark in the same write
// as the lines. What was written is acknowledged; what was not acknowledged is sent again; and what the mark covers already
// is cut off. So either side may be killed at any moment. Written means handed to the kernel: it survives the death of
// the process, and within a second (Options.SyncEach: at once) that of the machine.
//
// A stream keeps at least its last 1,500 lines (Options.Lines), wherever the dynos that printed them have gone. It is bounded:
// segments of about 1 MiB, of which those are deleted that the newer ones make superfluous. A reader that falls behind so far
// that its next line is deleted is told how many it missed, in an L11 line, and goes on.
//
// A line is looked at once, when it comes in, for its end. Its text is kept as it is, up to 10,000 bytes: escape sequences,
// NULs and broken UTF-8 included; whoever prints lines on a terminal must see to that terminal's safety.
//
// Files: record.go is the format on disk; stream.go one app's stream; read.go its readers; door.go the HTTP routes,
// chunks.go, frames.go and session.go one each. Syntax is elsewhere and pure: logplex/frame (agent's chunks) and
// logplex/syslog.
package logplex

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"github.com/dynomad/dynomad"
)

// Options say how lines are kept. The zero value of each field stands for its default.
type Options struct {
	Lines        int   // at least so many of an app's last lines are kept; 1,500
	SegmentBytes int64 // a segment file is closed at about this size; 1 MiB
	SyncEach     bool  // true: every append is on the disk before it is acknowledged; false: within a second
	Now          func() time.Time
	Log          *slog.Logger
}

// Logplex is the streams of all apps in one directory. It is safe for concurrent use; only one process may have the
// directory open.
type Logplex struct {
	dir     string
	options Options
	buffers buffers
	dirty   dirty

	mu      sync.Mutex
	streams map[dynomad.AppID]*stream
}

// Open uses a directory, making it where it is missing. Streams are read when they are first needed.
func Open(dir string, o Options) (*Logplex, error) {
	o.Lines = cmp.Or(o.Lines, 1500)
	o.SegmentBytes = cmp.Or(o.SegmentBytes, 1<<20)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("opening the log directory: %w", err)
	}
	return &Logplex{dir: dir, options: o, streams: map[dynomad.AppID]*stream{}}, nil
}

// Run puts what was written on the disk, every second and once more when ctx ends. It returns nil. Without it everything
// works, but a machine that loses power may lose more than a second.
func (l *Logplex) Run(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			l.sync()
			return nil
		case <-tick.C:
			l.sync()
		}
	}
}

// sync flushes the files written since the last time. A failure is told and tried again with the next write to that file:
// the lines stay readable from the kernel's memory meanwhile.
func (l *Logplex) sync() {
	for path := range l.dirty.take() {
		if err := syncPath(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			l.options.Log.Error("syncing a log segment", "file", path, "error", err)
		}
	}
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return f.Sync()
}

// Append stores lines of one origin, the first of which has this position in the origin's own numbering, the next one more,
// and so on; lines that are stored already are skipped. An origin is any name that stays the same over restarts ("events").
// Seq is given here, and a text of several lines becomes several. The error's Kind is Unavailable when the disk fails (try
// again) and NotFound after Destroy.
func (l *Logplex) Append(ctx context.Context, app dynomad.AppID, origin string, position int64, lines []Line) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	placed := make([]placedLine, len(lines))
	for i, line := range lines {
		placed[i] = placedLine{line, position + int64(i)}
	}
	return l.appendLines(app, origin, placed)
}

// Destroy removes an app's stream for good; its readers end, and later appends are refused. Destroying what is not there is
// no error.
func (l *Logplex) Destroy(app dynomad.AppID) error {
	s, err := l.stream(app)
	if err != nil {
		return err
	}
	if err := s.destroy(); err != nil {
		return fmt.Errorf("destroying the log of %s: %w", app, err)
	}
	return nil
}

var streamName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`) })

// stream finds or makes an app's stream; on disk it comes to be with its first line. A destroyed app's stays, empty and
// refusing, for as long as the process lives: late appends must not bring it back.
func (l *Logplex) stream(app dynomad.AppID) (*stream, error) {
	if !streamName().MatchString(string(app)) {
		return nil, dynomad.Errorf(dynomad.KindInvalid, "%q is not an app's id", string(app))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s, ok := l.streams[app]
	if !ok {
		s = &stream{logplex: l, dir: filepath.Join(l.dir, string(app))}
		l.streams[app] = s
	}
	return s, nil
}

// buffers lends memory to appends. What a rare huge request needed is given back to the runtime.
type buffers struct{ pool sync.Pool }

func (b *buffers) get() *[]byte {
	if buf, ok := b.pool.Get().(*[]byte); ok {
		return buf
	}
	return new([]byte)
}

func (b *buffers) put(buf *[]byte) {
	if cap(*buf) <= 1<<20 {
		b.pool.Put(buf)
	}
}

// dirty is the files written since the last sync.
type dirty struct {
	mu    sync.Mutex
	paths map[string]struct{}
}

func (d *dirty) add(path string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.paths == nil {
		d.paths = map[string]struct{}{}
	}
	d.paths[path] = struct{}{}
}

func (d *dirty) take() map[string]struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	paths := d.paths
	d.paths = nil
	return paths
}
