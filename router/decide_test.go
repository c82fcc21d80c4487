package router

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite the wanted parts of testdata")

// TestMain silences Fabio's packages: they log every access rule to the process's log.
func TestMain(m *testing.M) {
	flag.Parse()
	log.SetOutput(io.Discard)
	os.Exit(m.Run())
}

// golden compares sections of a txtar file, whose comment says what it shows.
func golden(t *testing.T, name string, got map[string]string) {
	t.Helper()
	path := "testdata/" + name
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range archive.Files {
		if *update {
			archive.Files[i].Data = []byte(got[f.Name])
		} else if diff := cmp.Diff(string(f.Data), got[f.Name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", f.Name, diff)
		}
		delete(got, f.Name)
	}
	for name := range got {
		t.Errorf("%s: no section %q", path, name)
	}
	if *update {
		if err := os.WriteFile(path, txtar.Format(archive), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// inWords is an answer as the golden shows it: the record's fields, the headers, the body.
func inWords(t *testing.T, a Answer, accept string) string {
	t.Helper()
	e, err := New(Options{NewID: func() string { return "id" }})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := a.write(e, w, []string{accept}, "4f6c2d1e"); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "record: at=%s code=%s desc=%q sock=%s\n", a.At, a.Code, a.Desc, a.Sock)
	fmt.Fprintf(&b, "answer: %d", w.Code)
	if after := w.Header().Get("Retry-After"); after != "" {
		fmt.Fprintf(&b, ", Retry-After: %s", after)
	}
	fmt.Fprintf(&b, ", %s\n%s", w.Header().Get("Content-Type"), w.Body)
	return b.String()
}

func TestDecide(t *testing.T) {
	got := map[string]string{}
	for _, s := range []State{
		StateUnknown, StateEmpty, StateOff, StateStarting, StateCrashed, StateUp, StateMaintenance, StateUnsure, "a state to come",
	} {
		got[fmt.Sprintf("state %q", s)] = inWords(t, Decide(s), "application/json")
	}
	golden(t, "decide.txtar", got)
}

func TestFailures(t *testing.T) {
	timeout := &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}
	golden(t, "failure.txtar", map[string]string{
		"client left":          inWords(t, failure{clientGone: true, err: context.Canceled, sent: true}.answer(), "application/json"),
		"router ended":         inWords(t, failure{clientGone: true, shutdown: true}.answer(), "application/json"),
		"refused":              inWords(t, failure{connecting: true, err: errors.New("refused")}.answer(), "application/json"),
		"not accepted in time": inWords(t, failure{connecting: true, err: timeout}.answer(), "application/json"),
		"not answered in time": inWords(t, failure{err: timeout}.answer(), "application/json"),
		"closed":               inWords(t, failure{err: io.EOF}.answer(), "application/json"),
		"not HTTP":             inWords(t, failure{err: io.EOF, firstByte: true}.answer(), "application/json"),
		"cut short":            inWords(t, failure{sent: true, firstByte: true}.answer(), "application/json"),
	})
}

func TestPages(t *testing.T) {
	golden(t, "page.txtar", map[string]string{
		"crashed, for a browser": inWords(t, Decide(StateCrashed), "text/html,application/xhtml+xml,*/*;q=0.8"),
		"denied, for curl":       inWords(t, denied(), "*/*"),
		"hostile words":          inWords(t, Answer{Status: 503, At: "error", Title: "<script>", Words: "\"&'", ID: "x"}, "text/html"),
	})
}

func TestAcceptHeaders(t *testing.T) {
	for accept, want := range map[string]bool{
		"": false, "*/*": false, "text/html": false, "application/json": true, "application/vnd.heroku+json; version=3": true,
		"text/html;q=0.9, application/json": true, "text/html, application/json;q=0.9": false, "application/json;q=0": false,
		"application/json;q=x": false, "text/html, */*, application/json": true, ";;;, application/json": true,
	} {
		if got := prefersJSON([]string{accept}); got != want {
			t.Errorf("%q: %v", accept, got)
		}
	}
}
