package translator_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/hcl"
	"github.com/dynomad/dynomad/translator"
)

// app is an app with this many process types, of which the first is web, two domains and some config.
func app(types int) dynomad.Blueprint {
	bp := dynomad.Blueprint{
		App:     dynomad.App{Name: "hello"},
		Release: dynomad.Release{Version: 12, Status: dynomad.ReleasePending},
		Slug:    dynomad.Slug{URL: "http://127.0.0.1:5001/blobs/slugs/5f70.tar.gz?op=get&sig=abc", SHA256: "5f70bf18a086007016e948b04aed3b82"},
		Config:  dynomad.Config{"DATABASE_URL": "postgres://localhost/hello", "GREETING": "hello", "THREADS": "4"},
		Domains: []dynomad.Domain{{Hostname: "www.example.com"}, {Hostname: "*.example.net"}},
	}
	for i := range types {
		kind := dynomad.Web
		if i > 0 {
			kind = dynomad.ProcessType(fmt.Sprintf("worker-%d", i))
		}
		bp.Processes = append(bp.Processes, dynomad.Process{
			Type: kind, Command: `exec ./server --port "${PORT:-80}"`,
			Settings: dynomad.Settings{Env: map[string]string{"ROLE": string(kind)}, Memory: new(256)},
		})
		bp.Formation = append(bp.Formation, dynomad.FormationEntry{Type: kind, Quantity: 2})
	}
	return bp
}

// BenchmarkTranslate is about apps of four process types, as translated apps a second on one core.
func BenchmarkTranslate(b *testing.B) {
	to, bp := local(b), app(4)
	b.ReportAllocs()
	for b.Loop() {
		if _, problems := translator.Translate(bp, to); problems != nil {
			b.Fatal(problems)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "apps/s")
}

// BenchmarkText is Translate and the job's text: many apps in one process, of which each takes the memory of the first.
func BenchmarkText(b *testing.B) {
	to, bp := local(b), app(4)
	b.ReportAllocs()
	for b.Loop() {
		bundle, problems := translator.Translate(bp, to)
		if problems != nil {
			b.Fatal(problems)
		}
		hcl.FormatJob(bundle.Jobs[0])
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "apps/s")
}

// BenchmarkTypes shows that time and memory grow with the process types and no faster: the numbers a type stay the same.
func BenchmarkTypes(b *testing.B) {
	to := local(b)
	for _, types := range []int{1, 10, 100, 1000, 10000} {
		b.Run(fmt.Sprint(types), func(b *testing.B) {
			bp := app(types)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for b.Loop() {
				_, _ = translator.Translate(bp, to)
			}
			runtime.ReadMemStats(&after)
			all := float64(b.N) * float64(types)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/all, "ns/type")
			b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/all, "B/type")
		})
	}
}

func BenchmarkDigest(b *testing.B) {
	bundle, _ := translator.Translate(app(4), local(b))
	for b.Loop() {
		translator.Digest(bundle.Jobs[0])
	}
}

// TestMemoryIsLinear: a hundred times as many process types take a hundred times the memory, give or take a tenth.
func TestMemoryIsLinear(t *testing.T) {
	to := local(t)
	perType := func(types int) float64 {
		bp := app(types)
		return testing.AllocsPerRun(5, func() { _, _ = translator.Translate(bp, to) }) / float64(types)
	}
	if few, many := perType(10), perType(1000); many > 1.1*few {
		t.Errorf("%.1f allocations a type with 10 types, %.1f with 1000", few, many)
	}
}
