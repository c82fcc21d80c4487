package hcl

import (
	"maps"
	"slices"
	"strings"
)

// Becomes tells which settings of a process become a field of Nomad's job, by the field's path in HCL's names:
// "task.kill_timeout" is kill_timeout, "service.check.interval" check.interval. There may be several, or none.
func Becomes() map[string][][]string {
	out := map[string][][]string{}
	table := documentation()
	for _, path := range slices.Sorted(maps.Keys(table)) {
		setting, ok := strings.CutPrefix(path, "process.")
		if !ok || table[path].nomad == "" || setting == "nomad" {
			continue
		}
		for field := range strings.SplitSeq(table[path].nomad, ", ") {
			out[field] = append(out[field], strings.Split(setting, "."))
		}
	}
	return out
}
