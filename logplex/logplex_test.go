package logplex_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/logplex"
)

const app = dynomad.AppID("01936b1e-0000-7000-8000-000000000001")

var at = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

func open(t *testing.T, dir string, o logplex.Options) *logplex.Logplex {
	t.Helper()
	l, err := logplex.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// numbered makes n lines "FIRST", "FIRST+1", … that a router could have printed.
func numbered(first, n int) []logplex.Line {
	lines := make([]logplex.Line, n)
	for i := range lines {
		lines[i] = logplex.Line{
			Time: at.Add(time.Duration(first+i) * time.Millisecond), Source: "heroku", Dyno: "router", Text: fmt.Sprint(first + i),
		}
	}
	return lines
}

func put(t *testing.T, l *logplex.Logplex, origin string, position int64, lines []logplex.Line) {
	t.Helper()
	if err := l.Append(t.Context(), app, origin, position, lines); err != nil {
		t.Fatal(err)
	}
}

// texts reads all that a query gives without waiting.
func texts(t *testing.T, l *logplex.Logplex, q logplex.Query) []string {
	t.Helper()
	q.App = app
	reader := l.Read(q)
	var out []string
	last := uint64(0)
	for {
		lines, err := reader.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			if line.Seq <= last {
				t.Errorf("line %d after line %d", line.Seq, last)
			}
			last = line.Seq
			out = append(out, line.Text)
		}
	}
}

func words(first, n int) []string {
	var out []string
	for _, line := range numbered(first, n) {
		out = append(out, line.Text)
	}
	return out
}

