package cluster_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

// The answers are Nomad 1.11.3's, shortened.
func TestHoles(t *testing.T) {
	nomad := against(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/v1/nodes" && r.URL.Query().Get("resources") == "true":
			_, _ = w.Write([]byte(`[
				{"ID": "2", "Name": "two", "Datacenter": "dc1", "NodePool": "default", "Status": "ready", "SchedulingEligibility": "eligible",
				 "NodeResources": {"Cpu": {"CpuShares": 5192, "TotalCpuCores": 2, "ReservableCpuCores": [0, 1]}, "Memory": {"MemoryMB": 24105}},
				 "ReservedResources": {"Cpu": {"CpuShares": 100}, "Memory": {"MemoryMB": 500}}},
				{"ID": "1", "Name": "one", "Datacenter": "dc2", "NodePool": "gpu", "Status": "ready", "SchedulingEligibility": "eligible",
				 "NodeResources": {"Cpu": {"CpuShares": 1000}, "Memory": {"MemoryMB": 1000}}},
				{"ID": "3", "Name": "down", "Status": "down", "SchedulingEligibility": "eligible", "NodeResources": {}},
				{"ID": "4", "Name": "drained", "Status": "ready", "SchedulingEligibility": "ineligible", "Drain": true, "NodeResources": {}}]`))
		case r.URL.Path == "/v1/allocations" && r.URL.Query().Get("namespace") == "*" && strings.Contains(r.URL.Query().Get("filter"), "running"):
			_, _ = w.Write([]byte(`[
				{"NodeID": "2", "AllocatedResources": {"Tasks": {"v1": {"Cpu": {"CpuShares": 2596, "ReservedCores": [1]}, "Memory": {"MemoryMB": 64}},
				                                               "agent": {"Cpu": {"CpuShares": 20, "ReservedCores": null}, "Memory": {"MemoryMB": 32}}}}},
				{"NodeID": "2", "AllocatedResources": {"Tasks": {"v1": {"Cpu": {"CpuShares": 10}, "Memory": {"MemoryMB": 10}}}}}]`))
		default:
			t.Errorf("asked for %s", r.URL)
		}
	})
	got, err := nomad.Holes(context.Background())
	want := []translator.Hole{
		{Node: "one", Datacenter: "dc2", Pool: "gpu", Free: translator.Room{CPU: 1000, Memory: 1000}},
		{Node: "two", Datacenter: "dc1", Pool: "default", Free: translator.Room{CPU: 2466, Memory: 23499, Cores: 1}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestPlanFailures(t *testing.T) {
	nomad := against(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "Permission denied", http.StatusForbidden) })
	ctx, job := context.Background(), &api.Job{ID: new("hello")}
	_, planned := nomad.Plan(ctx, job)
	_, running := nomad.Running(ctx, "hello")
	_, beside := nomad.Beside(ctx, "hello~")
	_, holes := nomad.Holes(ctx)
	_, values := nomad.Values(ctx, "nomad/jobs/hello/web/v1")
	for needs, err := range map[string]error{
		"submit-job": planned, "read-job": running, "list-jobs": beside, "node": holes, "variables": values,
	} {
		if dynomad.KindOf(err) != dynomad.KindForbidden || !strings.Contains(dynomad.HintOf(err), needs) {
			t.Errorf("without %s: %v (%s)", needs, err, dynomad.HintOf(err))
		}
	}
	if job.Namespace != nil {
		t.Error("the job was changed")
	}
}
