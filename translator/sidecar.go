package translator

import (
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
)

const (
	agentName = "dynomad-agent"
	agentFile = localDir + agentName
)

// sidecar is the task beside the dyno that ships its log. Usually it starts after the dyno without holding it up; it is told
// to stop only after the dyno's end, so that it reads the last line.
//
// A task that fails for good would take the dyno with it: the restart mode "delay" never gives up, and its binary comes from
// the bucket, which needs no control plane.
func sidecar(p *process, s process) *api.Task {
	t := p.target
	out := &api.Task{
		Name:          SidecarTask,
		Driver:        t.Driver,
		Lifecycle:     &api.TaskLifecycle{Hook: api.TaskLifecycleHookPoststart, Sidecar: true},
		Env:           map[string]string{"DYNOMAD_LOGPLEX": t.Agent.Logplex},
		KillSignal:    s.Kill.Signal,
		KillTimeout:   new(s.Kill.Timeout),
		RestartPolicy: restartPolicy(s.Restart, "delay"),
		Resources:     resources(s.Size),
		LogConfig:     &api.LogConfig{MaxFiles: new(2), MaxFileSizeMB: new(1)}, // it says little
		Artifacts:     []*api.TaskArtifact{program(t)},
		Identities:    []*api.WorkloadIdentity{identity()},
	}
	if p.Sidecar == dynomad.SidecarPrestart {
		out.Lifecycle.Hook = api.TaskLifecycleHookPrestart
	}
	attend(p, out)
	return out
}

// program is the sidecar's binary. Nomad lets exec and raw_exec run what it has fetched; a container may not, unless an
// archive says so.
func program(t *Target) *api.TaskArtifact {
	if t.Driver == docker {
		return &api.TaskArtifact{
			GetterSource:  new(t.Agent.URL),
			GetterOptions: options("archive", "tar", t.Agent.SHA256),
			RelativeDest:  new(localDir),
		}
	}
	return &api.TaskArtifact{
		GetterSource:  new(t.Agent.URL),
		GetterOptions: options("archive", "false", t.Agent.SHA256),
		GetterMode:    new("file"),
		RelativeDest:  new(agentFile),
	}
}

// identityTTL is how long a stolen token would work; Nomad renews the file at half of it.
const identityTTL = time.Hour

// identity is https://developer.hashicorp.com/nomad/docs/job-specification/identity: the token by which logplex knows which
// dyno is speaking, written to secrets/nomad_logplex.jwt.
func identity() *api.WorkloadIdentity {
	return &api.WorkloadIdentity{
		Name:       "logplex",
		Audience:   []string{"dynomad"},
		File:       true,
		ChangeMode: noop,
		TTL:        identityTTL,
	}
}
