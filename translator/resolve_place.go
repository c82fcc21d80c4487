package translator

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dynomad/dynomad"
)

// How Nomad compares an attribute of a machine with a value.
var (
	comparisons = []string{"=", "==", "is", "!=", "not", "<", "<=", ">", ">=", "regexp", "version", "semver", "set_contains", "set_contains_all", "set_contains_any"}
	existence   = []string{"is_set", "is_not_set"}
	distinct    = []string{"distinct_hosts", "distinct_property"}

	// attributes are what Nomad fills in of a machine.
	attributes = regexp.MustCompile(`^\$\{(node\.(unique\.id|unique\.name|datacenter|class|pool)|(attr|device|meta)\..+)\}$`)

	// versions is a list of bounds: ">= 1.2, < 2".
	versions = regexp.MustCompile(`^\s*([=!<>~^]|[!<>]=|~>)?\s*v?\d+(\.\d+)*[-+0-9A-Za-z.]*\s*(,\s*([=!<>~^]|[!<>]=|~>)?\s*v?\d+(\.\d+)*[-+0-9A-Za-z.]*\s*)*$`)
)

const (
	maxWeight  = 100
	maxPercent = 100
)

func (r *resolver) constraints(all []dynomad.Constraint) []dynomad.Constraint {
	for i, c := range all {
		operator := value(c.Operator)
		r.comparison("constraint", i, value(c.Attribute), operator, value(c.Value), slices.Concat(comparisons, existence, distinct))
		if operator == "distinct_property" && c.Value != nil {
			if n, err := strconv.Atoi(*c.Value); err != nil || n < 1 {
				r.fail("say how many dynos may share it, 1 or more", fmt.Sprintf("has a constraint of distinct_property %q", *c.Value), "constraint", strconv.Itoa(i), "value")
			}
		}
	}
	return all
}

func (r *resolver) affinities(all []dynomad.Affinity) []dynomad.Affinity {
	for i, a := range all {
		r.comparison("affinity", i, value(a.Attribute), value(a.Operator), value(a.Value), comparisons)
		if w := a.Weight; w != nil && (*w == 0 || *w < -maxWeight || *w > maxWeight) {
			r.fail("use -100 to 100 and not 0", fmt.Sprintf("has an affinity of the weight %d", *w), "affinity", strconv.Itoa(i), "weight")
		}
	}
	return all
}

// comparison finds what Nomad would refuse of a constraint or an affinity.
func (r *resolver) comparison(block string, i int, attribute, operator, val string, known []string) {
	fail := func(field, hint, text string) { r.fail(hint, "has "+text, block, strconv.Itoa(i), field) }
	if operator == "" {
		operator = "="
	}
	in := "a " + block
	if block == "affinity" {
		in = "an " + block
	}
	_, err := regexp.Compile(val)
	wants := slices.Contains(comparisons, operator)
	switch {
	case !slices.Contains(known, operator):
		fail("operator", "use one of "+strings.Join(known, " "), fmt.Sprintf("in %s the operator %q, which there is not", in, operator))
	case attribute == "" && operator != "distinct_hosts":
		fail("attribute", `say attribute = "${attr.kernel.name}" or another of the machine's`, "no attribute in "+in)
	case strings.HasPrefix(attribute, "$") && !attributes.MatchString(attribute):
		fail("attribute", `write it as "${attr.kernel.name}", "${meta.NAME}" or "${node.datacenter}"`, fmt.Sprintf("in %s the attribute %q, which no machine has", in, attribute))
	case wants && val == "":
		fail("value", "say with what the attribute is compared", "no value in "+in)
	case slices.Contains(existence, operator) && val != "":
		fail("value", "leave it out", fmt.Sprintf("a value in %s, for which %s has no use", in, operator))
	case operator == "regexp" && err != nil:
		fail("value", "mend the regular expression", fmt.Sprintf("in %s a value that no regular expression is: %v", in, err))
	case (operator == "version" || operator == "semver") && !versions.MatchString(val):
		fail("value", `write it as ">= 1.2, < 2"`, fmt.Sprintf("in %s the value %q, which compares no versions", in, val))
	}
}

func (r *resolver) spreads(all []dynomad.Spread) []dynomad.Spread {
	for i, s := range all {
		at := strconv.Itoa(i)
		if value(s.Attribute) == "" {
			r.fail(`say attribute = "${node.datacenter}" or another of the machine's`, "has no attribute in a spread", "spread", at)
		}
		if w := s.Weight; w != nil && (*w < 1 || *w > maxWeight) {
			r.fail("use 1 to 100", fmt.Sprintf("has a spread of the weight %d", *w), "spread", at, "weight")
		}
		sum, seen := 0, map[string]bool{}
		for _, t := range s.Targets {
			percent := value(t.Percent)
			if percent < 0 || percent > maxPercent {
				r.fail("use 0 to 100", fmt.Sprintf("has a spread with %d percent", percent), "spread", at, "target", t.Value, "percent")
			}
			if seen[t.Value] {
				r.fail("join the two targets", fmt.Sprintf("has a spread with the target %q twice", t.Value), "spread", at, "target", t.Value)
			}
			seen[t.Value] = true
			sum += percent
		}
		if sum > maxPercent {
			r.fail("all targets together may have 100", fmt.Sprintf("has a spread with %d percent in all", sum), "spread", at)
		}
	}
	return all
}
