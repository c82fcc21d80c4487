package agent

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
)

// Config says what to ship, from where and to whom.
type Config struct {
	Logplex string // base URL of Logplex's door, without a slash at its end
	Alloc   string // the allocation's id
	Group   string // its group
	Index   int    // its index in the group, from 0
	Task    string // the agent's own task, whose output is not shipped
	Logs    string // the directory of the log files
	Token   string // the file that holds the workload identity; read for each request, because Nomad renews it
	State   string // the checkpoint file
}

// FromEnv reads the environment that Nomad gives a task, and DYNOMAD_LOGPLEX. All that is missing is told at once.
func FromEnv(getenv func(string) string) (Config, error) {
	var problems []error
	need := func(name string) string {
		value := getenv(name)
		if value == "" {
			problems = append(problems, fmt.Errorf("%s is not set", name))
		}
		return value
	}
	c := Config{
		Logplex: strings.TrimRight(need("DYNOMAD_LOGPLEX"), "/"),
		Alloc:   need("NOMAD_ALLOC_ID"),
		Group:   need("NOMAD_GROUP_NAME"),
		Task:    need("NOMAD_TASK_NAME"),
		Logs:    filepath.Join(need("NOMAD_ALLOC_DIR"), "logs"),
		Token:   filepath.Join(need("NOMAD_SECRETS_DIR"), "nomad_logplex.jwt"),
		State:   filepath.Join(need("NOMAD_TASK_DIR"), "positions"),
	}
	var err error
	if c.Index, err = strconv.Atoi(need("NOMAD_ALLOC_INDEX")); err != nil || c.Index < 0 {
		problems = append(problems, errors.New("NOMAD_ALLOC_INDEX is not a number from 0"))
	}
	if u, err := url.Parse(c.Logplex); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		problems = append(problems, fmt.Errorf("DYNOMAD_LOGPLEX %q is not an http or https URL", c.Logplex))
	}
	return c, errors.Join(problems...)
}
