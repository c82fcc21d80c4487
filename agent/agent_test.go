package agent_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/dynomad/dynomad/logplex"
)

func TestWhatADynoPrintsArrives(t *testing.T) {
	alloc := newAllocation(t)
	receiver, url := newReceiver(t, noTrouble)
	stop := alloc.run(url)
	defer stop()
	own := newRotator(t, alloc.logs, "agent.stderr", 1000, 2)
	own.write([]byte("the agent's own log\n"))
	out := newRotator(t, alloc.logs, "v1.stdout", 1000, 10)
	out.write([]byte("one\n"))
	receiver.eventually("v1", "one")
	out.write([]byte("\x1b[31mred\x00\xff\r\nunfinished"))
	receiver.eventually("v1", "one", "\x1b[31mred\x00\xff\r", "unfinished")
	out.write([]byte("\nlast words"))
	stop()
	receiver.eventually("v1", "one", "\x1b[31mred\x00\xff\r", "unfinished", "last words")
	if got := receiver.lines("agent"); got != nil {
		t.Errorf("the agent shipped its own log: %q", got)
	}
	if got := receiver.lines("logplex"); got != nil {
		t.Errorf("losses were told where there were none: %q", got)
	}
}

func TestAMegabyteWithoutANewlineArrivesInPieces(t *testing.T) {
	alloc := newAllocation(t)
	receiver, url := newReceiver(t, noTrouble)
	out := newRotator(t, alloc.logs, "v1.stdout", 300_000, 10)
	out.write([]byte(strings.Repeat("x", 1<<20) + "\nafter\n"))
	alloc.run(url)()
	lines := receiver.lines("v1")
	if n := len(lines); n < 2 || lines[n-1] != "after" {
		t.Fatalf("%d lines, the last %.20q", n, lines[n-1])
	}
	for _, line := range lines {
		if len(line) > logplex.MaxLine {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
	if got := len(strings.Join(lines, "")); got != 1<<20+len("after") {
		t.Errorf("%d bytes arrived, want %d", got, 1<<20+len("after"))
	}
}

func TestALinkInTheLogDirectoryIsNotFollowed(t *testing.T) {
	alloc := newAllocation(t)
	receiver, url := newReceiver(t, noTrouble)
	secret := filepath.Join(alloc.root, "secrets", "nomad_logplex.jwt")
	if err := os.Symlink(secret, filepath.Join(alloc.logs, "v1.stdout.0")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(alloc.logs, "v1.stdout.1"), []byte("honest\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	alloc.run(url)()
	receiver.eventually("v1", "honest")
}

func TestARenewedTokenIsTaken(t *testing.T) {
	alloc := newAllocation(t)
	receiver, url := newReceiver(t, noTrouble)
	receiver.token.Store("renewed")
	newRotator(t, alloc.logs, "v1.stdout", 1000, 10).write([]byte("one\n"))
	stop := alloc.run(url)
	defer stop()
	time.Sleep(100 * time.Millisecond)
	if got := receiver.lines("v1"); got != nil {
		t.Errorf("an expired token brought %q", got)
	}
	alloc.token("renewed")
	receiver.eventually("v1", "one")
}

func TestALossIsTold(t *testing.T) {
	alloc := newAllocation(t)
	var away atomic.Bool
	receiver, url := newReceiver(t, func() string {
		if away.Load() {
			return "refuse"
		}
		return ""
	})
	stop := alloc.run(url)
	defer stop()
	out := newRotator(t, alloc.logs, "v1.stdout", 100, 3)
	out.write([]byte("first\n"))
	receiver.eventually("v1", "first")
	away.Store(true)
	for i := range 100 {
		out.write(fmt.Appendf(nil, "line %d\n", i))
		time.Sleep(time.Millisecond)
	}
	away.Store(false)
	stop()
	lines := receiver.lines("v1")
	if last := lines[len(lines)-1]; last != "line 99" {
		t.Errorf("the last line is %q", last)
	}
	if told := receiver.lines("logplex"); len(told) != 1 || !strings.Contains(told[0], "Error L12") || !strings.Contains(told[0], "v1's stdout") {
		t.Errorf("%d lines of 101 arrived; told %q", len(lines), told)
	}
}

// Agent and Logplex are killed and restarted, requests and answers lost, files rotated, lines cut anywhere; every byte of
// 100,000 lines arrives once and in order.
func TestEveryLineArrivesOnce(t *testing.T) {
	const lines = 50_000 // of each stream
	alloc := newAllocation(t)
	receiver, url := newReceiver(t, func() string {
		return [...]string{"refuse", "lose the answer", "", "", "", "", "", ""}[rand.N(8)]
	})
	written := make(chan string, 2)
	for _, source := range []string{"v1.stdout", "v2.stderr"} {
		go func() { written <- printLines(newRotator(t, alloc.logs, source, 250_000, 1000), lines) }()
	}
	var want []string
	for cmd := alloc.start(url); ; cmd = alloc.start(url) {
		select {
		case all := <-written:
			want = append(want, all)
		case <-time.After(rand.N(400 * time.Millisecond)):
		}
		if len(want) == 2 {
			receiver.waitFor(len(want[0]), "v1", "v2")
			if err := errors.Join(cmd.Process.Signal(syscall.SIGTERM), cmd.Wait()); err != nil {
				t.Errorf("the agent's end: %v", err)
			}
			break
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // killed
		receiver.reopen()
	}
	receiver.reopen()
	for _, dyno := range []string{"v1", "v2"} {
		if got := strings.Join(receiver.lines(dyno), ""); got != want[0] {
			i := 0
			for i < min(len(got), len(want[0])) && got[i] == want[0][i] {
				i++
			}
			t.Errorf("%s: %d bytes, want %d; different from %d: %.60q", dyno, len(got), len(want[0]), i, got[i:])
		}
	}
	if told := receiver.lines("logplex"); told != nil {
		t.Errorf("losses were told where there were none: %q", told)
	}
}

// printLines prints n numbered lines in pieces of any size, and gives them all without their newlines, which is what is left
// whatever pauses made of unfinished lines.
func printLines(out *rotator, n int) string {
	defer out.close()
	random := rand.New(rand.NewPCG(1, 2))
	var all, pending []byte
	for i := range n {
		line := fmt.Appendf(nil, "line %06d %s", i, strings.Repeat("x", random.IntN(100)))
		all = append(all, line...)
		pending = append(append(pending, line...), '\n')
		if random.IntN(20) == 0 {
			cut := random.IntN(len(pending) + 1)
			out.write(pending[:cut])
			pending = pending[cut:]
		}
		if random.IntN(100) == 0 {
			time.Sleep(5 * time.Millisecond)
		}
	}
	out.write(pending)
	return string(all)
}
