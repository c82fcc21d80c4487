package cluster

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/nomad/api"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite what testdata/dyno wants")

// TestDyno reads allocations as text files tell them: what Nomad knows of one, the events of its main task with the seconds
// since its placement, and the dyno that we make of it.
func TestDyno(t *testing.T) {
	files, err := filepath.Glob("testdata/dyno/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := scene{stub: &api.AllocationListStub{
				ID: "1", Name: "hello.web[0]", NodeName: "client-1", TaskGroup: "web", CreateIndex: 100, CreateTime: placed.UnixNano(),
				ClientStatus: "running", DesiredStatus: "run",
			}}
			s.task = &api.TaskState{}
			s.stub.TaskStates = map[string]*api.TaskState{"v7": s.task, "agent": {State: "dead", Failed: true}}
			s.readFacts(t, string(archive.Files[0].Data))
			s.readEvents(t, string(archive.Files[1].Data))
			got := s.tell(t)
			if *update {
				archive.Files[2].Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(archive.Files[2].Data), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

var placed = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// scene is one allocation and what is around it.
type scene struct {
	stub  *api.AllocationListStub
	task  *api.TaskState
	trait trait
	judge judge
	cron  bool // it is the run of one
}

func after(t *testing.T, seconds string) time.Time {
	t.Helper()
	d, err := time.ParseDuration(seconds + "s")
	if err != nil {
		t.Fatal(err)
	}
	return placed.Add(d)
}

// readFacts reads lines such as "client failed", "healthy yes 3.5", "deployment running 100", "check tcp 15s" and
// "cron nightly".
func (s *scene) readFacts(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		words := append(strings.Fields(line), "", "")
		switch words[0] {
		case "client":
			s.stub.ClientStatus = words[1]
		case "desired":
			s.stub.DesiredStatus = words[1]
		case "healthy":
			healthy := words[1] == "yes"
			s.stub.DeploymentStatus = &api.AllocDeploymentStatus{Healthy: &healthy, Timestamp: after(t, words[2])}
		case "deployment":
			index, err := strconv.ParseUint(words[2], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			s.judge.deployment = &api.Deployment{
				Status: words[1], CreateIndex: index, TaskGroups: map[string]*api.DeploymentState{"web": {}},
			}
		case "modified":
			s.stub.ModifyTime = after(t, words[1]).UnixNano()
		case "cron":
			s.cron = true
			s.stub.JobID = "hello~cron-" + words[1] + "/periodic-1795462647"
			s.stub.Name, s.stub.TaskGroup = s.stub.JobID+".cron[0]", "cron"
		case "signal":
			s.trait.signal = words[1]
		case "check":
			s.trait.check = words[1]
			s.trait.deadline = after(t, words[2]).Sub(placed)
		default:
			t.Fatalf("unknown fact %q", line)
		}
	}
}

// readEvents reads lines such as "3.15 Terminated | Exit Code: 3 | exit_code=3".
func (s *scene) readEvents(t *testing.T, text string) {
	t.Helper()
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		parts := append(strings.Split(lines.Text(), " | "), "", "")
		at, kind, ok := strings.Cut(parts[0], " ")
		if !ok {
			t.Fatalf("not an event: %q", lines.Text())
		}
		details := map[string]string{}
		for _, pair := range strings.Fields(parts[2]) {
			name, value, _ := strings.Cut(pair, "=")
			details[name] = value
		}
		s.task.Events = append(s.task.Events, &api.TaskEvent{
			Type: kind, Time: after(t, at).UnixNano(), DisplayMessage: parts[1], Details: details,
		})
	}
}

// tell prints the dyno, after checking what holds for every one of them.
func (s *scene) tell(t *testing.T) string {
	t.Helper()
	v := s.judge.verdict(s.stub, s.trait)
	v.ends = s.cron
	d, ok := dynoOf(s.stub, v)
	if !ok {
		t.Fatal("this is no dyno")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s of %s is %s", d.Name(), d.Release, d.State)
	if d.Reason != "" {
		fmt.Fprintf(&b, ": %s", d.Reason)
	}
	b.WriteByte('\n')
	if d.ExitStatus != nil {
		fmt.Fprintf(&b, "last exit status %d\n", *d.ExitStatus)
	}
	for i, m := range d.History {
		if i > 0 && !m.Time.After(d.History[i-1].Time) {
			t.Errorf("%q is not younger than the moment before it", m.Text)
		}
		fmt.Fprintf(&b, "%9.6f %-8s %s\n", m.Time.Sub(placed).Seconds(), m.State, m.Text)
	}
	return b.String()
}
