package platform_test

import (
	"fmt"
	"testing"

	"github.com/dynomad/dynomad"
)

// BenchmarkSweep5000 is a sweep of 5,000 apps of which none moved. It may take a second of CPU and one List call.
func BenchmarkSweep5000(b *testing.B) {
	const apps = 5000
	w := newWorld(b)
	for i := range apps {
		name := fmt.Sprintf("app-%d", i)
		w.create(dynomad.AppName(name))
		w.builder.Upload(name, "web: serve $PORT\n")
		must[dynomad.Build](w)(w.CreateBuild(b.Context(), w.ada, name, sources+name, ""))
	}
	w.ok(w.RunBuilds(b.Context()))
	w.want("pending", w.settle(), 0)
	calls, applied := w.nomad.Calls("Jobs"), w.nomad.Calls("Apply")
	b.ResetTimer()
	for b.Loop() {
		report, err := w.Sweep(b.Context())
		w.ok(err)
		w.want("report", []int{report.Apps, report.Synced, len(report.Failed)}, []int{apps, 0, 0})
	}
	b.StopTimer()
	w.want("List calls", w.nomad.Calls("Jobs")-calls, b.N)
	w.want("Apply calls", w.nomad.Calls("Apply"), applied)
}
