package hcl

import (
	"math"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// A price is what a call costs beside its arguments and its result, which are paid for anyway. It is reckoned from the
// arguments before the call is made.
type price func(args []cty.Value) int

// all is what the arguments weigh together.
func all(args []cty.Value) int {
	sum := 0
	for _, a := range args {
		w, _ := weigh(a, budget)
		sum = add(sum, w)
	}
	return sum
}

// add and times stay over the budget once they are there.
func add(a, b int) int { return min(a+b, math.MaxInt32) }

func times(a, b int) int {
	if a > 0 && b > math.MaxInt32/a {
		return math.MaxInt32
	}
	return a * b
}

// square is the price of what compares everything with everything.
func square(args []cty.Value) int {
	w := all(args)
	return times(w, w) / 64
}

// unification is the price of finding a type that both have.
func unification(a, b cty.Value) int {
	if a.Type().IsPrimitiveType() && b.Type().IsPrimitiveType() {
		return 0
	}
	return square([]cty.Value{a, b})
}

// product is the price of what writes one argument for each byte of the others.
func product(args []cty.Value) int {
	p := 1
	for _, a := range args {
		p = times(p, 1+size(a))
	}
	return p / bytesAStep
}

func size(v cty.Value) int {
	if v.IsNull() || v.Type() != cty.String {
		w, _ := weigh(v, budget)
		return w
	}
	return len(v.AsString())
}

// replacing is the price of replace(text, what, by): by is written at most as often as there is room for what.
func replacing(args []cty.Value) int {
	return times(1+size(args[0])/max(1, size(args[1])), 1+size(args[2])) / bytesAStep
}

// joining is the price of join: the separator, between all.
func joining(args []cty.Value) int {
	return times(1+size(args[0])/bytesAStep, all(args[1:]))
}

// indenting is the price of indent(spaces, text).
func indenting(args []cty.Value) int {
	spaces, _ := args[0].AsBigFloat().Int64()
	if spaces < 0 || spaces > MaxBytes {
		return math.MaxInt32
	}
	return times(int(spaces), 1+strings.Count(args[1].AsString(), "\n")) / bytesAStep
}

// formatting is the price of format and formatlist: each verb may print any argument, and may ask for any width.
func formatting(args []cty.Value) int {
	text := args[0]
	if text.IsNull() || text.Type() != cty.String {
		return 0
	}
	width, digits, longest := 0, 0, 1
	for _, c := range text.AsString() + " " {
		if c >= '0' && c <= '9' {
			digits = min(10*digits+int(c-'0'), math.MaxInt32)
		} else {
			width, digits = add(width, digits), 0
		}
	}
	numbers := numberVerb.MatchString(text.AsString())
	for _, a := range args[1:] {
		if !a.IsNull() && a.CanIterateElements() {
			longest = max(longest, a.LengthInt())
		}
		if numbers && immodest(a) {
			return math.MaxInt32 // it would be written out
		}
	}
	each := add(times(1+strings.Count(text.AsString(), "%"), all(args)), width)
	return times(each, longest)
}

// numberVerb finds a verb of format's that takes a text for a number.
var numberVerb = regexp.MustCompile(`%[^a-zA-Z%]*[bdoxXeEfgG]`)

// immodest says whether a text, or one in a list, is a number beyond all bounds.
func immodest(v cty.Value) bool {
	if v.IsNull() {
		return false
	}
	if v.CanIterateElements() {
		return slices.ContainsFunc(v.AsValueSlice(), immodest)
	}
	if v.Type() != cty.String {
		return false
	}
	if len(v.AsString()) > maxDigits {
		return true
	}
	n, err := cty.ParseNumberVal(v.AsString())
	return err == nil && !modestNumber(n.AsBigFloat())
}

func matchingOnce(args []cty.Value) int { return matching(args[1], args[0], 0) }

// matchingAll has a match to keep for each byte at most.
func matchingAll(args []cty.Value) int { return matching(args[1], args[0], bytesAStep) }

// matchingReplacing may write the whole text for each $0 in by, and by for each byte.
func matchingReplacing(args []cty.Value) int {
	return add(matching(args[0], args[1], size(args[2])), product([]cty.Value{args[0], args[2]}))
}

// matching is the price of a regular expression: each of its steps for each byte, and what is made of each.
func matching(text, pattern cty.Value, by int) int {
	re, err := syntax.Parse(pattern.AsString(), syntax.Perl)
	if err != nil {
		return 0 // it is refused
	}
	return times(times(steps(re), 1+size(text)), 1+by) / bytesAStep
}

func steps(re *syntax.Regexp) int {
	n := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		n = add(n, steps(sub))
	}
	if re.Op == syntax.OpRepeat {
		n = times(n, 1+max(re.Min, re.Max))
	}
	return n
}

// deepJSON is the price of jsondecode, whose parser calls itself.
func deepJSON(args []cty.Value) int {
	depth, most := 0, 0
	for _, c := range args[0].AsString() {
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		}
		most = max(most, depth)
	}
	if most > maxDepth {
		return math.MaxInt32
	}
	return square(args)
}
