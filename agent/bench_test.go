package agent_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dynomad/dynomad/logplex"
)

const backlog = 1_000_000 // lines of 120 bytes

// BenchmarkBacklog takes a backlog from the log files to the stored stream, agent, HTTP and Logplex in one process, and beside
// it copies the same lines bare from file to file. It reports lines a second, CPU seconds a million lines, and the ratio of
// the CPU to the copier's.
func BenchmarkBacklog(b *testing.B) {
	alloc := newAllocation(b)
	out := newRotator(b, alloc.logs, "v1.stdout", 10<<20, 100)
	for i := range backlog {
		out.write(fmt.Appendf(nil, "%09d %s\n", i, strings.Repeat("x", 109)))
	}
	out.close()
	var shipped, copied, elapsed time.Duration
	for b.Loop() {
		if err := os.RemoveAll(filepath.Join(alloc.root, "local", "positions")); err != nil {
			b.Fatal(err)
		}
		receiver, url := newReceiver(b, noTrouble)
		receiver.options = logplex.Options{}
		receiver.reopen()
		started, used := time.Now(), cpu(b)
		stop := alloc.run(url)
		waitForLine(b, receiver.logs, backlog)
		shipped += cpu(b) - used
		elapsed += time.Since(started)
		stop()
		used = cpu(b)
		copyLines(b, alloc.logs, filepath.Join(b.TempDir(), "copy"))
		copied += cpu(b) - used
	}
	lines := float64(b.N) * backlog
	b.ReportMetric(lines/elapsed.Seconds(), "lines/s")
	b.ReportMetric(shipped.Seconds()/lines*1e6, "cpu-s/Mlines")
	b.ReportMetric(shipped.Seconds()/copied.Seconds(), "x-copier")
	b.ReportMetric(0, "ns/op")
}

// waitForLine waits until the stream's last line has this number.
func waitForLine(b *testing.B, logs *logplex.Logplex, seq uint64) {
	for {
		lines, err := logs.Read(logplex.Query{App: app, Lines: 1}).Next(b.Context())
		if err == nil && lines[len(lines)-1].Seq == seq {
			return
		}
		if err != nil && !errors.Is(err, io.EOF) {
			b.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// copyLines is the bare line copier.
func copyLines(b *testing.B, from, to string) {
	target, err := os.Create(to)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(target, 64<<10)
	for i := 0; ; i++ {
		source, err := os.Open(filepath.Join(from, fmt.Sprintf("v1.stdout.%d", i)))
		if os.IsNotExist(err) {
			break
		}
		if err != nil {
			b.Fatal(err)
		}
		r := bufio.NewReaderSize(source, 64<<10)
		for {
			line, err := r.ReadSlice('\n')
			if _, err := w.Write(line); err != nil {
				b.Fatal(err)
			}
			if err != nil {
				break
			}
		}
		_ = source.Close()
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	_ = target.Close()
}

// cpu is the time that this process has used.
func cpu(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
