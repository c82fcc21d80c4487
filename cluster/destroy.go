package cluster

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

// How long a destroyed app's dynos get to end, and how often we look. The first covers the longest kill_timeout and drain
// that a manifest may reasonably ask for, and the half minute in which Nomad notices that a client is lost.
const (
	endTimeout = 5 * time.Minute
	endPoll    = 250 * time.Millisecond
)

// Destroy stops the job and all beside it, waits for their dynos to end, purges them and deletes their variables. What is
// gone already is no error. Dynos that do not end are a Conflict, and destroying again goes on where this ended.
//
// Nomad forgets a purged job at once, and with it the processes that still run: purged too early, one of them may live on for
// minutes with nobody to stop it. So the purge comes last.
func (c *Cluster) Destroy(ctx context.Context, id string) error {
	if _, err := c.stop(ctx, id); err != nil {
		return err
	}
	beside, err := c.waitForEnd(ctx, id)
	if err != nil {
		return err
	}
	if err := c.remove(ctx, beside); err != nil {
		return err
	}
	if err := c.deregister(ctx, id, true); err != nil {
		return err
	}
	c.forget(id)
	return c.deleteVariables(ctx, id)
}

// waitForEnd ends the jobs beside one that was told to end, and waits for them all.
func (c *Cluster) waitForEnd(ctx context.Context, id string) (beside []*api.JobListStub, err error) {
	deadline := time.Now().Add(endTimeout)
	for {
		told := false
		if app, ok := translator.AppOf(id); ok {
			if beside, err = c.family(ctx, app, translator.BesidePrefix(app)); err != nil {
				return nil, err
			}
			if told, err = c.endAll(ctx, beside); err != nil {
				return nil, err
			}
		}
		left, err := c.running(ctx, append(slices.Clone(beside), &api.JobListStub{ID: id, Stop: true}))
		switch {
		case err != nil:
			return nil, err
		case left == 0 && !told: // otherwise a cron may just have started one more
			return beside, nil
		case time.Now().After(deadline):
			return nil, dynomad.Errorf(dynomad.KindConflict, "%d dynos of %s have not ended after %s", left, id, endTimeout).
				WithHint("they have been told to; destroy the app again in a while")
		}
		if err := sleep(ctx, endPoll); err != nil {
			return nil, err
		}
	}
}

// runs says whether a client still has the allocation's processes, as far as Nomad knows. A lost client's are not waited
// for: whenever it comes back, it ends them.
func runs(stub *api.AllocationListStub) bool {
	return stub.ClientStatus == api.AllocClientStatusPending || stub.ClientStatus == api.AllocClientStatusRunning
}

func (c *Cluster) deleteVariables(ctx context.Context, id string) error {
	// The slash keeps app "foo" away from what belongs to "foobar".
	paths, err := c.variablePaths(ctx, "nomad/jobs/"+id+"/")
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := c.deleteVariable(ctx, path); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) variablePaths(ctx context.Context, prefix string) ([]string, error) {
	opts, cancel := c.read(ctx)
	defer cancel()
	found, _, err := c.nomad.Variables().PrefixList(prefix, opts)
	if err != nil {
		return nil, request{doing: "list the variables under " + prefix, needs: "list on variables nomad/jobs/*"}.failed(ctx, err)
	}
	var paths []string
	for _, v := range found {
		if strings.HasPrefix(v.Path, prefix) {
			paths = append(paths, v.Path)
		}
	}
	return paths, nil
}

func (c *Cluster) deleteVariable(ctx context.Context, path string) error {
	opts, cancel := c.write(ctx)
	defer cancel()
	if _, err := c.nomad.Variables().Delete(path, opts); err != nil {
		return request{doing: "delete the variable " + path, needs: "destroy on variables nomad/jobs/*"}.failed(ctx, err)
	}
	return nil
}
