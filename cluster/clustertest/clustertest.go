// Package clustertest is the contract between the platform and any cluster: what package cluster does with a real Nomad and
// what clusterfake does in memory. Both pass the same tests, so that a test of the verbs against the fake says something
// about the real thing.
//
// Every test makes its jobs as the platform does, by translator.Translate from a Blueprint, and then asks questions until the
// answer is the expected one or Patience is over. The commands are real: on a real Nomad they run in a shell, and the
// fake knows what they would do.
package clustertest

import (
	"context"
	"testing"
	"time"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

// Cluster is platform.Cluster, said once more because this room may not know the platform's.
type Cluster interface {
	Jobs(ctx context.Context) (map[string]translator.Job, error)
	Job(ctx context.Context, id string) (translator.Job, error)
	Apply(ctx context.Context, b translator.Bundle, since uint64) (translator.Job, error)
	Stop(ctx context.Context, id string) (translator.Job, error)
	Destroy(ctx context.Context, id string) error
	Dynos(ctx context.Context, jobID string) ([]dynomad.Dyno, error)
	Restart(ctx context.Context, dynos []dynomad.Dyno) error
	Deployment(ctx context.Context, jobID string, index uint64) (translator.Deployment, error)
	Watch(ctx context.Context, changed func(jobID string)) error
}

// Subject is a cluster under test.
type Subject struct {
	Cluster   Cluster
	Variables func(t *testing.T) []string      // the paths of all its variables
	Fire      func(t *testing.T, jobID string) // starts a run of a cron job before its time
	Driver    string                           // that its clients have: "raw_exec"
	Namespace string                           // where its jobs live, or ""
	Prefix    string                           // of app names, so that several runs on one cluster do not meet
	Patience  time.Duration                    // how long anything may take
}

// Run tests the contract. fresh gives the cluster for one test; it may be the same one every time.
func Run(t *testing.T, fresh func(t *testing.T) Subject) {
	for _, test := range []struct {
		name string
		run  func(*room)
	}{
		{"a job that is not there", absent},
		{"a first registration", first},
		{"variables are written before the job", variables},
		{"a writer that comes late is refused", conflict},
		{"the same job again changes nothing", unchanged},
		{"a scale leaves other dynos alone", scale},
		{"a release replaces dynos", release},
		{"a release that crashes is reverted", revert},
		{"a web process that never listens is reverted", deaf},
		{"a first release that crashes has nothing to go back to", firstFails},
		{"a dyno that fits nowhere", unfit},
		{"no dynos, no deployment", zero},
		{"a crashed dyno tells how it ended", crash},
		{"stop and start", stop},
		{"destroy leaves nothing", destroy},
		{"a restart keeps the dyno", restart},
		{"a cron runs when it is due", cron},
		{"a cron tells how it ended", cronEnds},
		{"a cron that a release no longer has", cronGone},
		{"an app of nothing but crons", cronOnly},
		{"stop and destroy end crons, too", cronDestroyed},
		{"watch hears of changes", watch},
		{"a caller that gave up", cancelled},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(enter(t, fresh(t)))
		})
	}
}
