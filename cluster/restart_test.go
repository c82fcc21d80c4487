package cluster

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/dynomad/dynomad"
)

// However many dynos of however many types: each is restarted once, in few rounds, and of a type with several some run on.
func TestBatches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var dynos []dynomad.Dyno
		total := map[dynomad.ProcessType]int{}
		for _, kind := range []dynomad.ProcessType{"web", "worker", "clock"} {
			total[kind] = rapid.IntRange(0, dynomad.MaxQuantity).Draw(t, string(kind))
			for i := range total[kind] {
				dynos = append(dynos, dynomad.Dyno{ID: dynomad.DynoID(dynomad.DynoName(kind, i)), Type: kind, Index: i + 1})
			}
		}
		seen := map[dynomad.DynoID]bool{}
		rounds := batches(dynos)
		for _, batch := range rounds {
			away := map[dynomad.ProcessType]int{}
			for _, d := range batch {
				if seen[d.ID] {
					t.Fatalf("%s is restarted twice", d.ID)
				}
				seen[d.ID] = true
				away[d.Type]++
			}
			for kind, n := range away {
				if total[kind] > 1 && n == total[kind] {
					t.Fatalf("all %d %s dynos are away at once", n, kind)
				}
			}
		}
		if len(seen) != len(dynos) || len(rounds) > restartRounds {
			t.Fatalf("%d of %d dynos in %d rounds", len(seen), len(dynos), len(rounds))
		}
	})
}
