package logplex_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/logplex"
	"github.com/dynomad/dynomad/logplex/frame"
	"github.com/dynomad/dynomad/logplex/syslog"
)

var key = dynomad.CapabilityKey("a key of thirty-two bytes or more")

// serve opens a door on l: the token "ALLOC" is a dyno of app hello's web group, "machine" is the router.
func serve(t *testing.T, l *logplex.Logplex) *httptest.Server {
	t.Helper()
	door := logplex.Door{
		Logplex: l,
		Identify: func(_ context.Context, token string) (logplex.Identity, error) {
			if token == "" || token == "machine" {
				return logplex.Identity{}, dynomad.Errorf(dynomad.KindUnauthorized, "the token is not a workload's")
			}
			return logplex.Identity{Namespace: "dynomad", Job: "hello", Group: "web", Alloc: token, Task: "agent"}, nil
		},
		Name: func(_ context.Context, o logplex.Origin) (logplex.Named, error) {
			if o.Alloc == "orphan" {
				return logplex.Named{}, dynomad.Errorf(dynomad.KindNotFound, "there is no app %q", o.Job)
			}
			return logplex.Named{App: app, Dyno: fmt.Sprintf("%s.%d", o.Group, o.Index+1)}, nil
		},
		App: func(_ context.Context, ref string) (dynomad.AppID, error) {
			if ref == "hello" {
				return app, nil
			}
			return "", dynomad.NoSuchApp(ref)
		},
		Machine: func(token string) bool { return token == "machine" },
		Key:     key,
		Now:     func() time.Time { return at },
		Log:     slog.New(slog.DiscardHandler),
	}
	server := httptest.NewServer(door.Handler())
	t.Cleanup(server.Close)
	return server
}

// request sends one and gives status and body.
func request(t *testing.T, method, url, body string, headers ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	b, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(b)
}

// output is a chunk of web.2's stdout that starts at an offset into the first file.
func output(alloc string, offset int64, text string) frame.Chunk {
	return frame.Chunk{
		Source: frame.Source{Alloc: alloc, Task: "v1", Stream: "stdout"}, Group: "web", Index: 1,
		Start: frame.Position{Offset: offset}, End: frame.Position{Offset: offset + int64(len(text))},
		Time: at, Bytes: []byte(text),
	}
}

func all(t *testing.T, l *logplex.Logplex) string {
	t.Helper()
	reader := l.Read(logplex.Query{App: app, Lines: 1500})
	var b []byte
	for {
		lines, err := reader.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return string(b)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			b = append(line.Append(b), '\n')
		}
	}
}

