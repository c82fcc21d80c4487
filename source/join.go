package source

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator/procfile"
)

// join makes processes of what the files say of each type. A process that only the manifest knows is a problem, unless the
// manifest says what it runs: nobody would ever notice a setting of "wbe".
func join(entries []procfile.Entry, m dynomad.Manifest, app appJSON) ([]dynomad.Process, dynomad.Problems) {
	out := make([]dynomad.Process, 0, len(entries))
	var problems dynomad.Problems
	known := make(map[dynomad.ProcessType]bool, len(entries))
	add := func(t dynomad.ProcessType, command string) {
		known[t] = true
		out = append(out, dynomad.Process{Type: t, Command: command, Settings: m.Processes[t].Over(app.settings(t))})
	}
	for _, e := range entries {
		add(e.Type, e.Command)
	}
	for _, t := range slices.Sorted(maps.Keys(m.Processes)) {
		s := m.Processes[t]
		switch {
		case known[t]:
		case s.Command != nil:
			add(t, *s.Command)
		case s.Exec != nil:
			add(t, "")
		default:
			problems = append(problems, stranger(t, s, entries))
		}
	}
	if len(out) == 0 && problems == nil {
		problems = append(problems, dynomad.Problem{
			Message: "there is nothing to run: no file names a process and its command", Hint: "write a Procfile with a line such as: web: ./server",
		})
	}
	return out, problems
}

// stranger is the problem of a process type that the manifest speaks of, and nothing says what it runs.
func stranger(t dynomad.ProcessType, s dynomad.Settings, entries []procfile.Entry) dynomad.Problem {
	kind := "process"
	if s.Schedule != nil {
		kind = "cron"
	}
	p := dynomad.Problem{
		File: Manifest, Setting: []string{kind, string(t)},
		Message: fmt.Sprintf("%s %q is not in the Procfile and has no command", kind, string(t)),
		Hint:    "the Procfile has " + typesOf(entries) + "; correct the name or give it a command",
	}
	if len(entries) == 0 {
		p.Message = fmt.Sprintf("%s %q has no command", kind, string(t))
		p.Hint = "give it a command"
	}
	if s.Image != nil {
		p.Hint += "; `exec = []` runs what the image runs by itself"
	}
	return p
}

// typesOf names process types for people, and no more of them than they would read.
func typesOf(entries []procfile.Entry) string {
	const most = 10
	var names []string
	for i, e := range entries {
		if i == most {
			names = append(names, fmt.Sprintf("%d more", len(entries)-most))
			break
		}
		names = append(names, string(e.Type))
	}
	return strings.Join(names, ", ")
}
