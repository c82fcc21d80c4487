package logplex

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad/logplex/frame"
)

var sample = record{
	first: 7,
	marks: []namedMark{{"8f/v1/stdout", mark{frame.Position{File: 3, Offset: 107}, true, 1795420800}}},
	runs: []run{
		{time.UnixMicro(1795420800000005).UTC(), "app", "web.1", 2, []byte("one\ntwo\n")},
		{time.UnixMicro(1795420800000006).UTC(), "heroku", "router", 1, []byte("at=info\n")},
	},
}

var exported = cmp.AllowUnexported(record{}, namedMark{}, mark{}, run{})

func TestARecordIsReadBack(t *testing.T) {
	got, rest, ok := readRecord(append(sample.append(nil), "more"...))
	if !ok || string(rest) != "more" {
		t.Fatalf("rest %q, %v", rest, ok)
	}
	if diff := cmp.Diff(sample, got, exported); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got.lines() != 3 {
		t.Errorf("%d lines, want 3", got.lines())
	}
}

func TestADamagedRecordIsTorn(t *testing.T) {
	whole := sample.append(nil)
	for cut := range len(whole) {
		if _, _, ok := readRecord(whole[:cut]); ok {
			t.Errorf("cut at %d it is read", cut)
		}
	}
	for i := range whole {
		damaged := append([]byte(nil), whole...)
		damaged[i] ^= 0x40
		if _, _, ok := readRecord(damaged); ok {
			t.Errorf("with byte %d changed it is read", i)
		}
	}
}

func FuzzReadRecord(f *testing.F) {
	f.Add(sample.append(nil))
	f.Add(record{first: 1}.append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, rest, ok := readRecord(b)
		if ok && len(rest) >= len(b) {
			t.Errorf("%d bytes read left %d", len(b), len(rest))
		}
		_ = r.lines()
	})
}
