package agent_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// rotator writes a task's output the way Nomad's logmon does: files counting up from 0, a new one when the last has reached
// its size, a line kept whole where it fits into one file, the oldest deleted when there are too many. Opened again, it goes
// on in the highest file.
type rotator struct {
	t     testing.TB
	base  string // DIR/TASK.STREAM
	size  int
	keep  int
	index int
	file  *os.File
	used  int
}

func newRotator(t testing.TB, dir, source string, size, keep int) *rotator {
	t.Helper()
	r := &rotator{t: t, base: filepath.Join(dir, source), size: size, keep: keep}
	files, err := filepath.Glob(r.base + ".*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		var index int
		if _, err := fmt.Sscanf(file[len(r.base):], ".%d", &index); err == nil {
			r.index = max(r.index, index)
		}
	}
	r.open()
	return r
}

func (r *rotator) open() {
	var err error
	r.file, err = os.OpenFile(fmt.Sprintf("%s.%d", r.base, r.index), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		r.t.Fatal(err)
	}
	info, err := r.file.Stat()
	if err != nil {
		r.t.Fatal(err)
	}
	r.used = int(info.Size())
}

// write takes what the task printed at once.
func (r *rotator) write(text []byte) {
	for len(text) > 0 {
		if r.used >= r.size {
			r.next()
		}
		room := r.size - r.used
		end := bytes.IndexByte(text, '\n') + 1
		switch {
		case end == 0 && len(text) > r.size: // too long for any file: cut where this one ends
			end = min(room, len(text))
		case end == 0:
			end = len(text)
			fallthrough
		default:
			if end > room && end <= r.size {
				r.next()
			}
			end = min(end, r.size-r.used)
		}
		if _, err := r.file.Write(text[:end]); err != nil {
			r.t.Fatal(err)
		}
		r.used += end
		text = text[end:]
	}
}

func (r *rotator) next() {
	r.close()
	r.index++
	r.open()
	if old := r.index - r.keep; old >= 0 {
		if err := os.Remove(fmt.Sprintf("%s.%d", r.base, old)); err != nil && !os.IsNotExist(err) {
			r.t.Fatal(err)
		}
	}
}

func (r *rotator) close() {
	if err := r.file.Close(); err != nil {
		r.t.Fatal(err)
	}
}
