package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"
)

// session is a dyno that runs: its process and all that this has started. The process leads a session of its own, so that
// Ctrl-C reaches it only by us, and nothing in it can take over the terminal.
type session struct {
	dyno   *dyno
	pid    int // of the leader, and so of the session and of its first process group
	output *os.File
	read   chan struct{} // closed when everything printed has been handed on

	exited bool // the leader has; what it has started may not
	killed bool
}

// begin starts a dyno. What it prints goes to line; its end is sent to exits.
func begin(d *dyno, dir string, environ []string, line func(*dyno, string), exits chan<- exit) (*session, error) {
	// One pipe for both streams: two would lose the order of what was printed.
	output, input, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", d.Name, err)
	}
	cmd := exec.CommandContext(context.Background(), d.Command[0], d.Command[1:]...) // only signals end it
	cmd.Dir, cmd.Env = dir, slices.Concat(environ, d.Env)
	cmd.Stdout, cmd.Stderr = input, input
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := errors.Join(cmd.Start(), input.Close()); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", d.Name, err), output.Close())
	}
	s := &session{dyno: d, pid: cmd.Process.Pid, output: output, read: make(chan struct{})}
	go func() {
		defer close(s.read)
		copyLines(output, func(text string) { line(d, text) })
	}()
	go func() {
		_ = cmd.Wait() // how it ended stands in the state
		select {       // its last words come before its end
		case <-s.read:
		case <-time.After(lastWords): // something that it has started still holds the pipe
		}
		exits <- exit{s, status(cmd.ProcessState)}
	}()
	return s, nil
}

// lastWords is how long a pipe is read after nobody who should hold it is left.
const lastWords = 100 * time.Millisecond

// exit is the end of a session's leader.
type exit struct {
	session *session
	status  int
}

// status is a process's exit status as a shell tells it.
func status(state *os.ProcessState) int {
	if wait, ok := state.Sys().(syscall.WaitStatus); ok && wait.Signaled() {
		return signalled(wait.Signal())
	}
	return state.ExitCode()
}

// signalled is the exit status of what a signal has ended.
func signalled(s syscall.Signal) int { return 128 + int(s) }

// send sends a signal to every process of the session. What has left the session's process group, as the jobs of an
// interactive shell do, is among them where the system lets us find it.
func (s *session) send(sig syscall.Signal, members []int) {
	_ = syscall.Kill(-s.pid, sig) // it may have ended this moment
	for _, pid := range members {
		if group, err := syscall.Getpgid(pid); err == nil && group != s.pid {
			_ = syscall.Kill(pid, sig)
		}
	}
}

// close stops reading. A daemon that has left the session may hold the pipe for ever.
func (s *session) close() {
	_ = s.output.SetReadDeadline(time.Now().Add(lastWords))
	<-s.read
	_ = s.output.Close()
}

// groups finds out which sessions have a process left in their first process group.
func groups(sessions []int) map[int][]int {
	found := map[int][]int{}
	for _, id := range sessions {
		if syscall.Kill(-id, 0) == nil {
			found[id] = append(found[id], id)
		}
	}
	return found
}