func TestChunksAreNamedStoredAndAcknowledged(t *testing.T) {
	l := open(t, t.TempDir(), logplex.Options{})
	server := serve(t, l)
	post := func(chunks ...frame.Chunk) (int, string) {
		var body []byte
		for _, c := range chunks {
			body = c.Append(body)
		}
		return request(t, "POST", server.URL+"/logplex/chunks", string(body), "Authorization", "Bearer 8f")
	}
	if status, answer := post(output("8f", 0, "one\ntw"), output("8f", 6, "o\nthree\n")); status != 200 || answer != "8f v1 stdout 0:14\n" {
		t.Errorf("answer %d %q", status, answer)
	}
	if status, answer := post(output("8f", 4, "two\nthree\nfour\n")); status != 200 || answer != "8f v1 stdout 0:19\n" {
		t.Errorf("answer to a resend %d %q", status, answer)
	}
	loss := output("8f", 19, "")
	loss.End, loss.Lost = frame.Position{File: 3}, 123
	if status, answer := post(loss); status != 200 || answer != "8f v1 stdout 3:0\n" {
		t.Errorf("answer to a loss %d %q", status, answer)
	}
	want := `2026-11-23T08:00:00.000000+00:00 app[web.2]: one
2026-11-23T08:00:00.000000+00:00 app[web.2]: tw
2026-11-23T08:00:00.000000+00:00 app[web.2]: o
2026-11-23T08:00:00.000000+00:00 app[web.2]: three
2026-11-23T08:00:00.000000+00:00 app[web.2]: four
2026-11-23T08:00:00.000000+00:00 heroku[logplex]: Error L12 (local buffer overflow): about 123 bytes of web.2's stdout dropped before 2026-11-23T08:00:00Z
`
	if diff := cmp.Diff(want, all(t, l)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestChunksOfOthersAreRefused(t *testing.T) {
	l := open(t, t.TempDir(), logplex.Options{})
	server := serve(t, l)
	named := func(change func(*frame.Chunk)) string {
		c := output("8f", 0, "x\n")
		change(&c)
		return string(c.Append(nil))
	}
	tests := []struct {
		name, token, body string
		want              int
	}{
		{"no token", "", named(func(*frame.Chunk) {}), 401},
		{"another allocation", "9a", named(func(*frame.Chunk) {}), 403},
		{"another group", "8f", named(func(c *frame.Chunk) { c.Group = "worker" }), 403},
		{"a group that is a forged prefix", "8f", named(func(c *frame.Chunk) { c.Group = "web]: x" }), 403},
		{"a stream that is none", "8f", named(func(c *frame.Chunk) { c.Stream = "stdin" }), 400},
		{"no task", "8f", named(func(c *frame.Chunk) { c.Task = "" }), 400},
		{"no chunk", "8f", "hello", 400},
		{"an app that is gone", "orphan", named(func(c *frame.Chunk) { c.Alloc = "orphan" }), 404},
		{"too much", "8f", strings.Repeat("x", frame.MaxBody+1), 413},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, answer := request(t, "POST", server.URL+"/logplex/chunks", tt.body, "Authorization", "Bearer "+tt.token)
			if status != tt.want {
				t.Errorf("answer %d %q, want %d", status, answer, tt.want)
			}
		})
	}
	if got := all(t, l); got != "" {
		t.Errorf("stored %q", got)
	}
}

func TestFramesAreStoredOnce(t *testing.T) {
	l := open(t, t.TempDir(), logplex.Options{})
	server := serve(t, l)
	body := func(first, n int) string {
		var b []byte
		for i := first; i < first+n; i++ {
			m := syslog.Message{Priority: 158, Time: at, Host: "hello", App: "heroku", Proc: "router", Text: fmt.Sprintf("at=info n=%d", i)}
			if i == 2 {
				m.Host = "nobody"
			}
			b = m.AppendFrame(b, syslog.Logplex)
		}
		return string(b)
	}
	send := func(position, body string) (int, string) {
		return request(t, "POST", server.URL+"/logplex/frames", body, "Authorization", "Bearer machine",
			"Content-Type", "application/logplex-1", "Dynomad-Source", "router/1", "Dynomad-Position", position)
	}
	for range 2 {
		if status, answer := send("0", body(0, 4)); status != 204 {
			t.Fatalf("answer %d %q", status, answer)
		}
	}
	if status, answer := send("3", body(3, 2)); status != 204 {
		t.Fatalf("answer %d %q", status, answer)
	}
	want := `2026-11-23T08:00:00.000000+00:00 heroku[router]: at=info n=0
2026-11-23T08:00:00.000000+00:00 heroku[router]: at=info n=1
2026-11-23T08:00:00.000000+00:00 heroku[router]: at=info n=3
2026-11-23T08:00:00.000000+00:00 heroku[router]: at=info n=4
`
	if diff := cmp.Diff(want, all(t, l)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, got := range map[string]int{
		"a position that is none": first(send("x", body(0, 1))),
		"no frames":               first(send("9", "hello")),
		"a forged source":         first(send("9", "50 <1>1 2026-11-23T08:00:00Z hello a[b] router - text")),
	} {
		if got != 400 {
			t.Errorf("%s: %d, want 400", name, got)
		}
	}
	status, _ := request(t, "POST", server.URL+"/logplex/frames", body(0, 1), "Authorization", "Bearer 8f")
	if status != 401 {
		t.Errorf("a dyno's token: %d, want 401", status)
	}
}

func first(status int, _ string) int { return status }
