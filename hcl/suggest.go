package hcl

import (
	"slices"
	"strconv"
	"strings"

	"github.com/agext/levenshtein"
)

// nearest is the name that was probably meant, or "". A name is near if a third of it is wrong at most.
func nearest(name string, names []string) string {
	const longest = 60
	best, least := "", max(1, len(name)/3)+1
	if len(name) > longest {
		return ""
	}
	names = slices.Sorted(slices.Values(names)) // of two that are as near, always the same
	for _, candidate := range names {
		if strings.EqualFold(strings.ReplaceAll(name, "-", "_"), candidate) {
			return candidate
		}
		if swapped(name, candidate) {
			return candidate
		}
		if d := levenshtein.Distance(name, candidate, nil); d < least {
			best, least = candidate, d
		}
	}
	return best
}

// didYouMean is the hint with the nearest name, or other if there is none.
func didYouMean(name string, names []string, other string) string {
	if meant := nearest(name, names); meant != "" {
		return "did you mean " + strconv.Quote(meant) + "?"
	}
	return other
}

// swapped says whether two names are the same but for two neighbours that have changed places, the commonest slip of all.
func swapped(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) - 1 {
		if a[i] != b[i] {
			return a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
		}
	}
	return false
}
