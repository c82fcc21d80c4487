package agent

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad/logplex/frame"
)

var start = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// reading reads one source of a directory step by step.
type reading struct {
	t   *testing.T
	dir string
	s   *source
	now time.Time
}

func newReading(t *testing.T) *reading {
	dir := t.TempDir()
	return &reading{t, dir, &source{dir: dir, task: "v1", stream: "stdout"}, start}
}

// file writes the file with this index.
func (r *reading) file(index int, text string) {
	r.t.Helper()
	path := filepath.Join(r.dir, fmt.Sprintf("v1.stdout.%d", index))
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
	if err := os.Chtimes(path, start, start.Add(time.Hour)); err != nil {
		r.t.Fatal(err)
	}
}

func (r *reading) remove(index int) {
	r.t.Helper()
	if err := os.Remove(filepath.Join(r.dir, fmt.Sprintf("v1.stdout.%d", index))); err != nil {
		r.t.Fatal(err)
	}
}

// next looks at the directory and describes the chunks there are: "0:0-0:4 one⏎".
func (r *reading) next(flush bool) string {
	r.t.Helper()
	r.s.files = list(r.dir, "agent")["v1.stdout"]
	r.now = r.now.Add(time.Millisecond)
	var out []string
	buf := make([]byte, chunkBytes)
	for {
		c, ok := r.s.next(buf, r.now, flush)
		if !ok {
			return strings.Join(out, ", ")
		}
		text := strings.ReplaceAll(string(c.Bytes), "\n", "⏎")
		if c.Lost > 0 {
			text = fmt.Sprintf("lost %d", c.Lost)
		}
		if len(text) > 30 {
			text = fmt.Sprintf("%d bytes", len(c.Bytes))
		}
		out = append(out, fmt.Sprintf("%v-%v %s", c.Start, c.End, text))
		if wire, _, err := frame.Next(withNames(c).Append(nil)); err != nil || !wire.Time.Equal(c.Time) {
			r.t.Errorf("chunk %+v on the wire: %v", c, err)
		}
	}
}

func withNames(c frame.Chunk) frame.Chunk {
	c.Alloc, c.Group = "8f", "web"
	return c
}

