package agent

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dynomad/dynomad/logplex/frame"
)

const (
	// maxSources bounds the sources that are followed: the dyno can make files of any name.
	maxSources = 64
	// maxFiles bounds the names read in one look at the directory.
	maxFiles = 4096
)

// lookTime is how long a look at the directory is believed although nothing seems to have changed, and how long after a
// change it is not believed at all: the file system's clock ticks more slowly than files are made.
const lookTime = time.Second

// look is when the directory was last listed.
type look struct {
	at      time.Time
	changed time.Time // the directory's mtime then
}

// discover looks at the directory for new sources and new files, if there can be any. What is not there yet comes later:
// main's files appear when Nomad starts it.
func (a *Agent) discover(positions positions) {
	now := a.now()
	if info, err := os.Stat(a.config.Logs); err == nil {
		changed := info.ModTime()
		if changed.Equal(a.looked.changed) && now.Sub(changed) > lookTime && now.Sub(a.looked.at) < lookTime {
			return
		}
		a.looked = look{now, changed}
	}
	found := list(a.config.Logs, a.config.Task)
	for name, files := range found {
		s, ok := a.sources[name]
		if !ok && len(a.sources) < maxSources {
			s = a.add(name, files[0], positions)
			ok = true
		}
		if ok {
			s.files = files
		}
	}
	for name, s := range a.sources {
		if _, ok := found[name]; !ok {
			s.files = nil
		}
	}
}

// add starts to follow a source where the checkpoint says, else at its oldest file.
func (a *Agent) add(name string, oldest int64, positions positions) *source {
	at, ok := positions[name]
	if !ok {
		at = frame.Position{File: oldest}
	}
	task, stream := splitSource(name)
	s := &source{dir: a.config.Logs, task: task, stream: stream, at: at, stored: at}
	a.sources[name] = s
	a.names = append(a.names, name)
	slices.Sort(a.names)
	return s
}

// list gives the indexes of the log files in a directory by "TASK.STREAM", rising, leaving out one task's.
func list(dir, except string) map[string][]int64 {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer closeFile(f)
	names, _ := f.Readdirnames(maxFiles) // what was read before an error counts
	found := map[string][]int64{}
	for _, name := range names {
		source, index, ok := parseName(name)
		if task, _ := splitSource(source); ok && task != except {
			found[source] = append(found[source], index)
		}
	}
	for _, files := range found {
		slices.Sort(files)
	}
	return found
}

// parseName reads "TASK.stdout.3".
func parseName(name string) (source string, index int64, ok bool) {
	dot := strings.LastIndexByte(name, '.')
	if dot <= 0 || len(name)-dot > 10 {
		return "", 0, false
	}
	source = name[:dot]
	number, err := strconv.ParseUint(name[dot+1:], 10, 31)
	task, stream := splitSource(source)
	if err != nil || task == "" || len(name) > 255 || (stream != "stdout" && stream != "stderr") || name[dot+1:] != strconv.FormatUint(number, 10) {
		return "", 0, false
	}
	return source, int64(number), true
}

// splitSource takes "TASK.STREAM" apart; a task's name may hold dots.
func splitSource(source string) (task, stream string) {
	dot := strings.LastIndexByte(source, '.')
	if dot < 0 {
		return "", ""
	}
	return source[:dot], source[dot+1:]
}
