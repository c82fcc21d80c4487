package translator

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dynomad/dynomad"
)

// What Nomad takes for a task at least.
const (
	minCPU    = 1  // MHz
	minMemory = 10 // MiB
)

// size is the formation's where ps:scale has named one, else the numbers where the manifest gives them, else its size.
func (r *resolver) size(p *process, s dynomad.Settings) Size {
	name := r.formation[p.Type].Size
	scaled := name != ""
	if !scaled {
		name = value(s.Size)
	}
	size, known := r.target.Sizes[strings.ToLower(name)]
	if !scaled {
		size = override(size, s)
	}
	if !known && (name != "" || size.CPU+size.Cores == 0 || size.Memory == 0) {
		at := []string{"size"}
		if scaled {
			at = nil // the manifest is not to blame
		}
		r.fail("the sizes here are "+strings.Join(slices.Sorted(maps.Keys(r.target.Sizes)), ", "),
			fmt.Sprintf("has the size %q, which this cluster does not know", name), at...)
		return Size{CPU: minCPU, Memory: minMemory} // one problem is enough
	}
	r.enough(size)
	if r.target.Driver == rawExec {
		if s.MemoryMax != nil && !scaled {
			r.fail("leave it out: there a process may use what it likes", "has memory_max, and the driver raw_exec limits no memory", "memory_max")
		}
		size.MemoryMax = 0 // a size of the table says it for every driver
	}
	return size
}

func override(size Size, s dynomad.Settings) Size {
	switch {
	case s.Cores != nil:
		size.Cores, size.CPU = *s.Cores, 0
	case s.CPU != nil:
		size.CPU, size.Cores = *s.CPU, 0
	}
	if s.Memory != nil {
		size.Memory = *s.Memory
	}
	if s.MemoryMax != nil {
		size.MemoryMax = *s.MemoryMax
	}
	return size
}

func (r *resolver) enough(size Size) {
	if size.Cores < 0 || size.Cores == 0 && size.CPU < minCPU {
		r.fail(fmt.Sprintf("give it at least cpu = %d, or cores = 1", minCPU), "has too little cpu to run", "cpu")
	}
	if size.Memory < minMemory {
		r.fail(fmt.Sprintf("give it at least memory = %d", minMemory), fmt.Sprintf("has memory = %d, too little to run", size.Memory), "memory")
	}
	if size.MemoryMax != 0 && size.MemoryMax < size.Memory {
		r.fail("memory is what it always has; memory_max what it may use beyond", fmt.Sprintf("has memory_max = %d, less than its memory of %d",
			size.MemoryMax, size.Memory), "memory_max")
	}
}