func TestLinesSurviveARestart(t *testing.T) {
	dir := t.TempDir()
	put(t, open(t, dir, logplex.Options{}), "events", 1, numbered(1, 3))
	l := open(t, dir, logplex.Options{})
	put(t, l, "events", 4, numbered(4, 2))
	if diff := cmp.Diff(words(1, 5), texts(t, l, logplex.Query{Lines: 100})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatIsStoredIsNotStoredTwice(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, logplex.Options{})
	put(t, l, "events", 1, numbered(1, 5))
	put(t, l, "events", 3, numbered(3, 5)) // an overlap, as after an answer that was lost
	l = open(t, dir, logplex.Options{})
	put(t, l, "events", 1, numbered(1, 8))
	put(t, l, "other", 1, numbered(100, 1)) // another origin counts for itself
	want := append(words(1, 8), "100")
	if diff := cmp.Diff(want, texts(t, l, logplex.Query{Lines: 100})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMarksOutliveTheSegmentsTheyWereMadeIn(t *testing.T) {
	dir := t.TempDir()
	small := logplex.Options{Lines: 10, SegmentBytes: 500}
	l := open(t, dir, small)
	put(t, l, "quiet", 1, numbered(1, 1))
	for i := range 200 {
		put(t, l, "loud", int64(i), numbered(i, 1))
	}
	l = open(t, dir, small)
	put(t, l, "quiet", 1, numbered(1000, 1))
	if got := texts(t, l, logplex.Query{Lines: 1}); !slices.Equal(got, []string{"199"}) {
		t.Errorf("the quiet origin's line was stored again: last line %q", got)
	}
}

func TestOldSegmentsGoAndEnoughLinesStay(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, logplex.Options{Lines: 100, SegmentBytes: 2000})
	for i := range 5000 {
		put(t, l, "events", int64(i), numbered(i, 1))
	}
	files, err := filepath.Glob(filepath.Join(dir, string(app), "*.log"))
	if err != nil || len(files) > 10 {
		t.Errorf("%d segments are left, %v", len(files), err)
	}
	if diff := cmp.Diff(words(4900, 100), texts(t, l, logplex.Query{Lines: 100})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := len(texts(t, l, logplex.Query{Lines: 5000})); got != 100 {
		t.Errorf("%d lines of history, want 100 at most", got)
	}
}

func TestATornEndIsCutOff(t *testing.T) {
	dir := t.TempDir()
	put(t, open(t, dir, logplex.Options{}), "events", 1, numbered(1, 3))
	files, err := filepath.Glob(filepath.Join(dir, string(app), "*.log"))
	if err != nil || len(files) != 1 {
		t.Fatalf("segments %q, %v", files, err)
	}
	whole, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	put(t, open(t, dir, logplex.Options{}), "events", 4, numbered(4, 1))
	for _, torn := range [][]byte{whole[:len(whole)-1], append(slices.Clone(whole), 9, 0, 0, 0, 1, 2, 3), append(slices.Clone(whole), make([]byte, 100)...)} {
		if err := os.WriteFile(files[0], torn, 0o600); err != nil {
			t.Fatal(err)
		}
		l := open(t, dir, logplex.Options{})
		put(t, l, "events", 1, numbered(1, 4)) // the sender has no answer, so it sends again
		if diff := cmp.Diff(words(1, 4), texts(t, l, logplex.Query{Lines: 100})); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestASegmentDamagedFromItsStartFallsBackOnTheOneBefore(t *testing.T) {
	dir := t.TempDir()
	small := logplex.Options{Lines: 1000, SegmentBytes: 500}
	l := open(t, dir, small)
	for i := range 50 {
		put(t, l, "events", int64(i), numbered(i, 1))
	}
	files, err := filepath.Glob(filepath.Join(dir, string(app), "*.log"))
	if err != nil || len(files) < 3 {
		t.Fatalf("segments %q, %v", files, err)
	}
	if err := os.Truncate(files[len(files)-1], 0); err != nil {
		t.Fatal(err)
	}
	l = open(t, dir, small)
	put(t, l, "events", 0, numbered(0, 51))
	if diff := cmp.Diff(words(0, 51), texts(t, l, logplex.Query{Lines: 1000})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAFullDiskIsToldAndLeavesNothingHalf(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, logplex.Options{})
	put(t, l, "events", 1, numbered(1, 1))
	// A directory where the segment was cannot be written, whoever runs the test.
	files, _ := filepath.Glob(filepath.Join(dir, string(app), "*.log"))
	if err := os.Rename(files[0], files[0]+".away"); err != nil {
		t.Fatal(err)
	}
	err := l.Append(t.Context(), app, "events", 2, numbered(2, 1))
	if dynomad.KindOf(err) != dynomad.KindUnavailable {
		t.Errorf("error %v, want unavailable", err)
	}
	if err := os.Rename(files[0]+".away", files[0]); err != nil {
		t.Fatal(err)
	}
	put(t, l, "events", 2, numbered(2, 1))
	if diff := cmp.Diff(words(1, 2), texts(t, l, logplex.Query{Lines: 100})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDestroyLeavesNothingAndNothingComesBack(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, logplex.Options{})
	put(t, l, "events", 1, numbered(1, 1))
	reader := l.Read(logplex.Query{App: app, Tail: true})
	ended := make(chan error)
	go func() {
		_, err := reader.Next(context.Background())
		ended <- err
	}()
	if err := l.Destroy(app); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, io.EOF) {
		t.Errorf("the tail ended with %v, want EOF", err)
	}
	if err := l.Append(t.Context(), app, "events", 2, numbered(2, 1)); dynomad.KindOf(err) != dynomad.KindNotFound {
		t.Errorf("a late line: %v, want not found", err)
	}
	if err := l.Destroy(app); err != nil {
		t.Errorf("a second time: %v", err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

func TestAnAppsIdCannotLeadOutOfTheDirectory(t *testing.T) {
	l := open(t, t.TempDir(), logplex.Options{})
	for _, id := range []dynomad.AppID{"", "..", "a/b", "../x"} {
		if err := l.Append(t.Context(), id, "events", 1, numbered(1, 1)); dynomad.KindOf(err) != dynomad.KindInvalid {
			t.Errorf("%q: %v, want invalid", id, err)
		}
		if _, err := l.Read(logplex.Query{App: id, Tail: true}).Next(t.Context()); !errors.Is(err, io.EOF) {
			t.Errorf("reading %q: %v, want EOF", id, err)
		}
	}
}

func TestRunPutsLinesOnTheDisk(t *testing.T) {
	for _, each := range []bool{true, false} {
		l := open(t, t.TempDir(), logplex.Options{SyncEach: each})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- l.Run(ctx) }()
		put(t, l, "events", 1, numbered(1, 3))
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
		if diff := cmp.Diff(words(1, 3), texts(t, l, logplex.Query{Lines: 5})); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
