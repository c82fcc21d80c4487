package devcluster

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/dynomad/dynomad"
)

// builds says how to build each program, and how many minutes that takes cold on two cores (measured).
var builds = map[string]struct {
	module  string
	minutes int
}{
	"consul": {"github.com/hashicorp/consul", 6},
	"nomad":  {"github.com/hashicorp/nomad", 6},
	"fabio":  {"github.com/fabiolb/fabio", 1},
}

// Build compiles a program from its pinned module in tools/ and keeps it in the cache, from where Find takes it ever after.
func (f Finder) Build(ctx context.Context, name string) (string, error) {
	out := f.cachePath(name)
	if out == "" {
		return "", dynomad.Errorf(dynomad.KindNotFound, "tools/%s/go.mod pins no version of %s", name, builds[name].module)
	}
	if _, err := exec.LookPath("go"); err != nil {
		return "", dynomad.Errorf(dynomad.KindNotFound, "building %s needs Go: %w", name, err).WithHint("install Go, or %s itself", name)
	}
	if err := os.MkdirAll(f.Cache, 0o750); err != nil {
		return "", dynomad.Errorf(dynomad.KindInternal, "making the cache folder: %w", err)
	}
	module, err := f.copyModule(name)
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(module) }()
	f.Say(fmt.Sprintf("building %s, once: about %d min on two cores", filepath.Base(out), builds[name].minutes))
	if err := f.compile(ctx, name, module, out); err != nil {
		return "", err
	}
	f.Say("built " + out)
	return out, nil
}

// cachePath is where the pinned version of a program is kept, or "" if none is pinned.
func (f Finder) cachePath(name string) string {
	text, err := os.ReadFile(filepath.Join(f.Checkout, "tools", name, "go.mod"))
	if err != nil {
		return ""
	}
	pin := regexp.MustCompile(`(?m)^\s*` + regexp.QuoteMeta(builds[name].module) + ` v([0-9.]+)`).FindSubmatch(text)
	if pin == nil {
		return ""
	}
	return filepath.Join(f.Cache, name+"-"+string(pin[1]))
}

// copyModule makes a folder that holds only the go.mod and go.sum of a tool: -mod=mod may write to them.
func (f Finder) copyModule(name string) (string, error) {
	dir, err := os.MkdirTemp("", "dynomad-build-")
	if err != nil {
		return "", dynomad.Errorf(dynomad.KindInternal, "making a folder to build in: %w", err)
	}
	for _, file := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(f.Checkout, "tools", name, file))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, file), data, 0o600)
		}
		if err != nil {
			return "", dynomad.Errorf(dynomad.KindInternal, "copying %s: %w", file, err)
		}
	}
	return dir, nil
}

// compile builds into a file beside out and renames it, so that a build that is cut short leaves nothing that looks whole.
func (f Finder) compile(ctx context.Context, name, dir, out string) error {
	total, err := f.packages(ctx, name, dir)
	if err != nil {
		return err
	}
	next := out + ".next"
	defer func() { _ = os.Remove(next) }()
	cmd := goCommand(ctx, dir, "build", "-v", "-ldflags", "-checklinkname=0 -s -w", "-o", next, builds[name].module)
	compiled := 0
	last, err := f.follow(cmd, func(line string) string {
		if strings.HasPrefix(line, "go: ") {
			return line
		}
		compiled++
		return fmt.Sprintf("building %s: %d of at most %d packages", name, compiled, total)
	})
	if err != nil {
		return dynomad.Errorf(dynomad.KindInternal, "building %s: %w: %s", name, err, last)
	}
	return os.Rename(next, out)
}

// packages counts what a program is made of, downloading it on the way.
func (f Finder) packages(ctx context.Context, name, dir string) (int, error) {
	cmd := goCommand(ctx, dir, "list", "-deps", builds[name].module)
	var list strings.Builder
	cmd.Stdout = &list
	last, err := f.follow(cmd, func(line string) string { return name + ": " + strings.TrimPrefix(line, "go: ") })
	if err != nil {
		return 0, dynomad.Errorf(dynomad.KindUnavailable, "downloading %s: %w: %s", name, err, last)
	}
	return strings.Count(list.String(), "\n"), nil
}

func goCommand(ctx context.Context, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false -mod=mod", "GOWORK=off")
	return cmd
}

// follow runs a command, says what tell makes of each line of its error output, and returns the last lines.
func (f Finder) follow(cmd *exec.Cmd, tell func(string) string) (string, error) {
	reader, writer := io.Pipe()
	cmd.Stderr = writer
	done := make(chan string)
	go func() {
		var last []string
		lines := bufio.NewScanner(reader)
		for lines.Scan() {
			last = append(last, lines.Text())
			last = last[max(0, len(last)-10):]
			f.Say(tell(lines.Text()))
		}
		_, _ = io.Copy(io.Discard, reader) // after a line too long to scan, so that the command is not held up
		done <- strings.Join(last, "\n")
	}()
	err := cmd.Run()
	_ = writer.Close() // a pipe in memory: it cannot fail
	return <-done, err
}
