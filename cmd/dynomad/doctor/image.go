package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	nomad "github.com/hashicorp/nomad/api"
)

// fetching is how long a client gets to fetch the image: a few hundred megabytes.
const fetching = 2 * time.Minute

// stack looks whether dynos can run in their image.
func (n *nomadPatient) stack() []Finding {
	image := n.needs.image
	if image == "" {
		return []Finding{blocks("name one with --stack-image (DYNOMAD_STACK_IMAGE), or in docker.hcl of your templates",
			"no image is named for docker dynos to run in")}
	}
	if pinned(image) {
		return n.trial()
	}
	return append([]Finding{warns("name a version of it, or a digest",
		"the image %s may change: each client asks for it anew at every start, and two dynos of one release may differ", image)}, n.trial()...)
}

// pinned says whether an image has a tag that Nomad does not take for a moving one, or a digest.
func pinned(image string) bool {
	if strings.Contains(image, "@") {
		return true
	}
	_, tag, tagged := strings.Cut(image[strings.LastIndexByte(image, '/')+1:], ":")
	return tagged && tag != "latest"
}

// trial runs a container of the image on each client, as a dyno runs but for an instant.
func (n *nomadPatient) trial() []Finding {
	id := probe + "-image"
	task := nomad.NewTask("main", "docker").SetConfig("image", n.needs.image).
		SetConfig("command", "/bin/sh").SetConfig("args", []string{"-c", "true"}).SetConfig("cap_drop", n.needs.drop)
	task.User = n.needs.user
	task.Require(&nomad.Resources{CPU: new(20), MemoryMB: new(32)})
	group := nomad.NewTaskGroup("web", 1).AddTask(task)
	group.RestartPolicy = &nomad.RestartPolicy{Attempts: new(0), Mode: new("fail")}
	job := nomad.NewSysbatchJob(id, id, "global", 50).AddTaskGroup(group).AddDatacenter("*")
	registered, _, err := n.client.Jobs().Register(job, n.write())
	if err != nil {
		return []Finding{blocks("submit-job in the token's policy", "the image %s cannot be tried: %s", n.needs.image, words(err))}
	}
	defer n.forget(id)
	return n.tried(n.await(id, registered.EvalID))
}

// await returns the trial's containers once all have ended, or the time is up.
func (n *nomadPatient) await(id, evaluation string) []*nomad.AllocationListStub {
	ctx, cancel := context.WithTimeout(n.ctx, fetching)
	defer cancel()
	for {
		found, _, err := n.client.Jobs().Allocations(id, false, n.query())
		evaluated, _, evalErr := n.client.Evaluations().Info(evaluation, n.query())
		placed := evalErr == nil && evaluated.Status != "pending"
		if err == nil && placed && !slices.ContainsFunc(found, unfinished) {
			return found
		}
		select {
		case <-ctx.Done():
			return found
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func unfinished(a *nomad.AllocationListStub) bool {
	return a.ClientStatus == nomad.AllocClientStatusPending || a.ClientStatus == nomad.AllocClientStatusRunning
}

// tried tells what became of the trial, client by client. One that fails is only a warning, as long as another does not.
func (n *nomadPatient) tried(containers []*nomad.AllocationListStub) []Finding {
	image := n.needs.image
	var good []string
	var findings []Finding
	for _, c := range containers {
		switch {
		case c.ClientStatus == nomad.AllocClientStatusComplete:
			good = append(good, c.NodeName)
		case unfinished(c):
			findings = append(findings, warns("wait for it and ask again; `docker pull` there shows how far it is",
				"client %s: has not got the image %s within %s", c.NodeName, image, fetching))
		default:
			findings = append(findings, warns("make the image reachable from there, `docker login` included; it needs a /bin/sh",
				"client %s: no container of %s starts: %s", c.NodeName, image, reason(c)))
		}
	}
	slices.Sort(good)
	slices.SortFunc(findings, func(a, b Finding) int { return strings.Compare(a.Text, b.Text) })
	if len(good) == 0 {
		return append(findings, blocks("mend one of the clients above", "no client can run a container of %s", image))
	}
	return append(findings, fine("containers of %s start on %s", image, strings.Join(good, " and ")))
}

// reason is the last thing that the client says of why a container has not run.
func reason(c *nomad.AllocationListStub) string {
	why := c.ClientDescription
	for _, state := range c.TaskStates {
		for _, event := range state.Events {
			switch event.Type {
			case nomad.TaskDriverFailure, nomad.TaskSetupFailure:
				why = event.DisplayMessage
			case nomad.TaskTerminated:
				why = fmt.Sprintf("it ends with status %s", event.Details["exit_code"])
			}
		}
	}
	return why
}

// forget takes the trial's job away once its containers have ended: purged at once, one that is being started could stay.
func (n *nomadPatient) forget(id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(n.ctx), time.Minute)
	defer cancel()
	write := (&nomad.WriteOptions{Namespace: n.namespace}).WithContext(ctx)
	query := (&nomad.QueryOptions{Namespace: n.namespace}).WithContext(ctx)
	_, _, _ = n.client.Jobs().Deregister(id, false, write) // what fails here fails below as well
	for ctx.Err() == nil {
		left, _, err := n.client.Jobs().Allocations(id, false, query)
		if err == nil && !slices.ContainsFunc(left, unfinished) {
			break
		}
		time.Sleep(200 * time.Millisecond)
	}
	_, _, _ = n.client.Jobs().Deregister(id, true, write) // a dead job of no dynos is left at worst; the next doctor takes it
}
