package cluster_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

// registrar is a Nomad that has the job hello at index 7 and notes what is written.
type registrar struct {
	t         *testing.T
	variables map[string]string // path to what it holds, as JSON
	written   []string
	job       api.JobRegisterRequest
	answer    uint64 // to a registration
}

func (n *registrar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, isVariable := strings.CutPrefix(r.URL.Path, "/v1/var/")
	switch {
	case isVariable && r.Method == http.MethodGet && n.variables[path] == "":
		http.Error(w, "variable not found", http.StatusNotFound)
	case isVariable && r.Method == http.MethodGet:
		_, _ = io.WriteString(w, n.variables[path])
	case isVariable:
		n.written = append(n.written, path)
		_, _ = io.Copy(w, r.Body)
	case r.URL.Path == "/v1/jobs" && r.Method == http.MethodGet:
		_, _ = io.WriteString(w, `[]`)
	case r.URL.Path == "/v1/jobs":
		n.written = append(n.written, "the job")
		if err := json.NewDecoder(r.Body).Decode(&n.job); err != nil {
			n.t.Error(err)
		}
		_ = json.NewEncoder(w).Encode(api.JobRegisterResponse{JobModifyIndex: n.answer})
	case r.URL.Path == "/v1/job/hello":
		_, _ = io.WriteString(w, `{"ID": "hello", "JobModifyIndex": 7, "Stop": false}`)
	default:
		n.t.Errorf("asked for %s %s", r.Method, r.URL)
	}
}

func hello() translator.Bundle {
	return translator.Bundle{
		Jobs: []*api.Job{{ID: new("hello"), Name: new("hello"), TaskGroups: []*api.TaskGroup{{Name: new("web")}}}},
		Variables: []translator.Variable{
			{Path: "nomad/jobs/hello/web/v1", Items: map[string]string{"A": "1"}},
			{Path: "nomad/jobs/hello/worker/v1", Items: map[string]string{"A": "1"}},
		},
	}
}

// What is there already is not written again; the job comes last, with its index and its text.
func TestApplyWritesWhatIsMissing(t *testing.T) {
	n := &registrar{t: t, answer: 9, variables: map[string]string{
		"nomad/jobs/hello/web/v1": `{"Path": "nomad/jobs/hello/web/v1", "Items": {"A": "1"}}`,
	}}
	job, err := against(t, n.ServeHTTP).Apply(t.Context(), hello(), 7)
	// The job is told at 7 still, as after a registration that changed nothing: then its own index counts, not the answer's.
	if err != nil || job.Index != 7 {
		t.Errorf("apply: %+v, %v", job, err)
	}
	if diff := cmp.Diff([]string{"nomad/jobs/hello/worker/v1", "the job"}, n.written); diff != "" {
		t.Error(diff)
	}
	if !n.job.EnforceIndex || n.job.JobModifyIndex != 7 || n.job.PreserveCounts || *n.job.Job.Namespace != "dynomad" {
		t.Errorf("registered with %+v", n.job)
	}
	if s := n.job.Submission; s == nil || s.Format != "hcl2" || !strings.Contains(s.Source, `job "hello"`) {
		t.Errorf("the submission is %+v", s)
	}
}

// The job of that name may be somebody else's: its variables are left alone.
func TestApplyLeavesOthersAlone(t *testing.T) {
	n := &registrar{t: t}
	_, err := against(t, n.ServeHTTP).Apply(t.Context(), hello(), 0)
	if dynomad.KindOf(err) != dynomad.KindConflict || len(n.written) > 0 {
		t.Errorf("apply: %v, after writing %v", err, n.written)
	}
}
