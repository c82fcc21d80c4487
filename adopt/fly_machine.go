package adopt

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/source/tree"
)

func (f *flier) mounts(n tree.Node) {
	from, to := n.Get("source"), n.Get("destination")
	f.table("mounts", n, taken{"source": ignored, "destination": ignored, "processes": ignored}, map[string]string{
		"initial_size": "the operator decides how large a volume is",
	})
	if from.Text == "" || to.Text == "" {
		f.warn(n, "mounts without source and destination are not taken over", "write both")
		return
	}
	for _, p := range f.of(n) {
		f.mount(from, &p.Settings, dynomad.Volume{Name: from.Text, Type: new("host"), Destination: &to.Text})
	}
}

var flySize = regexp.MustCompile(`^(shared|performance)-cpu-([0-9]{1,2})x$|^(performance)-([0-9]{1,2})x$`)

// machine takes over what a [[vm]] has: Fly's performance CPUs are whole cores, its shared ones a sixteenth of one.
func (f *flier) machine(n tree.Node) {
	var cpus, memory *int
	kind := "shared"
	f.table("vm", n, taken{
		"processes": ignored, "memory": ignored, "memory_mb": ignored,
		"size": func(_, n tree.Node) {
			parts := flySize.FindStringSubmatch(n.Text)
			if parts == nil {
				f.warn(n, fmt.Sprintf("vm.size %q is not taken over", n.Text), "say size, or cpu and memory")
				return
			}
			kind = parts[1] + parts[3]
			count, _ := strconv.Atoi(parts[2] + parts[4])
			cpus, memory = &count, new(count*map[string]int{"shared": 256, "performance": 2048}[kind])
		},
		"cpus":     func(_, n tree.Node) { cpus = f.number(n, "vm.cpus", 1, 64) },
		"cpu_kind": func(_, n tree.Node) { kind = n.Text },
	}, map[string]string{
		"gpus": `nomad { task { resources { device "nvidia/gpu" {} } } }`, "gpu_kind": `nomad { task { resources { device "nvidia/gpu" {} } } }`,
	})
	for _, name := range []string{"memory", "memory_mb"} {
		if said := n.Get(name); said.Kind != tree.Absent {
			memory = f.memory(said, "vm."+name, 1<<20)
		}
	}
	for _, p := range f.of(n) {
		p.Settings.Memory = memory
		switch {
		case cpus == nil:
		case kind == "performance":
			p.Settings.Cores = cpus
		default:
			p.Settings.CPU = new(*cpus * mhz / 16)
		}
	}
}
