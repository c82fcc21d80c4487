package hcl

import (
	"maps"
	"math/big"
	"reflect"
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// mapping reads a block whose settings have any names.
func (o *overlayReader) mapping(b *hclsyntax.Block, t reflect.Type) map[string]any {
	if t.Elem().Kind() == reflect.Interface {
		return o.anything(b.Body)
	}
	out := map[string]any{}
	for _, inner := range b.Body.Blocks {
		o.fail(inner.TypeRange, b.Type+" holds only settings", "write "+inner.Type+" = …")
	}
	for _, name := range slices.Sorted(maps.Keys(b.Body.Attributes)) {
		a := b.Body.Attributes[name]
		value, ok := o.value(a.AsHCLAttribute())
		switch {
		case !ok:
		case value.IsNull():
			out[name] = nil
		default:
			if v, ok := o.convert(a, value, t.Elem()); ok {
				out[name] = v
			}
		}
	}
	return out
}

// maxLabels bounds how deep the labels of one block can nest.
const maxLabels = 8

// anything reads a block whose settings have any names and any values, such as a driver's configuration, as Nomad's parser
// does: blocks of one name are a list of maps, and so is an object after an equals sign. A block's labels are maps around it.
func (o *overlayReader) anything(b *hclsyntax.Body) map[string]any {
	out := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(b.Attributes)) {
		a := b.Attributes[name]
		value, ok := o.value(a.AsHCLAttribute())
		if !ok {
			continue
		}
		if !value.IsWhollyKnown() || value.ContainsMarked() || !finite(value) {
			o.fail(a.Expr.Range(), a.Name+" has to be a value", "")
			continue
		}
		out[name] = plainValue(value)
		if _, written := a.Expr.(*hclsyntax.ObjectConsExpr); written {
			out[name] = []any{out[name]}
		}
	}
	names, blocks := blocksByName(b)
	for _, name := range names {
		if value, twice := out[name]; twice && value != nil {
			o.fail(blocks[name][0].TypeRange, "\""+name+"\" is there as a setting and as a block", "join the two")
		}
		var list []any
		for _, block := range blocks[name] {
			if len(block.Labels) > maxLabels {
				o.fail(block.LabelRanges[maxLabels], "the block \""+name+"\" has too many names", "write at most "+strconv.Itoa(maxLabels))
				continue
			}
			element := o.anything(block.Body)
			for _, label := range slices.Backward(block.Labels) {
				element = map[string]any{label: []any{element}}
			}
			list = append(list, element)
		}
		out[name] = list
	}
	return out
}

// plainValue is a value in JSON's types.
func plainValue(value cty.Value) any {
	t := value.Type()
	switch {
	case value.IsNull():
		return nil
	case t == cty.String:
		return value.AsString()
	case t == cty.Bool:
		return value.True()
	case t == cty.Number:
		if i, accuracy := value.AsBigFloat().Int64(); accuracy == big.Exact {
			return i
		}
		f, _ := value.AsBigFloat().Float64()
		return f
	case t.IsObjectType() || t.IsMapType():
		out := map[string]any{}
		for name, v := range value.AsValueMap() {
			out[name] = plainValue(v)
		}
		return out
	case t.IsTupleType() || t.IsListType() || t.IsSetType():
		out := []any{}
		for _, v := range value.AsValueSlice() {
			out = append(out, plainValue(v))
		}
		return out
	default:
		return nil // a function's own kind of value, which no text shows
	}
}
