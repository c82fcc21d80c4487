package logplex_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad/logplex"
)

func TestFilters(t *testing.T) {
	l := open(t, t.TempDir(), logplex.Options{})
	position := int64(0)
	for _, line := range []logplex.Line{
		{Source: "app", Dyno: "web.1", Text: "a"},
		{Source: "app", Dyno: "web.2", Text: "b"},
		{Source: "heroku", Dyno: "web.1", Text: "c"},
		{Source: "heroku", Dyno: "router", Text: "d"},
		{Source: "app", Dyno: "api", Text: "e"},
		{Source: "app", Dyno: "webby.1", Text: "f"},
		{Source: "app", Dyno: "web.10", Text: "g"},
	} {
		line.Time = at
		put(t, l, "events", position, []logplex.Line{line})
		position++
	}
	tests := []struct {
		name string
		q    logplex.Query
		want string
	}{
		{"everything", logplex.Query{}, "a b c d e f g"},
		{"a source", logplex.Query{Source: "heroku"}, "c d"},
		{"a process type", logplex.Query{Dyno: "web"}, "a b c g"},
		{"a dyno", logplex.Query{Dyno: "web.1"}, "a c"},
		{"a part of the platform", logplex.Query{Dyno: "router"}, "d"},
		{"both", logplex.Query{Source: "app", Dyno: "web"}, "a b g"},
		{"the last two that match", logplex.Query{Dyno: "web", Lines: 2}, "c g"},
		{"after a line", logplex.Query{After: 4}, "e f g"},
		{"after the last line", logplex.Query{After: 7}, ""},
		{"after a line that a crash took back", logplex.Query{After: 99}, ""},
		{"nothing like it", logplex.Query{Dyno: "worker"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.q.Lines == 0 {
				tt.q.Lines = 100
			}
			if got := strings.Join(texts(t, l, tt.q), " "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestTheLastMatchesAreFoundAcrossSegments(t *testing.T) {
	l := open(t, t.TempDir(), logplex.Options{Lines: 1000, SegmentBytes: 700})
	var want []string
	for i := range 300 {
		line := numbered(i, 1)
		if i%25 == 0 {
			line[0].Dyno = "web.1"
			want = append(want, line[0].Text)
		}
		put(t, l, "events", int64(i), line)
	}
	for n := range len(want) + 1 {
		got := texts(t, l, logplex.Query{Dyno: "web.1", Lines: n})
		if diff := cmp.Diff(want[len(want)-n:], append([]string{}, got...)); diff != "" {
			t.Errorf("%d lines (-want +got):\n%s", n, diff)
		}
	}
}

func TestATailSeesWhatComes(t *testing.T) {
	l := open(t, t.TempDir(), logplex.Options{})
	put(t, l, "events", 1, numbered(1, 3))
	reader := l.Read(logplex.Query{App: app, Lines: 1, Tail: true})
	var got []string
	next := func() {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		lines, err := reader.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			got = append(got, line.Text)
		}
	}
	next()
	done := make(chan error)
	go func() { done <- l.Append(context.Background(), app, "events", 4, numbered(4, 2)) }()
	next()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(words(3, 3), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if lines, err := reader.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, %v where there is nothing", lines, err)
	}
}

func TestASlowTailIsToldWhatItMissed(t *testing.T) {
	l := open(t, t.TempDir(), logplex.Options{Lines: 10, SegmentBytes: 500, Now: func() time.Time { return at }})
	put(t, l, "events", 0, numbered(0, 1))
	reader := l.Read(logplex.Query{App: app, Lines: 10, Tail: true})
	if _, err := reader.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := 1; i < 500; i++ {
		put(t, l, "events", int64(i), numbered(i, 1))
	}
	lines, err := reader.Next(t.Context())
	if err != nil || len(lines) != 1 {
		t.Fatalf("lines %v, %v", lines, err)
	}
	told := string(lines[0].Append(nil))
	rest, err := reader.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	missed := rest[0].Seq - 2 // line 1 was read, what came between it and the next is missed
	want := fmt.Sprintf("2026-11-23T08:00:00.000000+00:00 heroku[logplex]: "+
		"Error L11 (Tail buffer overflow) -> This tail session dropped %d messages since 2026-11-23T08:00:00Z.", missed)
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if lines[0].Seq != rest[0].Seq-1 {
		t.Errorf("a session resumed behind the L11 line %d would miss more before %d", lines[0].Seq, rest[0].Seq)
	}
}
