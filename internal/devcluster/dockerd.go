//go:build e2e

package devcluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/dynomad/dynomad"
)

// Dockerd is a Docker daemon of our own, for tests: on a socket, a folder and a bridge of its own, beside whatever Docker
// the machine has. It touches neither the firewall nor the forwarding of packets: ports are passed on by a process each, and
// containers reach no network but this machine's.
type Dockerd struct {
	Docker
	dir     string
	bridge  string
	process *Process
}

// CanDockerd says what keeps this machine from running a daemon of our own; nil if nothing does.
func CanDockerd() error {
	if os.Geteuid() != 0 {
		return errors.New("a Docker daemon needs root")
	}
	for _, program := range []string{"dockerd", "ip", makeStack} {
		if _, err := exec.LookPath(program); err != nil {
			return err
		}
	}
	return nil
}

// StartDockerd starts a daemon that keeps everything in a folder, whose path must be short, for sockets lie below it. The
// daemon has the stack image.
func StartDockerd(ctx context.Context, dir string, say func(string)) (_ *Dockerd, err error) {
	path, err := exec.LookPath("dockerd")
	if err != nil {
		return nil, err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	socket := filepath.Join(dir, "docker.sock")
	d := &Dockerd{Docker: Docker{Endpoint: "unix://" + socket}, dir: dir}
	if d.bridge, err = makeBridge(ctx); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
			defer cancel()
			err = errors.Join(err, d.Stop(stopping))
		}
	}()
	d.process = &Process{Name: "dockerd", Path: path, Dir: dir, Env: []string{"PATH=" + defaultPath, "HOME=" + dir}, Args: []string{
		"--data-root", filepath.Join(dir, "data"), "--exec-root", filepath.Join(dir, "exec"), "--pidfile", filepath.Join(dir, "pid"),
		"--host", d.Endpoint, "--bridge", d.bridge, "--iptables=false", "--ip-forward=false", "--ip-masq=false", "--log-level", "warn",
	}}
	if err := d.process.Start(); err != nil {
		return nil, err
	}
	patient, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if !poll(patient, 50*time.Millisecond, func() bool { return !d.process.Alive() || d.Ping(patient) == nil }) || !d.process.Alive() {
		return nil, dynomad.Errorf(dynomad.KindUnavailable, "dockerd does not come up: %q", d.process.LastLines(5))
	}
	return d, MakeStack(ctx, d.Docker, filepath.Join(cache, "dynomad"), false, say)
}

// makeBridge makes a network bridge, each for one daemon.
func makeBridge(ctx context.Context) (string, error) {
	for i := range 100 {
		name := fmt.Sprintf("dynomad%d", i)
		if exec.CommandContext(ctx, "ip", "link", "add", name, "type", "bridge").Run() != nil {
			continue // there is one
		}
		for _, args := range [][]string{
			{"address", "add", fmt.Sprintf("172.29.%d.1/24", i), "dev", name},
			{"link", "set", name, "up"},
		} {
			if out, err := exec.CommandContext(ctx, "ip", args...).CombinedOutput(); err != nil {
				return name, fmt.Errorf("ip %q: %w: %s", args, err, out)
			}
		}
		return name, nil
	}
	return "", errors.New("no network bridge can be made: see `ip link add dynomad0 type bridge`")
}

// Stop ends the daemon with its containers and leaves nothing behind.
func (d *Dockerd) Stop(ctx context.Context) error {
	var errs []error
	if d.process != nil {
		errs = append(errs, d.process.Stop(ctx, time.Minute))
	}
	_, err := killAll(ctx, d.dir)
	errs = append(errs, err)
	_, err = unmountAll(d.dir)
	errs = append(errs, err)
	if out, err := exec.CommandContext(ctx, "ip", "link", "delete", d.bridge).CombinedOutput(); err != nil {
		errs = append(errs, fmt.Errorf("ip link delete %s: %w: %s", d.bridge, err, out))
	}
	if len(errs) > 0 && errors.Join(errs...) != nil {
		return errors.Join(errs...) // a folder with mounts in it is not to be deleted
	}
	return os.RemoveAll(d.dir)
}