func (r *reading) want(want string) {
	r.t.Helper()
	if diff := cmp.Diff(want, r.next(false)); diff != "" {
		r.t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWholeLinesAreReadAtOnceAndUnfinishedOnesWait(t *testing.T) {
	r := newReading(t)
	r.want("")
	r.file(0, "one\ntw")
	r.want("0:0-0:4 one⏎")
	r.want("")
	r.file(0, "one\ntwo\nthr")
	r.want("0:4-0:8 two⏎")
	r.want("")
	r.now = r.now.Add(lineTime)
	r.want("0:8-0:11 thr")
	r.file(0, "one\ntwo\nthree\n")
	r.want("0:11-0:14 ee⏎")
	r.file(0, "one\ntwo\nthree\nf")
	if got := r.next(true); got != "0:14-0:15 f" {
		t.Errorf("flushed %q", got)
	}
}

func TestALineIsFollowedAcrossARotation(t *testing.T) {
	r := newReading(t)
	r.file(0, "one\ntw")
	r.want("0:0-0:4 one⏎")
	r.file(1, "o\nthree\n")
	r.want("0:4-1:8 two⏎three⏎")
	r.file(2, "")
	r.want("")
	r.file(2, "four\n")
	r.want("1:8-2:5 four⏎")
	r.file(3, "")
	r.file(4, "five\n")
	r.want("3:0-4:5 five⏎")
}

func TestALineThatEndsNowhereIsSentWhenItsFileIsOver(t *testing.T) {
	r := newReading(t)
	r.file(0, "a")
	r.file(1, "b")
	r.want("")
	r.file(2, "c\n")
	r.want("0:0-1:1 ab, 1:1-2:2 c⏎")
}

func TestALongLineIsSentInPieces(t *testing.T) {
	r := newReading(t)
	r.file(0, strings.Repeat("x", 3*lineBytes+5))
	r.want("0:0-0:30000 30000 bytes")
	r.file(0, strings.Repeat("x", 3*lineBytes+5)+"\n")
	r.want("0:30000-0:30006 xxxxx⏎")
	r.file(0, strings.Repeat("x", 3*lineBytes+6)+strings.Repeat("\n", chunkBytes))
	r.want("0:30006-0:95542 65536 bytes")
}

func TestADeletedFileIsReadToItsEndWhileItIsOpen(t *testing.T) {
	r := newReading(t)
	r.file(0, "one\n")
	r.want("0:0-0:4 one⏎")
	r.file(0, "one\ntwo\n")
	r.file(1, "three\n")
	r.remove(0)
	r.want("0:4-1:6 two⏎three⏎")
}

func TestWhatWasDeletedUnreadIsCounted(t *testing.T) {
	r := newReading(t)
	r.file(0, "one\n")
	r.want("0:0-0:4 one⏎")
	r.file(3, "0123456789\n")
	r.file(4, "ten\n")
	r.remove(0)
	r.want("0:4-3:0 lost 22, 3:0-4:4 0123456789⏎ten⏎")

	r = newReading(t)
	r.s.at = frame.Position{File: 1, Offset: 4} // as a checkpoint says after a restart
	r.file(2, "0123456789\n")
	r.want("1:4-2:0 lost 7, 2:0-2:11 0123456789⏎")
}

func TestOnlyRegularFilesAreRead(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		make func(path string) error
	}{
		{"a link", func(path string) error { return os.Symlink(secret, path) }},
		{"a pipe", func(path string) error { return syscall.Mkfifo(path, 0o600) }},
		{"a directory", func(path string) error { return os.Mkdir(path, 0o700) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newReading(t)
			if err := tt.make(filepath.Join(r.dir, "v1.stdout.0")); err != nil {
				t.Fatal(err)
			}
			r.want("")
			r.file(1, "one\n")
			r.want("1:0-1:4 one⏎")
			if err := tt.make(filepath.Join(r.dir, "v1.stdout.2")); err != nil {
				t.Fatal(err)
			}
			r.want("")
			r.file(3, "two\n")
			r.want("3:0-3:4 two⏎")
		})
	}
}

func TestStampsRiseAndAreNoYoungerThanTheFile(t *testing.T) {
	s := &source{}
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, start, start); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer closeFile(f)
	got := []time.Time{s.time(f, start.Add(time.Hour)), s.time(f, start.Add(time.Hour)), s.time(nil, start.Add(-time.Hour)), s.time(nil, start.Add(time.Hour))}
	want := []time.Time{start, start.Add(time.Microsecond), start.Add(2 * time.Microsecond), start.Add(time.Hour)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNamesOfLogFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{
		"v1.stdout.0", "v1.stdout.10", "v1.stdout.9", "v1.stderr.0", "a.b.stdout.3", "agent.stdout.0", ".v1.stdout.fifo",
		"v1.stdout.01", "v1.stdout.-1", "v1.stdout.99999999999", "v1.stdin.0", "stdout.0", ".stdout.0", "v1", "v1.stdout.", "v1.stdout.+1",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string][]int64{"v1.stdout": {0, 9, 10}, "v1.stderr": {0}, "a.b.stdout": {3}}
	if diff := cmp.Diff(want, list(dir, "agent")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPositionsAreOfOneAllocation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "positions")
	want := positions{"v1.stdout": {File: 3, Offset: rand.Int64N(1 << 40)}}
	if err := want.save(path, "8f"); err != nil {
		t.Fatal(err)
	}
	got, err := loadPositions(path, "8f")
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if other, err := loadPositions(path, "9a"); err != nil || other != nil {
		t.Errorf("another allocation reads %v, %v", other, err)
	}
	if none, err := loadPositions(path+"x", "8f"); err != nil || none != nil {
		t.Errorf("no file reads %v, %v", none, err)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := loadPositions(path, "8f"); err == nil {
		t.Error("a damaged file reads without an error")
	}
}

func TestFromEnvTellsAllThatIsMissing(t *testing.T) {
	env := map[string]string{
		"DYNOMAD_LOGPLEX": "http://127.0.0.1:5000/", "NOMAD_ALLOC_ID": "8f", "NOMAD_ALLOC_DIR": "/alloc", "NOMAD_TASK_NAME": "agent",
		"NOMAD_TASK_DIR": "/local", "NOMAD_SECRETS_DIR": "/secrets", "NOMAD_GROUP_NAME": "web", "NOMAD_ALLOC_INDEX": "2",
	}
	got, err := FromEnv(func(name string) string { return env[name] })
	want := Config{
		Logplex: "http://127.0.0.1:5000", Alloc: "8f", Group: "web", Index: 2, Task: "agent",
		Logs: "/alloc/logs", Token: "/secrets/nomad_logplex.jwt", State: "/local/positions",
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	_, err = FromEnv(func(string) string { return "" })
	for name := range env {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("the error does not name %s: %v", name, err)
		}
	}
}
