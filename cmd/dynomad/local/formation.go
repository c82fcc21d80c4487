package local

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/dynomad/dynomad"
)

// formation is which processes run how often.
type formation struct {
	processes []dynomad.Process // all, in the order of the Procfile, which decides their ports
	count     map[dynomad.ProcessType]int
	remarks   []string // what will not be as on the cluster
}

// choose decides what runs: the named types, or else all that have dynos on the cluster; one of each, unless a change such
// as "web=2" or "all=0" says otherwise.
func choose(processes []dynomad.Process, types, changes []string) (formation, error) {
	f := formation{processes: processes, count: map[dynomad.ProcessType]int{}}
	if err := f.known(types); err != nil {
		return f, err
	}
	numbers, err := f.numbers(changes)
	if err != nil {
		return f, err
	}
	for _, p := range processes {
		named := slices.Contains(types, string(p.Type))
		if len(types) > 0 && !named {
			continue
		}
		n, said := numbers[string(p.Type)]
		if !said && (named || p.Scaled()) {
			n = 1
			if all, said := numbers["all"]; said && !named {
				n = all
			}
		}
		f.add(p, n)
	}
	for _, n := range f.count {
		if n > 0 {
			return f, nil
		}
	}
	for _, remark := range f.remarks { // they would have been printed later, and explain it
		return f, dynomad.Errorf(dynomad.KindInvalid, "there is nothing to run: %s", remark)
	}
	return f, nothing()
}

// add takes n of a process, if it can run here at all.
func (f *formation) add(p dynomad.Process, n int) {
	switch image := p.Settings.Image; {
	case n == 0:
		return
	case image != nil && len(arguments(p)) == 0:
		f.remarks = append(f.remarks, fmt.Sprintf("%s is left out: it has no command, it is what the image %s runs", p.Type, *image))
		return
	case image != nil:
		f.remarks = append(f.remarks, fmt.Sprintf("%s runs on the cluster in the image %s, here without it", p.Type, *image))
	}
	f.count[p.Type] = n
}

// known finds types that there are not.
func (f *formation) known(types []string) error {
	names := make([]string, len(f.processes))
	for i, p := range f.processes {
		names[i] = string(p.Type)
	}
	for _, t := range types {
		if !slices.Contains(names, t) {
			return dynomad.Errorf(dynomad.KindInvalid, "there is no process type %q", t).
				WithHint("there are %s; a directory is named with a slash, such as ./%s", strings.Join(names, ", "), t)
		}
	}
	return nil
}

// maxCount keeps the ports of one type apart from those of the next.
const (
	portStep = 100
	maxCount = portStep
)

// numbers reads changes such as "web=2".
func (f *formation) numbers(changes []string) (map[string]int, error) {
	numbers := map[string]int{}
	for _, change := range changes {
		name, digits, ok := strings.Cut(change, "=")
		n, err := strconv.Atoi(digits)
		if !ok || err != nil || n < 0 || n > maxCount {
			return nil, dynomad.Errorf(dynomad.KindInvalid, "%q does not say how many", change).
				WithHint("write TYPE=N with N from 0 to %d, such as -m web=2,worker=1", maxCount)
		}
		if name != "all" {
			if err := f.known([]string{name}); err != nil {
				return nil, err
			}
		}
		numbers[name] = n
	}
	return numbers, nil
}

// dyno is one process to run.
type dyno struct {
	Name    string // "web.1"
	Number  int    // from 0, of all that run
	Text    string // of its command, for people
	Command []string
	Port    int
	Env     []string // NAME=VALUE, over the environment of this program
	Signal  syscall.Signal
	Timeout time.Duration // between the signal and the kill
}

const defaultTimeout = 5 * time.Second

// dynos are those of the formation. The port of the first process type is base, of the next 100 more, also where the first
// does not run: a port that moves with what else runs would not be worth noting.
func (f *formation) dynos(base int, dotenv map[string]string, timeout *time.Duration) ([]dyno, error) {
	var out []dyno
	for i, p := range f.processes {
		for n := 1; n <= f.count[p.Type]; n++ {
			port := base + portStep*i + n - 1
			if port > maxPort {
				return nil, dynomad.Errorf(dynomad.KindInvalid, "the port of %s would be %d", p.Type, port).
					WithHint("begin lower with --port")
			}
			d := dyno{
				Name: dynomad.DynoName(p.Type, n), Number: len(out), Text: text(p), Command: arguments(p), Port: port,
				Signal: syscall.SIGTERM, Timeout: defaultTimeout,
			}
			d.Env = environment(p.Settings.Env, dotenv, map[string]string{"PORT": strconv.Itoa(port), "DYNO": d.Name})
			if s := p.Settings.KillSignal; s != nil {
				var known bool
				if d.Signal, known = signals()[*s]; !known {
					return nil, dynomad.Errorf(dynomad.KindInvalid, "process %q has the kill_signal %q, which cannot be sent", string(p.Type), *s)
				}
			}
			if t := p.Settings.KillTimeout; t != nil {
				d.Timeout = *t
			}
			if timeout != nil {
				d.Timeout = *timeout
			}
			out = append(out, d)
		}
	}
	return out, nil
}

// arguments are the program and what it is given; none where only an image knows. The manifest speaks over the Procfile.
// What a program without a shell is called goes through one all the same: it finds the program by the process's own PATH.
func arguments(p dynomad.Process) []string {
	s := p.Settings
	switch {
	case len(s.Exec) > 0:
		return append([]string{"/bin/sh", "-c", `exec "$0" "$@"`}, s.Exec...)
	case s.Exec != nil:
		return nil
	case s.Command != nil:
		return []string{"/bin/sh", "-c", *s.Command}
	case p.Command != "":
		return []string{"/bin/sh", "-c", p.Command}
	}
	return nil
}

// text is a process's command as people know it.
func text(p dynomad.Process) string {
	if args := arguments(p); len(p.Settings.Exec) == 0 {
		return args[len(args)-1]
	}
	return strings.Join(p.Settings.Exec, " ")
}

// signals are those that a kill_signal may name.
func signals() map[string]syscall.Signal {
	return map[string]syscall.Signal{
		"SIGHUP": syscall.SIGHUP, "SIGINT": syscall.SIGINT, "SIGQUIT": syscall.SIGQUIT, "SIGTERM": syscall.SIGTERM,
		"SIGUSR1": syscall.SIGUSR1, "SIGUSR2": syscall.SIGUSR2, "SIGKILL": syscall.SIGKILL,
	}
}

func signalName(s syscall.Signal) string {
	for name, sig := range signals() {
		if sig == s {
			return name
		}
	}
	return s.String()
}
