package translator

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
)

// Unplaced is a process type of which dynos find no machine.
type Unplaced struct {
	Type    dynomad.ProcessType `json:"type"`
	Dynos   int                 `json:"dynos"`
	Reasons []string            `json:"reasons"`
	Need    Room                `json:"need"` // of one dyno
	Largest *Hole               `json:"largest,omitempty"`
}

// Room is room on a machine, or what a dyno wants of it.
type Room struct {
	CPU    int `json:"cpu"`    // MHz
	Memory int `json:"memory"` // MiB
	Cores  int `json:"cores"`  // whole ones, for a dyno alone
}

func (r Room) String() string {
	text := fmt.Sprintf("%d MHz and %d MiB", r.CPU, r.Memory)
	switch {
	case r.Cores == 1:
		return "1 core, " + text
	case r.Cores > 1:
		return fmt.Sprintf("%d cores, %s", r.Cores, text)
	}
	return text
}

// Hole is the room that is left on one machine.
type Hole struct {
	Node       string `json:"node"`
	Datacenter string `json:"datacenter"`
	Pool       string `json:"pool"`
	Free       Room   `json:"free"`
}

// unplaced says what keeps Nomad from placing dynos of a group, and how near the machine comes that comes nearest.
func unplaced(job *api.Job, group string, m *api.AllocationMetric, holes []Hole) Unplaced {
	u := Unplaced{Type: TypeOf(group), Dynos: 1 + m.CoalescedFailures, Reasons: reasons(job, group, m)}
	if g := groupOf(job, group); g != nil {
		u.Need = wants(g)
	}
	fits := func(h Hole) float64 {
		share := func(free, need int) float64 {
			if need <= 0 {
				return 1
			}
			return float64(free) / float64(need)
		}
		return min(share(h.Free.CPU, u.Need.CPU), share(h.Free.Memory, u.Need.Memory), share(h.Free.Cores, u.Need.Cores))
	}
	for _, h := range holes {
		if !eligible(job, h) {
			continue
		}
		if u.Largest == nil || fits(h) > fits(*u.Largest) {
			u.Largest = new(h)
		}
	}
	return u
}

// String is "2 dynos: not enough memory on 1 of 1 machine".
func (u Unplaced) String() string {
	dynos := "1 dyno"
	if u.Dynos > 1 {
		dynos = fmt.Sprintf("%d dynos", u.Dynos)
	}
	return dynos + ": " + strings.Join(u.Reasons, ", ")
}

// Measure says what a dyno wants and how much the machine has that comes nearest.
func (u Unplaced) Measure() string {
	text := "a dyno wants " + u.Need.String()
	if u.Largest == nil {
		return text + "; there is no machine that it may run on"
	}
	return fmt.Sprintf("%s; the largest hole is %s, on %s", text, u.Largest.Free, u.Largest.Node)
}

// eligible says whether a job may run on a machine as far as its datacenters and its node pool say.
func eligible(job *api.Job, h Hole) bool {
	if pool := cmp.Or(value(job.NodePool), "default"); pool != "all" && pool != h.Pool {
		return false
	}
	return len(job.Datacenters) == 0 || slices.ContainsFunc(job.Datacenters, func(pattern string) bool {
		return globbed(pattern, h.Datacenter)
	})
}

// globbed matches a name with a pattern in which * stands for any text.
func globbed(pattern, name string) bool {
	first, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == name
	}
	name, ok := strings.CutPrefix(name, first)
	for i := 0; ok && i <= len(name); i++ {
		if globbed(rest, name[i:]) {
			return true
		}
	}
	return false
}

// wants is what one dyno of a group wants, its sidecars included.
func wants(g *api.TaskGroup) Room {
	var r Room
	for _, t := range g.Tasks {
		if t.Resources == nil {
			continue
		}
		if cores := t.Resources.Cores; cores != nil && *cores > 0 {
			r.Cores += *cores
		} else if t.Resources.CPU != nil {
			r.CPU += *t.Resources.CPU
		}
		if t.Resources.MemoryMB != nil {
			r.Memory += *t.Resources.MemoryMB
		}
	}
	return r
}

// reasons says what stands against placing a group, each with the number of machines that it rules out.
func reasons(job *api.Job, group string, m *api.AllocationMetric) []string {
	ready := 0
	for _, n := range m.NodesAvailable {
		ready += n
	}
	if m.NodesEvaluated == 0 && ready == 0 {
		return []string{fmt.Sprintf("no machine is ready in %s", where(job))}
	}
	of := cmp.Or(m.NodesEvaluated, ready)
	on := func(n int) string { return fmt.Sprintf("on %d of %s", n, machines(of)) }
	var out []string
	for _, what := range slices.Sorted(maps.Keys(m.ConstraintFiltered)) {
		out = append(out, fmt.Sprintf("%s %s", filtered(job, group, what), on(m.ConstraintFiltered[what])))
	}
	for _, what := range slices.Sorted(maps.Keys(m.DimensionExhausted)) {
		out = append(out, fmt.Sprintf("%s %s", exhausted(what), on(m.DimensionExhausted[what])))
	}
	for _, what := range m.QuotaExhausted {
		out = append(out, "the quota of the namespace is used up: "+what)
	}
	if len(out) == 0 {
		out = append(out, fmt.Sprintf("none of %s can take it", machines(of)))
	}
	return out
}

func machines(n int) string {
	if n == 1 {
		return "1 machine"
	}
	return fmt.Sprintf("%d machines", n)
}

func where(job *api.Job) string {
	text := "the datacenters " + strings.Join(job.Datacenters, ", ")
	if job.NodePool != nil && *job.NodePool != "" && *job.NodePool != "default" {
		text += " and the node pool " + *job.NodePool
	}
	return text
}

// filtered is one of Nomad's reasons to pass over a machine, in words.
func filtered(job *api.Job, group, what string) string {
	switch {
	case what == "missing drivers":
		return "no driver " + strings.Join(driversOf(job, group), " or ")
	case strings.HasPrefix(what, "missing "):
		return "no " + strings.TrimPrefix(what, "missing ")
	case what == "computed class ineligible":
		return "this kind of machine is ruled out"
	}
	return "the constraint " + what + " is not met"
}

// exhausted is one of the things that Nomad found used up, in words.
func exhausted(what string) string {
	if port, ok := strings.CutPrefix(what, "network: reserved port collision "); ok {
		return "the port " + port + " is taken"
	}
	return "not enough " + strings.TrimPrefix(what, "network: ")
}

func driversOf(job *api.Job, group string) []string {
	var drivers []string
	if g := groupOf(job, group); g != nil {
		for _, t := range g.Tasks {
			drivers = append(drivers, t.Driver)
		}
	}
	slices.Sort(drivers)
	return slices.Compact(drivers)
}
