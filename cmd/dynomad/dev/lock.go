package dev

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/dynomad/dynomad"
)

// lock is held by the one `dynomad dev` that changes a platform. It goes with its holder, however that ends.
type lock struct{ file *os.File }

// errHeld says that somebody else holds the lock.
var errHeld = errors.New("held")

// take takes the lock of a platform and writes our process id into it.
func take(dir string) (*lock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, dynomad.Errorf(dynomad.KindInternal, "making the platform's folder: %w", err)
	}
	file, err := os.OpenFile(lockPath(dir), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, dynomad.Errorf(dynomad.KindInternal, "opening the platform's lock: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(errHeld, file.Close())
	}
	if err := file.Truncate(0); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if _, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &lock{file}, nil
}

func lockPath(dir string) string { return filepath.Join(dir, "lock") }

// release lets others in.
func (l *lock) release() { _ = l.file.Close() }

// holder is the process id of whoever holds the lock, or 0.
func holder(dir string) int {
	l, err := take(dir)
	if err == nil {
		l.release()
		return 0
	}
	text, err := os.ReadFile(lockPath(dir))
	if err != nil {
		return 0
	}
	pid, _ := strconv.Atoi(strings.TrimSpace(string(text))) // not yet written: 0
	return pid
}

// takeOver takes the lock, asking the one who holds it to end first.
func takeOver(ctx context.Context, dir string) (*lock, error) {
	asked := 0
	for {
		l, err := take(dir)
		if !errors.Is(err, errHeld) {
			return l, err
		}
		if pid := holder(dir); pid != 0 && pid != asked {
			asked = pid
			_ = syscall.Kill(pid, syscall.SIGTERM) // it may be ending by itself
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}
