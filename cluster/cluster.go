// Package cluster is everything that Dynomad says to Nomad. It fills the interface that package platform calls, in the
// platform's words: a job, a dyno, a deployment. Nomad's words (allocation, evaluation, task event) stay in here.
//
//	apply.go       variables, then the job, if nobody wrote in between
//	job.go         which jobs there are; stop
//	cron.go        the cron jobs beside an app's own, and their runs
//	destroy.go     stop, wait for the last process, purge, delete the variables
//	dyno.go        allocations as dynos: state.go decides what a dyno is, history.go how it came to that, and trait.go
//	               keeps what it stays for life
//	deployment.go  how a registration went, and reason.go why it went wrong
//	restart.go     processes again, in place, never all at once
//	watch.go       the event stream
//	failure.go     Nomad's errors as ours
//
// Nomad answers most questions with more than was asked and some with less. What we hold on to:
//
// A registration is named by its JobModifyIndex. It moves with every registration and stop and with nothing else, so it
// tells a writer whether somebody else wrote in between, and it tells the deployment of this registration from any other
// (Nomad calls it JobSpecModifyIndex there). How a registration went is never read from the latest deployment: a revert
// makes a second one. A deployment that has ended and has no running dynos may be forgotten within minutes.
//
// Registering a job that has not changed does nothing, and answers with an index that is not the job's. Apply then tells
// the job as it is.
//
// A dyno's state is read from its allocation alone. Nomad does not say when a check first passed, only whether the
// allocation became healthy in its deployment; outside a deployment, a process that runs is up.
//
// Every request is bounded by callTimeout. Nothing is remembered but what a dyno keeps for life (trait.go). What the token
// must be allowed stands in templates/services/nomad. Consul is not spoken to: Nomad's clients register the services there
// and the router reads them.
package cluster

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/hashicorp/nomad/api"
)

// callTimeout bounds one request to Nomad, so that a server that hangs is an error and not a silence.
const callTimeout = 30 * time.Second

// Config is what an adapter needs.
type Config struct {
	Nomad     *api.Client
	Namespace string // where Dynomad's jobs live; "": the client's own
	Log       *slog.Logger
}

// Cluster is the real cluster. It is safe for concurrent use.
type Cluster struct {
	nomad     *api.Client
	namespace string
	log       *slog.Logger

	mu    sync.Mutex
	known map[string]map[string]trait // by job and allocation
}

// New makes an adapter. It says nothing to Nomad yet.
func New(c Config) *Cluster {
	return &Cluster{nomad: c.Nomad, namespace: c.Namespace, log: c.Log, known: map[string]map[string]trait{}}
}

// read gives the options of one request that reads, and what ends its time.
func (c *Cluster) read(ctx context.Context) (*api.QueryOptions, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	return (&api.QueryOptions{Namespace: c.namespace}).WithContext(ctx), cancel
}

// write gives the options of one request that writes, and what ends its time.
func (c *Cluster) write(ctx context.Context) (*api.WriteOptions, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	return (&api.WriteOptions{Namespace: c.namespace}).WithContext(ctx), cancel
}
