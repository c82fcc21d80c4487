package logplex_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad/logplex"
)

// childDir is set in the process that TestAKillLosesNothing starts and kills.
const childDir = "LOGPLEX_TEST_CHILD_DIR"

// TestMain runs the tests, or where it is that process, appends lines from a number on until it is killed, telling each
// number on stdout when its line is acknowledged.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		var from int
		if _, err := fmt.Sscan(os.Getenv(childDir+"_FROM"), &from); err != nil {
			panic(err)
		}
		appendForEver(dir, from)
	}
	os.Exit(m.Run())
}

func appendForEver(dir string, from int) {
	l, err := logplex.Open(dir, logplex.Options{Lines: 1 << 20, SegmentBytes: 10_000})
	if err != nil {
		panic(err)
	}
	for i := from; ; i += 3 {
		if err := l.Append(context.Background(), app, "events", int64(i), numbered(i, 3)); err != nil {
			panic(err)
		}
		fmt.Println(i + 3)
	}
}

// A process that is killed at any moment has stored all that it acknowledged; sent again from there, nothing is doubled.
func TestAKillLosesNothing(t *testing.T) {
	dir := t.TempDir()
	acknowledged := 0
	for range 8 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childDir+"="+dir, fmt.Sprintf("%s_FROM=%d", childDir, max(0, acknowledged-30)))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		kill := time.AfterFunc(rand.N(100*time.Millisecond)+20*time.Millisecond, func() { _ = cmd.Process.Kill() })
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if _, err := fmt.Sscan(lines.Text(), &acknowledged); err != nil {
				t.Fatal(err)
			}
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("the child ended by itself")
		}
		kill.Stop()
	}
	l := open(t, dir, logplex.Options{Lines: 1 << 20})
	got := texts(t, l, logplex.Query{Lines: 1 << 20})
	if len(got) < acknowledged || acknowledged == 0 {
		t.Errorf("%d lines are there, %d were acknowledged", len(got), acknowledged)
	}
	if diff := cmp.Diff(words(0, len(got)), got); diff != "" {
		t.Errorf("(-want +got):\n%.2000s", diff)
	}
}
