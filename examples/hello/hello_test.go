package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func env(vars map[string]string) func(string) string {
	return func(name string) string { return vars[name] }
}

// A visitor sees which dyno of which release answers, and the app's log tells of the visit.
func TestGreeting(t *testing.T) {
	var log bytes.Buffer
	handler := pages(env(map[string]string{"DYNO": "web.2", "NOMAD_TASK_NAME": "v7", "GREETING": "Moin"}), &log)
	request := httptest.NewRequest(http.MethodGet, "http://hello.localhost/a%0Ab?x=1", nil)
	request.Header.Set("X-Forwarded-For", "192.0.2.1")
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)

	want := "Moin from dyno web.2, release v7\n\nGET /a%0Ab?x=1\nHost: hello.localhost\nX-Forwarded-For: 192.0.2.1\n"
	if diff := cmp.Diff(want, answer.Body.String()); diff != "" {
		t.Errorf("page (-want +got):\n%s", diff)
	}
	if got := log.String(); !strings.HasPrefix(got, `GET "/a\nb" from 192.0.2.1 in `) || strings.Count(got, "\n") != 1 {
		t.Errorf("log is %q", got)
	}
}

func TestSlowRefusesNonsense(t *testing.T) {
	for query, want := range map[string]int{"ms=1": 200, "ms=-1": 400, "ms=x": 400, "": 400, "ms=60001": 400} {
		answer := httptest.NewRecorder()
		pages(env(nil), io.Discard).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/slow?"+query, nil))
		if answer.Code != want {
			t.Errorf("/slow?%s answers %d, want %d", query, answer.Code, want)
		}
	}
}

// A request that began before the SIGTERM is answered after it.
func TestWebFinishesRequests(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	log, logWriter := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"web"}, env(map[string]string{"PORT": "0"}), logWriter)
		_ = logWriter.Close()
	}()
	line := make([]byte, 200)
	n, err := log.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	_, address, _ := strings.Cut(strings.TrimSpace(string(line[:n])), "listening on [::]")
	go func() { _, _ = io.Copy(io.Discard, log) }()

	answered := make(chan error, 1)
	began := make(chan struct{})
	go func() {
		time.AfterFunc(200*time.Millisecond, func() { close(began) })
		resp, err := http.Get("http://localhost" + address + "/slow?ms=1000")
		if err == nil {
			_, err = io.ReadAll(resp.Body)
			_ = resp.Body.Close()
		}
		answered <- err
	}()
	<-began
	stop()
	if err := <-answered; err != nil {
		t.Errorf("the request was lost: %v", err)
	}
	if err := <-ended; err != nil {
		t.Errorf("web ended with %v", err)
	}
}

func TestBackground(t *testing.T) {
	for process, want := range map[string]string{
		"worker": "waiting for work\njob=1 done\njob=2 done\njob=3 done\njob=4 done\njob=5 done\ntold to stop between two jobs\n",
		"clock":  "tick 1\ntick 2\ntick 3\ntold to stop\n",
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 11*time.Second)
			defer cancel()
			var log bytes.Buffer
			if err := run(ctx, []string{process}, env(nil), &log); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(want, log.String()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", process, diff)
			}
		})
	}
}

func TestWrongUse(t *testing.T) {
	for _, args := range [][]string{nil, {"cook"}, {"web", "worker"}} {
		if err := run(t.Context(), args, env(nil), io.Discard); err == nil {
			t.Errorf("hello %v did not complain", args)
		}
	}
	if err := run(t.Context(), []string{"web"}, env(nil), io.Discard); err == nil {
		t.Error("hello web without PORT did not complain")
	}
}
