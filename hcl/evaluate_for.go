package hcl

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// splat is list[*].name.
func (e *evaluator) splat(x *hclsyntax.SplatExpr) (cty.Value, bool) {
	source, ok := e.eval(x.Source)
	if !ok {
		return cty.NilVal, false
	}
	var elements []cty.Value
	switch list := isList(source.Type()); {
	case source.IsNull() && list:
		return e.fail(x.Source.Range(), "there is no list here, and so no elements of it", "")
	case source.IsNull(): // nothing is a list of nothing
	case list:
		elements = source.AsValueSlice()
	default:
		elements = []cty.Value{source}
	}
	out := make([]cty.Value, 0, len(elements))
	for _, element := range elements {
		e.items[x.Item] = element
		v, ok := e.eval(x.Each)
		if !ok {
			return cty.NilVal, false
		}
		out = append(out, v)
	}
	return e.done(x, cty.TupleVal(out))
}

// forEach is [for …] and {for …}.
func (e *evaluator) forEach(x *hclsyntax.ForExpr) (cty.Value, bool) {
	collection, ok := e.eval(x.CollExpr)
	if !ok {
		return cty.NilVal, false
	}
	if collection.IsNull() || !collection.CanIterateElements() {
		return e.fail(x.CollExpr.Range(), "for needs a list, or names and values", "")
	}
	f := &gathering{e: e, x: x, byName: map[string][]cty.Value{}}
	for it := collection.ElementIterator(); it.Next(); {
		key, value := it.Element()
		names := map[string]cty.Value{x.ValVar: value}
		if x.KeyVar != "" {
			names[x.KeyVar] = key
		}
		e.loops = append(e.loops, names)
		ok := f.one()
		e.loops = e.loops[:len(e.loops)-1]
		if !ok {
			return cty.NilVal, false
		}
	}
	return e.done(x, f.result())
}

// gathering is what a for has come to so far.
type gathering struct {
	e      *evaluator
	x      *hclsyntax.ForExpr
	values []cty.Value
	byName map[string][]cty.Value
}

// one adds what one element makes.
func (f *gathering) one() bool {
	if f.x.CondExpr != nil {
		condition, ok := f.e.eval(f.x.CondExpr)
		if !ok {
			return false
		}
		wanted, err := convert.Convert(condition, cty.Bool)
		if err != nil || wanted.IsNull() {
			f.e.fail(f.x.CondExpr.Range(), "the condition has to be true or false", "")
			return false
		}
		if wanted.False() {
			return true
		}
	}
	value, ok := f.e.eval(f.x.ValExpr)
	if !ok {
		return false
	}
	if f.x.KeyExpr == nil {
		f.values = append(f.values, value)
		return true
	}
	key, ok := f.e.eval(f.x.KeyExpr)
	if !ok {
		return false
	}
	name, err := convert.Convert(key, cty.String)
	if err != nil || name.IsNull() {
		f.e.fail(f.x.KeyExpr.Range(), "a name has to be a text", "")
		return false
	}
	if f.byName[name.AsString()] != nil && !f.x.Group {
		f.e.fail(f.x.KeyExpr.Range(), fmt.Sprintf("the name %q comes twice", name.AsString()), "write ... behind the value to get a list for each name")
		return false
	}
	f.byName[name.AsString()] = append(f.byName[name.AsString()], value)
	return true
}

func (f *gathering) result() cty.Value {
	if f.x.KeyExpr == nil {
		return cty.TupleVal(f.values)
	}
	named := make(map[string]cty.Value, len(f.byName))
	for _, name := range slices.Sorted(maps.Keys(f.byName)) {
		if f.x.Group {
			named[name] = cty.TupleVal(f.byName[name])
		} else {
			named[name] = f.byName[name][0]
		}
	}
	return cty.ObjectVal(named)
}
