package hcl

import (
	"slices"
	"strconv"

	hclv2 "github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/dynomad/dynomad"
)

// Place gives problems that know only which setting is to blame the place of that setting in a file: of the setting itself, or
// of the innermost block around it that is there. A problem whose setting comes from elsewhere is left as it is.
func Place(file string, src []byte, ps dynomad.Problems) dynomad.Problems {
	ps = slices.Clone(ps)
	if !slices.ContainsFunc(ps, unplaced) {
		return ps
	}
	_, body := parse(file, src)
	if body == nil {
		return ps
	}
	for i, p := range ps {
		if !unplaced(p) {
			continue
		}
		if found := seek(body, p.Setting); found.depth > 0 {
			ps[i].File = file
			place(&ps[i], src, found.at)
		}
	}
	return ps
}

func unplaced(p dynomad.Problem) bool { return p.Line == 0 && len(p.Setting) > 0 }

// Position says on which line of a file a setting stands. ok is false where the file does not say it.
func Position(file string, src []byte) func(setting []string) (line int, ok bool) {
	_, body := parse(file, src)
	return func(setting []string) (int, bool) {
		if body == nil {
			return 0, false
		}
		found := seek(body, setting)
		return found.line, found.said
	}
}

// spot is how far a path could be followed.
type spot struct {
	at    hclv2.Range // what to blame
	line  int         // where it begins, its name included
	depth int         // how much of the path it is
	said  bool        // the path's end was reached, or a value that says it
}

// better prefers what follows the path further, and of two as far the first.
func (s spot) better(other spot) bool {
	return s.depth > other.depth || s.depth == other.depth && s.said && !other.said
}

// seek follows a path of names and labels into a body.
func seek(body *hclsyntax.Body, path []string) spot {
	var best spot
	if len(path) == 0 {
		return best
	}
	if a := body.Attributes[path[0]]; a != nil {
		best = within(a.Expr, path[1:])
		best.depth++
		best.said = true
		if best.line == 0 {
			best.line = a.SrcRange.Start.Line
		}
	}
	kind := func(name string) string { // a problem may not know whether it is about a process or a cron
		if name == "cron" {
			return "process"
		}
		return name
	}
	nth := 0 // of the blocks of this name
	for _, b := range body.Blocks {
		if kind(b.Type) != kind(path[0]) {
			continue
		}
		if found, ok := seekBlock(b, path[1:], nth); ok && found.better(best) {
			best = found
		}
		nth++
	}
	return best
}

// seekBlock follows a path behind a block's name: perhaps its label, or which of several it is.
func seekBlock(b *hclsyntax.Block, path []string, nth int) (spot, bool) {
	here := spot{at: b.DefRange(), line: b.TypeRange.Start.Line, depth: 1}
	if len(b.Labels) > 0 {
		if len(path) > 0 && path[0] == b.Labels[0] {
			here.depth, path = 2, path[1:]
		} else if b.Type == "process" || b.Type == "cron" {
			return spot{}, false
		}
	} else if len(path) > 0 {
		if index, err := strconv.Atoi(path[0]); err == nil {
			if index != nth {
				return spot{}, false
			}
			here.depth, path = 2, path[1:]
		}
	}
	if len(path) == 0 {
		here.said = true
		return here, true
	}
	if inner := seek(b.Body, path); inner.depth > 0 {
		inner.depth += here.depth
		return inner, true
	}
	return here, true
}

// within follows a path into a value that is written down.
func within(x hclsyntax.Expression, path []string) spot {
	here := spot{at: x.Range()}
	if len(path) == 0 {
		return here
	}
	var next hclsyntax.Expression
	line := 0
	switch x := x.(type) {
	case *hclsyntax.ObjectConsExpr:
		for _, item := range x.Items {
			if keyName(item.KeyExpr) == path[0] {
				next, line = item.ValueExpr, item.KeyExpr.Range().Start.Line
			}
		}
	case *hclsyntax.TupleConsExpr:
		if i, err := strconv.Atoi(path[0]); err == nil && i >= 0 && i < len(x.Exprs) {
			next, line = x.Exprs[i], x.Exprs[i].Range().Start.Line
		}
	}
	if next == nil {
		return here
	}
	found := within(next, path[1:])
	found.depth++
	if found.line == 0 {
		found.line = line
	}
	return found
}
