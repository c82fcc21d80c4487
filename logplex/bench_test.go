package logplex_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/logplex"
)

// BenchmarkManyApps appends one line after another to 5,000 apps in turn, and reports the memory that an app costs
// beside the time of an append.
func BenchmarkManyApps(b *testing.B) {
	const apps = 5000
	l, err := logplex.Open(b.TempDir(), logplex.Options{})
	if err != nil {
		b.Fatal(err)
	}
	line := []logplex.Line{{Time: at, Source: "app", Dyno: "web.1", Text: strings.Repeat("x", 120)}}
	before := heap()
	for i := 0; b.Loop(); i++ {
		id := dynomad.AppID(fmt.Sprintf("01936b1e-0000-7000-8000-%012d", i%apps))
		if err := l.Append(b.Context(), id, "agent/v1/stdout", int64(i), line); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(heap()-before)/float64(min(b.N, apps)), "B/app")
	runtime.KeepAlive(l)
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
