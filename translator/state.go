package translator

import "github.com/dynomad/dynomad"

// This file holds what Nomad answers, in terms that the verbs understand: package cluster fills these values, package
// platform reads them, and neither knows the other.

// Job is an app's job as Nomad has it, with the cron jobs beside it.
type Job struct {
	ID      string
	Index   uint64 // JobModifyIndex: moves with every registration and stop, not with what its dynos do; 0: there is none
	Stopped bool
	Crons   map[string]uint64 // JobModifyIndex by job id, also of those that have been stopped and are not gone yet; nil: none
}

// DeploymentStatus is how far a deployment has come.
type DeploymentStatus string

// A deployment runs until it ends one of the three other ways.
const (
	DeploymentRunning    DeploymentStatus = "running"
	DeploymentSuccessful DeploymentStatus = "successful"
	DeploymentFailed     DeploymentStatus = "failed"
	DeploymentCancelled  DeploymentStatus = "cancelled"
)

// Deployment is how Nomad replaces the dynos of one registration by those of the next.
type Deployment struct {
	ID       string
	Status   DeploymentStatus
	Progress map[dynomad.ProcessType]Progress
	Reason   string // why it failed or cannot go on, in words: the first dyno's last error, or what could not be placed
}

// Progress counts the dynos of one process type in a deployment.
type Progress struct {
	Wanted, Placed, Healthy, Unhealthy int
}
