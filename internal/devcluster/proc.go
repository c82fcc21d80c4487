package devcluster

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/dynomad/dynomad"
)

// identify is "PID START BOOT": ids are used again, but not with the same start in the same boot. A zombie is nobody.
func identify(pid int) (string, error) {
	if pid <= 0 {
		return "", fmt.Errorf("no process %d", pid)
	}
	stat, err := readStat(pid)
	if err != nil {
		return "", err
	}
	if stat.state == "Z" || stat.state == "X" {
		return "", fmt.Errorf("process %d has ended", pid)
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d %s %s", pid, stat.start, boot), nil
}

func pidOf(id string) int {
	first, _, _ := strings.Cut(id, " ")
	pid, _ := strconv.Atoi(first)
	return pid
}

type stat struct {
	state  string
	parent int
	start  string // clock ticks after the boot
}

// readStat reads the fields behind the program's name, which may itself hold blanks and brackets.
func readStat(pid int) (stat, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, err
	}
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	if len(fields) < 20 {
		return stat{}, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	parent, err := strconv.Atoi(fields[1])
	return stat{state: fields[0], parent: parent, start: fields[19]}, err
}

// killAll ends every process that belongs to dir, and those that they start meanwhile, and returns what it found.
func killAll(ctx context.Context, dir string) ([]string, error) {
	var found []string
	seen := map[int]bool{}
	gone := poll(ctx, 20*time.Millisecond, func() bool {
		left := belonging(dir)
		for _, pid := range left {
			if !seen[pid] {
				seen[pid] = true
				found = append(found, describe(pid))
			}
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have gone by itself
		}
		return len(left) == 0
	})
	if !gone {
		return found, dynomad.Errorf(dynomad.KindUnavailable, "processes of %s do not end, even killed: %v", dir, belonging(dir))
	}
	return found, nil
}

// belonging lists the processes that descend from an agent with its folder in dir: those marked by it, and all their
// children. A shell or pager that somebody opened in the folder is none of them.
func belonging(dir string) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	parents := map[int]int{}
	marked := map[int]bool{}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		s, err := readStat(pid)
		if err != nil || s.state == "Z" || s.state == "X" {
			continue
		}
		parents[pid] = s.parent
		marked[pid] = isMarked(pid, dir)
	}
	var pids []int
	for pid := range parents {
		for p, ok := pid, true; ok; p, ok = parents[p], parents[p] != 0 {
			if marked[p] {
				pids = append(pids, pid)
				break
			}
		}
	}
	return pids
}

// isMarked recognises the agents and their helpers by HOME, dynos by the folders that Nomad tells them, those that exec has
// shut into a folder by their root.
func isMarked(pid int, dir string) bool {
	inside := func(path string) bool { return path == dir || strings.HasPrefix(path, dir+"/") }
	if root, err := os.Readlink(fmt.Sprintf("/proc/%d/root", pid)); err == nil && inside(root) {
		return true
	}
	env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		return false
	}
	for entry := range strings.SplitSeq(string(env), "\x00") {
		name, value, _ := strings.Cut(entry, "=")
		switch name {
		case "HOME", "NOMAD_ALLOC_DIR", "NOMAD_TASK_DIR":
			if inside(value) {
				return true
			}
		}
	}
	return false
}

// describe is a process as people name it: id and command line.
func describe(pid int) string {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	line := strings.TrimSpace(strings.ReplaceAll(string(data), "\x00", " "))
	if len(line) > 80 {
		line = line[:80] + "…"
	}
	return fmt.Sprintf("%d %s", pid, line)
}

// unmountAll undoes every mount below dir, the deepest first, and returns them.
func unmountAll(dir string) ([]string, error) {
	mounts, err := mountsBelow(dir)
	if err != nil {
		return nil, err
	}
	for _, path := range mounts {
		if err := syscall.Unmount(path, syscall.MNT_DETACH); err != nil && !os.IsNotExist(err) {
			return mounts, dynomad.Errorf(dynomad.KindInternal, "unmounting %s: %w", path, err)
		}
	}
	return mounts, nil
}

// mountsBelow lists the mounts below dir in the order in which they can be undone.
func mountsBelow(dir string) ([]string, error) {
	data, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, dynomad.Errorf(dynomad.KindInternal, "reading the mounts: %w", err)
	}
	unescape := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
	var mounts []string
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) < 5 {
			continue
		}
		path := unescape.Replace(fields[4])
		if strings.HasPrefix(path, filepath.Clean(dir)+"/") {
			mounts = append([]string{path}, mounts...) // later mounts cover earlier ones
		}
	}
	return mounts, nil
}
