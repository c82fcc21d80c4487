package doctor

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	nomad "github.com/hashicorp/nomad/api"
)

func TestPinned(t *testing.T) {
	for image, want := range map[string]bool{
		"debian": false, "debian:latest": false, "debian:12": true, "registry:5000/debian": false, "registry:5000/debian:12": true,
		"debian@sha256:0123": true, "localhost/dynomad/stack:bookworm-1": true,
	} {
		if pinned(image) != want {
			t.Errorf("%s: %v", image, !want)
		}
	}
}

// TestTried reads what became of a container on each client.
func TestTried(t *testing.T) {
	ended := func(node, status, description string, events ...*nomad.TaskEvent) *nomad.AllocationListStub {
		return &nomad.AllocationListStub{
			NodeName: node, ClientStatus: status, ClientDescription: description,
			TaskStates: map[string]*nomad.TaskState{"main": {Events: events}},
		}
	}
	good := func(node string) *nomad.AllocationListStub { return ended(node, nomad.AllocClientStatusComplete, "") }
	pull := ended("a", nomad.AllocClientStatusFailed, "Failed tasks", &nomad.TaskEvent{Type: nomad.TaskReceived},
		&nomad.TaskEvent{Type: nomad.TaskDriverFailure, DisplayMessage: "Failed to pull `i:1`"}, &nomad.TaskEvent{Type: nomad.TaskNotRestarting})
	shell := ended("a", nomad.AllocClientStatusFailed, "Failed tasks",
		&nomad.TaskEvent{Type: nomad.TaskTerminated, Details: map[string]string{"exit_code": "127"}})
	for _, test := range []struct {
		what       string
		containers []*nomad.AllocationListStub
		want       []string
	}{
		{"all is well", []*nomad.AllocationListStub{good("b"), good("a")}, []string{"ok containers of i:1 start on a and b"}},
		{
			"one cannot fetch it",
			[]*nomad.AllocationListStub{good("b"), pull},
			[]string{"warn client a: no container of i:1 starts: Failed to pull `i:1`", "ok containers of i:1 start on b"},
		},
		{
			"no shell",
			[]*nomad.AllocationListStub{shell},
			[]string{"warn client a: no container of i:1 starts: it ends with status 127", "fail no client can run a container of i:1"},
		},
		{
			"a slow network",
			[]*nomad.AllocationListStub{ended("a", nomad.AllocClientStatusPending, "")},
			[]string{"warn client a: has not got the image i:1 within 2m0s", "fail no client can run a container of i:1"},
		},
		{"nothing is placed", nil, []string{"fail no client can run a container of i:1"}},
	} {
		t.Run(test.what, func(t *testing.T) {
			var got []string
			for _, f := range (&nomadPatient{needs: needs{image: "i:1"}}).tried(test.containers) {
				if f.State != Fine && f.Mend == "" {
					t.Errorf("no mend for %q", f.Text)
				}
				got = append(got, string(f.State)+" "+f.Text)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
