package platform

import (
	"context"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

// Cluster is all that the verbs ask of Nomad and Consul. Package cluster is the real one, cluster/clusterfake a small Nomad
// in memory; cluster/clustertest is the contract that both pass.
//
// Errors carry a Kind: Unavailable when Nomad cannot be reached, Conflict when somebody else wrote first, Invalid with
// Nomad's words when it refuses a job.
type Cluster interface {
	// Jobs tells every app's job by job id, with the cron jobs beside it, in one List call.
	Jobs(ctx context.Context) (map[string]translator.Job, error)
	// Job tells the job of one app, with the cron jobs beside it; a NotFound error where there is neither.
	Job(ctx context.Context, id string) (translator.Job, error)
	// Apply writes the bundle's variables, then registers the app's job, provided that it still has JobModifyIndex since
	// (0: that it does not exist), and after it the cron jobs. A Conflict says that it has another. Our HCL goes along as each
	// job's submission. An app's job that the bundle does not have is stopped; a cron job, with the run that may be going on, is
	// ended for good. One that takes long to end stands among the answer's Crons until another Apply finds it ended.
	Apply(ctx context.Context, b translator.Bundle, since uint64) (translator.Job, error)
	// Stop ends the job's dynos and keeps the job; stopping what is stopped or absent is no error. Its crons are ended for good.
	Stop(ctx context.Context, id string) (translator.Job, error)
	// Destroy stops the job and all beside it, waits for their dynos to end, purges them and deletes their variables. What is
	// gone already is no error.
	Destroy(ctx context.Context, id string) error
	// Dynos tells the job's dynos that run or should, plus for each name without one the last that ended; and of each cron the
	// runs that go on, and the last few that ended. Sorted by type, index, age.
	// Command and Size are left empty, for Nomad knows neither as the user wrote it; a start stands in History as "Starting
	// process", to which whoever knows the command adds it.
	Dynos(ctx context.Context, jobID string) ([]dynomad.Dyno, error)
	// Restart restarts the main tasks of these dynos in place, a few at a time.
	Restart(ctx context.Context, dynos []dynomad.Dyno) error
	// Deployment tells how the registration at exactly this JobModifyIndex went; a NotFound error where Nomad made no deployment of it.
	Deployment(ctx context.Context, jobID string, index uint64) (translator.Deployment, error)
	// Watch calls changed with the id of each job whose job, allocations or deployment changed, until ctx ends or the stream
	// breaks; with "" when changes may have been missed. Calls come one at a time.
	Watch(ctx context.Context, changed func(jobID string)) error
}
