//go:build e2e

package translator_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/nomad/api"
	"pgregory.net/rapid"

	"github.com/dynomad/dynomad/hcl"
	"github.com/dynomad/dynomad/translator"
)

// TestNomadAgrees asks the real Nomad about the jobs of every file in testdata, and about a hundred drawn ones: it accepts
// them, and it reads our text of a job as the same job.
func TestNomadAgrees(t *testing.T) {
	client := nomad(t)
	for name, job := range goldenJobs(t) {
		t.Run(name, func(t *testing.T) { agrees(t, client, job) })
	}
	drawn := rapid.Custom(func(t *rapid.T) translator.Bundle {
		bp, to := anyTranslation(t)
		bundle, problems := translator.Translate(bp, to)
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		return bundle
	})
	for i := range 100 {
		for _, job := range drawn.Example(i).Jobs {
			t.Run(fmt.Sprintf("drawn/%d", i), func(t *testing.T) { agrees(t, client, job) })
		}
	}
}

func agrees(t *testing.T, client *api.Client, job *api.Job) {
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
	ours.Namespace = new("default") // where every driver may be named
	answer, _, err := client.Jobs().Validate(&ours, &api.WriteOptions{Namespace: "default"})
	if err != nil {
		t.Fatalf("Nomad refuses the job: %v", err)
	}
	if answer.Error != "" || warnings(answer.Warnings) > 0 {
		t.Errorf("Nomad has something against the job: %s%s", answer.Error, answer.Warnings)
	}
}

// warnings counts those that are not about the cluster: whether memory_max counts is for its operator to say.
func warnings(text string) int {
	return strings.Count(text, "* ") - strings.Count(text, "* Memory oversubscription is not enabled")
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
