//go:build e2e

package translator_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad/hcl"
)

// TestNomadAgrees asks the real Nomad about the job of every file in testdata: it accepts the job, and it reads our text of
// the job as the same job.
func TestNomadAgrees(t *testing.T) {
	client := nomad(t)
	for name, job := range goldenJobs(t) {
		t.Run(name, func(t *testing.T) {
			text := string(hcl.FormatJob(job))
			parsed, err := client.Jobs().ParseHCL(text, true)
			if err != nil {
				t.Fatalf("Nomad cannot read our text: %v\n%s", err, text)
			}
			ours := *job
			ours.Canonicalize()
			parsed.Canonicalize()
			if diff := cmp.Diff(roundTrip(t, &ours), roundTrip(t, parsed)); diff != "" {
				t.Errorf("Nomad reads our text as another job (-ours +theirs):\n%s", diff)
			}
			answer, _, err := client.Jobs().Validate(&ours, nil)
			if err != nil {
				t.Fatalf("Nomad refuses the job: %v", err)
			}
			if answer.Error != "" || answer.Warnings != "" {
				t.Errorf("Nomad has something against the job: %s%s", answer.Error, answer.Warnings)
			}
		})
	}
}

// roundTrip is a job as it arrives over the network: there is no difference between nothing and an empty list, nor
// between kinds of numbers.
func roundTrip(t *testing.T, job *api.Job) any {
	t.Helper()
	text, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return bare(out)
}

// bare leaves out what is empty.
func bare(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, value := range v {
			if value = bare(value); value != nil {
				out[name] = value
			}
		}
		if len(out) > 0 {
			return out
		}
		return nil
	case []any:
		var out []any
		for _, value := range v {
			out = append(out, bare(value))
		}
		if len(out) > 0 {
			return out
		}
		return nil
	}
	return v
}
