package cluster_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cluster"
)

// against makes an adapter for a Nomad that answers as told.
func against(t *testing.T, nomad http.HandlerFunc) *cluster.Cluster {
	t.Helper()
	server := httptest.NewServer(nomad)
	t.Cleanup(server.Close)
	return at(t, server.URL)
}

func at(t *testing.T, address string) *cluster.Cluster {
	t.Helper()
	client, err := api.NewClient(&api.Config{Address: address})
	if err != nil {
		t.Fatal(err)
	}
	return cluster.New(cluster.Config{Nomad: client, Namespace: "dynomad", Log: slog.New(slog.DiscardHandler)})
}

// The answers are Nomad 1.11.3's own.
func TestNomadsErrors(t *testing.T) {
	for _, test := range []struct {
		name    string
		status  int
		body    string
		kind    dynomad.Kind
		message string
		hint    string
	}{
		{
			"a token that may not", 403, "Permission denied",
			dynomad.KindForbidden, "nomad does not let dynomad read the job hello", "read-job",
		},
		{"no such job", 404, "job not found", dynomad.KindNotFound, "job not found", ""},
		{
			"a writer that comes late", 500,
			"Enforcing job modify index 7: job exists with conflicting job modify index: 346",
			dynomad.KindConflict, "somebody else changed the job", "",
		},
		{
			"a job that is wrong", 500,
			"3 errors occurred:\n\t* Job ID contains a space\n\t* Invalid job type: \"servic\"\n\t* Missing job task groups\n\n",
			dynomad.KindInvalid, `3 errors occurred: * Job ID contains a space * Invalid job type: "servic"`, "",
		},
		{
			"a namespace that is not there", 500,
			"1 error occurred:\n\t* job \"x\" is in nonexistent namespace \"nosuch\"\n\n",
			dynomad.KindInvalid, `nonexistent namespace "nosuch"`, "",
		},
		{
			"a request that is wrong", 400, "variable missing required Items object",
			dynomad.KindInvalid, "variable missing required Items", "",
		},
		{"an election", 500, "No cluster leader", dynomad.KindUnavailable, "No cluster leader", ""},
		{"too many requests", 429, "", dynomad.KindUnavailable, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := against(t, func(w http.ResponseWriter, _ *http.Request) {
				http.Error(w, test.body, test.status)
			})
			_, err := c.Job(t.Context(), "hello")
			if kind := dynomad.KindOf(err); kind != test.kind {
				t.Errorf("the kind is %q, want %q", kind, test.kind)
			}
			if err == nil || !strings.Contains(err.Error(), test.message) || strings.Contains(err.Error(), "\n") {
				t.Errorf("the message is %q", err)
			}
			if hint := dynomad.HintOf(err); !strings.Contains(hint, test.hint) {
				t.Errorf("the hint is %q", hint)
			}
		})
	}
}

func TestNomadAway(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	c := at(t, gone.URL)
	if _, err := c.Jobs(t.Context()); dynomad.KindOf(err) != dynomad.KindUnavailable || dynomad.HintOf(err) == "" {
		t.Errorf("jobs: %v", err)
	}
	err := c.Watch(t.Context(), func(string) { t.Error("something changed") })
	if dynomad.KindOf(err) != dynomad.KindUnavailable {
		t.Errorf("watch: %v", err)
	}
}

// TestWatchBrokenOff is a stream that stands, tells three things about two jobs, and ends.
func TestWatchBrokenOff(t *testing.T) {
	c := against(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("namespace") != "dynomad" || len(r.URL.Query()["topic"]) != 3 {
			t.Errorf("asked for %s", r.URL)
		}
		_, _ = io.WriteString(w, `{}
{"Index":7,"Events":[{"Topic":"Job","Key":"hello"},{"Topic":"Allocation","Key":"1f","FilterKeys":["world","d2"]}]}
{}
{"Index":8,"Events":[{"Topic":"Deployment","Key":"d1","FilterKeys":["hello"]}]}
`)
	})
	told := map[string]bool{}
	err := c.Watch(t.Context(), func(id string) { told[id] = true })
	if dynomad.KindOf(err) != dynomad.KindUnavailable {
		t.Errorf("watch ended with %v", err)
	}
	if !told[""] || !told["hello"] || !told["world"] || len(told) != 3 {
		t.Errorf("it told %v", told)
	}
}

// Nomad accepts a listener with a wrong token, and hangs up.
func TestWatchForbidden(t *testing.T) {
	c := against(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	err := c.Watch(t.Context(), func(string) { t.Error("something changed") })
	if dynomad.KindOf(err) != dynomad.KindForbidden || !strings.Contains(dynomad.HintOf(err), "read-job") {
		t.Errorf("watch ended with %v", err)
	}
}

func TestWatchCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := against(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "{}\n")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	if err := c.Watch(ctx, func(string) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("watch ended with %v", err)
	}
}
