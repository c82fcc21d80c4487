package clusterfake

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad/translator"
)

// program is what a command would do if it ran.
type program struct {
	exits  bool
	status int
	deaf   bool // it should listen and never does
}

var exits = regexp.MustCompile(`\bexit (\d+)`)

func programOf(group *api.TaskGroup) program {
	task := mainTask(group)
	if task == nil {
		return program{}
	}
	command := translator.CommandOf(task)
	if found := exits.FindStringSubmatch(command); found != nil {
		status, err := strconv.Atoi(found[1])
		return program{exits: err == nil, status: status}
	}
	return program{deaf: len(group.Services) > 0 && !strings.Contains(command, "PORT")}
}

// mainTask is the one without a lifecycle of its own.
func mainTask(group *api.TaskGroup) *api.Task {
	for _, task := range group.Tasks {
		if task.Lifecycle == nil {
			return task
		}
	}
	return nil
}

func memory(group *api.TaskGroup) int {
	task := mainTask(group)
	if task == nil || task.Resources == nil || task.Resources.MemoryMB == nil {
		return 0
	}
	return *task.Resources.MemoryMB
}

// imprint is everything that a dyno cannot keep running without: when it changes, Nomad replaces the dyno, and where only
// the rest changes (count, services, update, restart) the dyno runs on under the new version.
func imprint(spec *api.Job, group *api.TaskGroup) string {
	return string(text([]any{spec.Meta, group.Meta, group.Tasks, group.Networks, group.EphemeralDisk}))
}
