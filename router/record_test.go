package router

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/dynomad/dynomad"
)

func TestLineOfARequestWithoutADyno(t *testing.T) {
	r := Record{
		At: "error", Code: "H10", Desc: "App crashed", Method: http.MethodGet, Path: "/", Host: "a.b:8080", RequestID: "x", Fwd: "1.2.3.4, ::1",
		Connect: noTime, Service: noTime, Status: http.StatusServiceUnavailable, Bytes: 7, Protocol: "https",
	}
	want := `at=error code=H10 desc="App crashed" method=GET path="/" host=a.b:8080 request_id=x fwd="1.2.3.4, ::1" dyno= connect= service= ` +
		`status=503 bytes=7 protocol=https`
	if got := string(r.AppendLine(nil)); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

// fields reads a line back as a careful reader would: NAME=WORD or NAME="TEXT", separated by single spaces.
func fields(t *rapid.T, line string) map[string]string {
	out := map[string]string{}
	for line != "" {
		name, rest, ok := strings.Cut(line, "=")
		if !ok || strings.ContainsAny(name, `" `) {
			t.Fatalf("no name at %q", line)
		}
		value := ""
		if strings.HasPrefix(rest, `"`) {
			quoted, err := strconv.QuotedPrefix(rest)
			if err != nil {
				t.Fatalf("bad quoting at %q", rest)
			}
			value, _ = strconv.Unquote(quoted)
			rest = rest[len(quoted):]
		} else {
			i := strings.IndexByte(rest+" ", ' ')
			value, rest = rest[:i], rest[i:]
		}
		if _, twice := out[name]; twice {
			t.Fatalf("%s twice", name)
		}
		out[name] = value
		line = strings.TrimPrefix(rest, " ")
	}
	return out
}

// Whatever a client sends: one line, every field once, no control characters, and what it sent can be read back.
func TestNoClientCanForgeALine(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.StringOfN(rapid.SampledFrom([]rune("a\" =\\\n\r\t\x00\x1b\u2028\u202e…")), 0, 30, -1),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
	rapid.Check(t, func(t *rapid.T) {
		r := Record{
			At: "info", Method: text.Draw(t, "method"), Path: text.Draw(t, "path"), Host: text.Draw(t, "host"),
			RequestID: text.Draw(t, "id"), Fwd: text.Draw(t, "fwd"), Dyno: "web.1", Status: 200, Protocol: "http",
		}
		line := string(r.AppendLine(nil))
		if i := strings.IndexFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0x2028 || r == 0x202e }); i >= 0 {
			t.Fatalf("%q", line)
		}
		got := fields(t, line)
		if len(got) != 12 || got["status"] != "200" || got["dyno"] != "web.1" {
			t.Fatalf("%q gives %v", line, got)
		}
		for name, sent := range map[string]string{"method": r.Method, "path": r.Path, "host": r.Host, "request_id": r.RequestID, "fwd": r.Fwd} {
			if got[name] != sent && !strings.HasSuffix(got[name], "…") {
				t.Fatalf("%s %q is read back as %q", name, sent, got[name])
			}
		}
	})
}

func TestLongTextIsCut(t *testing.T) {
	for _, c := range []string{"\x00", "\x80", "x", "\"", "é", "\u2028"} {
		long := strings.Repeat(c, 100000)
		r := Record{Method: long, Path: long, Host: long, RequestID: long, Fwd: long, Dyno: long}
		if n := len(r.AppendLine(nil)); n > 6000 {
			t.Errorf("%q: a line of %d bytes", c, n)
		}
	}
}

// flakySink fails as told and otherwise takes only what it has not yet.
type flakySink struct {
	mu   sync.Mutex
	errs []error // one for each call, then none
	next uint64
	got  []string
}

func (s *flakySink) take(_ context.Context, first uint64, batch []Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if len(s.errs) > 0 {
		err, s.errs = s.errs[0], s.errs[1:]
	}
	if err != nil && !errors.Is(err, errLostAnswer) {
		return err
	}
	for i, r := range batch {
		if n := first + uint64(i); n >= s.next {
			s.got, s.next = append(s.got, r.Path), n+1
		}
	}
	return err
}

var errLostAnswer = errors.New("stored, but the answer was lost")

func startRecords(t *testing.T, sink Sink, kept int) (*Records, func()) {
	t.Helper()
	r := NewRecords(sink, kept, slog.New(slog.NewTextHandler(io.Discard, nil)))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	return r, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestRecordsArriveOnceAndInOrder(t *testing.T) {
	away := errors.New("away")
	s := &flakySink{errs: []error{away, errLostAnswer, away, nil, errLostAnswer}, next: 1}
	r, stop := startRecords(t, s.take, 10000)
	var want []string
	for i := range 3 * batchSize {
		want = append(want, strconv.Itoa(i))
		r.Add(Record{Path: want[i]})
		if i%400 == 0 {
			time.Sleep(2 * gatherFor)
		}
	}
	stop()
	if !slices.Equal(s.got, want) {
		t.Errorf("got %d records, want %d in order", len(s.got), len(want))
	}
	if got, want := r.Counts(), (RecordCounts{Shipped: 3 * batchSize}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestOldestRecordsAreDroppedAndCounted(t *testing.T) {
	s := &flakySink{next: 1}
	release := make(chan struct{})
	r, stop := startRecords(t, func(ctx context.Context, first uint64, batch []Record) error {
		select {
		case <-release:
			return s.take(ctx, first, batch)
		default:
			return errors.New("away")
		}
	}, 100)
	const n = 2000
	for i := range n {
		r.Add(Record{Path: strconv.Itoa(i)})
	}
	close(release)
	stop()
	c := r.Counts()
	if c.Shipped+c.Dropped != n || c.Dropped < n-100-batchSize || c.Waiting != 0 || int(c.Shipped) != len(s.got) {
		t.Errorf("%+v, the sink has %d", c, len(s.got))
	}
	if s.got[len(s.got)-1] != strconv.Itoa(n-1) {
		t.Errorf("the newest is %s", s.got[len(s.got)-1])
	}
}

func TestRefusedRecordCostsItselfAlone(t *testing.T) {
	s := &flakySink{next: 1}
	r, stop := startRecords(t, func(ctx context.Context, first uint64, batch []Record) error {
		if slices.ContainsFunc(batch, func(r Record) bool { return r.Path == "poison" }) {
			return dynomad.Errorf(dynomad.KindTooLarge, "too much")
		}
		return s.take(ctx, first, batch)
	}, 1000)
	var want []string
	for i := range 300 {
		if i == 77 {
			r.Add(Record{Path: "poison"})
			continue
		}
		want = append(want, strconv.Itoa(i))
		r.Add(Record{Path: strconv.Itoa(i)})
	}
	stop()
	if !slices.Equal(s.got, want) {
		t.Errorf("got %v", s.got)
	}
	if got, want := r.Counts(), (RecordCounts{Shipped: 299, Dropped: 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestSinkThatNeverAnswersDoesNotHoldTheEnd(t *testing.T) {
	r, stop := startRecords(t, func(ctx context.Context, _ uint64, _ []Record) error { <-ctx.Done(); return ctx.Err() }, 100)
	r.Add(Record{})
	r.Add(Record{})
	stop()
	if c := r.Counts(); c.Dropped != 2 {
		t.Errorf("%+v", c)
	}
}
