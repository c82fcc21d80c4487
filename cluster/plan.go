package cluster

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad/translator"
)

// Plan asks what would happen if a job were registered. Nothing is changed.
func (c *Cluster) Plan(ctx context.Context, job *api.Job) (*api.JobPlanResponse, error) {
	opts, cancel := c.write(ctx)
	defer cancel()
	asked := *job
	if c.namespace != "" {
		asked.Namespace = &c.namespace
	}
	answer, _, err := c.nomad.Jobs().Plan(&asked, true, opts)
	if err != nil {
		return nil, request{doing: "plan the job " + *job.ID, needs: "submit-job"}.failed(ctx, err)
	}
	return answer, nil
}

// Running is a job as Nomad has it, stopped or not; a NotFound error where there is none.
func (c *Cluster) Running(ctx context.Context, id string) (*api.Job, error) {
	opts, cancel := c.read(ctx)
	defer cancel()
	job, _, err := c.nomad.Jobs().Info(id, opts)
	if err != nil {
		return nil, request{doing: "read the job " + id, needs: "read-job"}.failed(ctx, err)
	}
	return job, nil
}

// Values are the items of a variable, nil where there is none.
func (c *Cluster) Values(ctx context.Context, path string) (map[string]string, error) {
	opts, cancel := c.read(ctx)
	defer cancel()
	items, _, err := c.nomad.Variables().GetVariableItems(path, opts)
	if errors.Is(err, api.ErrVariablePathNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, request{doing: "read the variable " + path, needs: "read on variables nomad/jobs/*"}.failed(ctx, err)
	}
	return items, nil
}

// Beside tells the ids of the jobs that begin with a prefix and have not been stopped, sorted; not those that Nomad makes of
// a cron each time it is due.
func (c *Cluster) Beside(ctx context.Context, prefix string) ([]string, error) {
	opts, cancel := c.read(ctx)
	defer cancel()
	opts.Prefix = prefix
	stubs, _, err := c.nomad.Jobs().List(opts)
	if err != nil {
		return nil, request{doing: "list the jobs", needs: "list-jobs"}.failed(ctx, err)
	}
	var ids []string
	for _, stub := range stubs {
		if stub.ParentID == "" && !stub.Stop {
			ids = append(ids, stub.ID)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// Holes tells the room that is left on each machine that takes dynos, by name: what it has, less what is reserved for the
// system, less what runs on it. Of what runs it counts what the token may see.
func (c *Cluster) Holes(ctx context.Context) ([]translator.Hole, error) {
	opts, cancel := c.read(ctx)
	defer cancel()
	opts.Params = map[string]string{"resources": "true"}
	nodes, _, err := c.nomad.Nodes().List(opts)
	if err != nil {
		return nil, request{doing: "list the machines", needs: `node { policy = "read" }`}.failed(ctx, err)
	}
	used, err := c.used(ctx)
	if err != nil {
		return nil, err
	}
	var holes []translator.Hole
	for _, n := range nodes {
		if n.Status != api.NodeStatusReady || n.SchedulingEligibility != api.NodeSchedulingEligible || n.Drain || n.NodeResources == nil {
			continue
		}
		free := translator.Room{
			CPU:    int(n.NodeResources.Cpu.CpuShares) - used[n.ID].CPU,
			Memory: int(n.NodeResources.Memory.MemoryMB) - used[n.ID].Memory,
			Cores:  len(n.NodeResources.Cpu.ReservableCpuCores) - used[n.ID].Cores,
		}
		if reserved := n.ReservedResources; reserved != nil {
			free.CPU -= int(reserved.Cpu.CpuShares)
			free.Memory -= int(reserved.Memory.MemoryMB)
		}
		holes = append(holes, translator.Hole{Node: n.Name, Datacenter: n.Datacenter, Pool: n.NodePool, Free: free})
	}
	slices.SortFunc(holes, func(a, b translator.Hole) int { return cmp.Compare(a.Node, b.Node) })
	return holes, nil
}

// allocated is what an allocation has been given. Nomad's own type of it has no cores.
type allocated struct {
	NodeID             string
	AllocatedResources struct {
		Tasks map[string]struct {
			CPU struct {
				Shares int   `json:"CpuShares"`
				Cores  []int `json:"ReservedCores"`
			} `json:"Cpu"`
			Memory struct{ MemoryMB int }
		}
	}
}

// used is how much of each machine, by its id, is taken by what has not ended.
func (c *Cluster) used(ctx context.Context) (map[string]translator.Room, error) {
	opts, cancel := c.read(ctx)
	defer cancel()
	opts.Namespace = api.AllNamespacesNamespace
	opts.Filter = `ClientStatus == "running" or ClientStatus == "pending"`
	opts.Params = map[string]string{"resources": "true", "task_states": "false"}
	var allocs []allocated
	if _, err := c.nomad.Raw().Query("/v1/allocations", &allocs, opts); err != nil {
		return nil, request{doing: "list what runs", needs: "read-job"}.failed(ctx, err)
	}
	used := map[string]translator.Room{}
	for _, a := range allocs {
		room := used[a.NodeID]
		for _, task := range a.AllocatedResources.Tasks {
			room.CPU += task.CPU.Shares
			room.Cores += len(task.CPU.Cores)
			room.Memory += task.Memory.MemoryMB
		}
		used[a.NodeID] = room
	}
	return used, nil
}
