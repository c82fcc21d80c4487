package devcluster

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/dynomad/dynomad"
)

// Process is a long-running program that outlives whoever started it. Its id is kept in a file together with the moment of
// its start, so that another terminal, or the next run after a crash, finds it again and takes no stranger for it.
//
// It gets a process group of its own: Ctrl-C in the terminal reaches only the one who stops everything in order.
type Process struct {
	Name string   // "nomad-client-1": names its files
	Path string   // the program
	Args []string // without the program itself
	Env  []string // all of its environment
	Dir  string   // its log is Dir/logs/NAME.log, its id Dir/pids/NAME

	exited chan struct{} // closed when a child of ours has ended; nil for one that was found
}

// LogPath is where the process writes all that it prints.
func (p *Process) LogPath() string { return filepath.Join(p.Dir, "logs", p.Name+".log") }

func (p *Process) pidPath() string { return filepath.Join(p.Dir, "pids", p.Name) }

// maxLog is how large a log may be when its process starts; a larger one is kept as NAME.log.1.
const maxLog = 16 << 20

// Start starts the process, or does nothing if it runs.
func (p *Process) Start() error {
	if p.Alive() {
		return nil
	}
	log, err := p.openLog()
	if err != nil {
		return dynomad.Errorf(dynomad.KindInternal, "opening the log of %s: %w", p.Name, err)
	}
	defer func() { _ = log.Close() }() // the child has its own
	cmd := &exec.Cmd{
		Path: p.Path, Args: append([]string{p.Path}, p.Args...), Env: p.Env, Dir: p.Dir, Stdout: log, Stderr: log,
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true},
	}
	if err := cmd.Start(); err != nil {
		return dynomad.Errorf(dynomad.KindInternal, "starting %s: %w", p.Name, err)
	}
	exited := make(chan struct{})
	p.exited = exited
	// Ends with the child, which Stop and Kill wait for; its exit status stands in its log.
	go func() {
		_ = cmd.Wait()
		close(exited)
	}()
	return p.remember(cmd.Process.Pid)
}

func (p *Process) openLog() (*os.File, error) {
	for _, path := range []string{p.LogPath(), p.pidPath()} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, err
		}
	}
	if info, err := os.Stat(p.LogPath()); err == nil && info.Size() > maxLog {
		if err := os.Rename(p.LogPath(), p.LogPath()+".1"); err != nil {
			return nil, err
		}
	}
	return os.OpenFile(p.LogPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
}

func (p *Process) remember(pid int) error {
	id, err := identify(pid)
	if err != nil {
		return dynomad.Errorf(dynomad.KindUnavailable, "%s ended as soon as it was started", p.Name).WithHint("its log: %s", p.LogPath())
	}
	return WriteSecret(p.pidPath(), []byte(id))
}

// PID is the process's id, or 0 when it does not run.
func (p *Process) PID() int {
	data, err := os.ReadFile(p.pidPath())
	if err != nil {
		return 0
	}
	pid := pidOf(string(data))
	if now, err := identify(pid); err != nil || now != string(data) {
		return 0
	}
	return pid
}

// Alive says whether the process runs.
func (p *Process) Alive() bool { return p.PID() != 0 }

// Stop asks the process to end and waits; after grace it is killed. One that does not run is no error.
func (p *Process) Stop(ctx context.Context, grace time.Duration) error {
	pid := p.PID()
	if pid == 0 {
		return nil
	}
	if err := syscall.Kill(pid, syscall.SIGINT); err != nil {
		return p.Kill(ctx)
	}
	patient, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	if p.ended(patient) {
		return p.forget()
	}
	return p.Kill(ctx)
}

// Kill ends the process at once and waits for it to be gone.
func (p *Process) Kill(ctx context.Context) error {
	if pid := p.PID(); pid != 0 {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have gone by itself
	}
	if !p.ended(ctx) {
		return dynomad.Errorf(dynomad.KindUnavailable, "%s does not end, even killed", p.Name)
	}
	return p.forget()
}

func (p *Process) forget() error {
	if err := os.Remove(p.pidPath()); err != nil && !os.IsNotExist(err) {
		return dynomad.Errorf(dynomad.KindInternal, "forgetting %s: %w", p.Name, err)
	}
	return nil
}

// ended waits until the process is gone; false if ctx ends first.
func (p *Process) ended(ctx context.Context) bool {
	if p.exited != nil {
		select {
		case <-p.exited:
			return true
		case <-ctx.Done():
			return false
		}
	}
	return poll(ctx, 20*time.Millisecond, func() bool { return !p.Alive() })
}

// LastLines is the end of the process's log, at most n lines.
func (p *Process) LastLines(n int) []string {
	data, err := os.ReadFile(p.LogPath())
	if err != nil {
		return nil
	}
	lines := strings.Split(strings.TrimRight(string(data), "\n"), "\n")
	return lines[max(0, len(lines)-n):]
}

// poll asks done again and again until it says yes; false if ctx ends first.
func poll(ctx context.Context, every time.Duration, done func() bool) bool {
	for {
		if done() {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(every):
		}
	}
}
