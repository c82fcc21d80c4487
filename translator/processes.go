package translator

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator/procfile"
)

// Processes joins what a source says in its Procfile and in its dynomad.hcl. A process that only the manifest knows is a
// problem, unless the manifest gives it a command: nobody would ever notice a setting of "wbe".
func Processes(entries []procfile.Entry, m dynomad.Manifest) ([]dynomad.Process, dynomad.Problems) {
	var out []dynomad.Process
	var problems dynomad.Problems
	known := map[dynomad.ProcessType]bool{}
	for _, e := range entries {
		known[e.Type] = true
		out = append(out, dynomad.Process{Type: e.Type, Command: e.Command, Settings: m.Processes[e.Type]})
	}
	for _, t := range slices.Sorted(maps.Keys(m.Processes)) {
		s := m.Processes[t]
		switch {
		case known[t]:
		case s.Command != nil:
			out = append(out, dynomad.Process{Type: t, Command: *s.Command, Settings: s})
		default:
			problems = append(problems, dynomad.Problem{
				File:    "dynomad.hcl",
				Message: fmt.Sprintf("process %q is not in the Procfile and has no command", string(t)),
				Hint:    "the Procfile has " + typesOf(entries) + "; correct the name or give it a command",
			})
		}
	}
	return out, problems
}

func typesOf(entries []procfile.Entry) string {
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = string(e.Type)
	}
	return strings.Join(names, ", ")
}
