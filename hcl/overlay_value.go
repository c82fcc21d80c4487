package hcl

import (
	"math/big"
	"reflect"
	"time"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// convert makes of a setting's value what Nomad's JSON says for a field of this type.
func (o *overlayReader) convert(a *hclsyntax.Attribute, value cty.Value, t reflect.Type) (any, bool) {
	if out, ok := converted(value, t); ok {
		return out, true
	}
	o.fail(a.Expr.Range(), a.Name+" has to be "+wanted(t), "")
	return nil, false
}

// wanted completes the sentence "NAME has to be …".
func wanted(t reflect.Type) string {
	if t == reflect.TypeFor[time.Duration]() {
		return `a time such as "30s", "1m30s" or "500ms"`
	}
	switch t.Kind() {
	case reflect.String:
		return "a text in quotes"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		if t.Elem().Kind() != reflect.String {
			return "a list of whole numbers such as [80, 443]"
		}
		return `a list of texts such as ["a", "b"]`
	case reflect.Map:
		return `names and texts such as { NAME = "text" }`
	case reflect.Int8:
		return "a whole number from -128 to 127"
	case reflect.Uint8:
		return "a whole number from 0 to 255"
	case reflect.Uint, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number, 0 or more"
	default:
		return "a whole number"
	}
}

func converted(value cty.Value, t reflect.Type) (any, bool) {
	if !value.IsWhollyKnown() || value.IsMarked() || !finite(value) {
		return nil, false
	}
	if t == reflect.TypeFor[time.Duration]() {
		return duration(value)
	}
	switch t.Kind() {
	case reflect.Slice:
		return listOf(value, t.Elem())
	case reflect.Map:
		return mapOf(value, t.Elem())
	case reflect.String:
		value, err := convert.Convert(value, cty.String)
		if err != nil || value.IsNull() {
			return nil, false
		}
		return value.AsString(), true
	case reflect.Bool:
		value, err := convert.Convert(value, cty.Bool)
		if err != nil || value.IsNull() {
			return nil, false
		}
		return value.True(), true
	default:
		value, err := convert.Convert(value, cty.Number)
		if err != nil || value.IsNull() {
			return nil, false
		}
		return whole(value.AsBigFloat(), t)
	}
}

// finite is false where a value holds a number beyond all use, which as a text could have millions of digits.
func finite(value cty.Value) bool {
	const bits = 1000
	ok := true
	_ = cty.Walk(value, func(_ cty.Path, v cty.Value) (bool, error) {
		if v.Type() == cty.Number && v.IsKnown() && !v.IsNull() {
			n := v.AsBigFloat()
			exponent := n.MantExp(nil)
			ok = ok && !n.IsInf() && exponent < bits && exponent > -bits
		}
		return ok, nil
	})
	return ok
}

func whole(n *big.Float, t reflect.Type) (any, bool) {
	zero := reflect.Zero(t)
	if zero.CanUint() {
		u, accuracy := n.Uint64()
		return u, accuracy == big.Exact && !zero.OverflowUint(u)
	}
	i, accuracy := n.Int64()
	return i, accuracy == big.Exact && zero.CanInt() && !zero.OverflowInt(i)
}

// duration is a time as text. Nomad takes numbers too, as nanoseconds, which nobody means who writes 30.
func duration(value cty.Value) (any, bool) {
	switch {
	case value.IsNull():
		return nil, false
	case value.Type() == cty.String:
		d, err := time.ParseDuration(value.AsString())
		return int64(d), err == nil
	case value.Type() == cty.Number:
		d, ok := whole(value.AsBigFloat(), reflect.TypeFor[int64]())
		ns, _ := d.(int64)
		return ns, ok && (ns == 0 || ns >= int64(time.Millisecond))
	default:
		return nil, false
	}
}

func listOf(value cty.Value, element reflect.Type) (any, bool) {
	if t := value.Type(); value.IsNull() || !t.IsTupleType() && !t.IsListType() && !t.IsSetType() {
		return nil, false
	}
	out := []any{}
	for _, v := range value.AsValueSlice() {
		item, ok := converted(v, element)
		if !ok {
			return nil, false
		}
		out = append(out, item)
	}
	return out, true
}

// mapOf reads names and values. A null there takes the name away.
func mapOf(value cty.Value, element reflect.Type) (any, bool) {
	if value.IsNull() || !value.Type().IsObjectType() && !value.Type().IsMapType() {
		return nil, false
	}
	out := map[string]any{}
	for name, v := range value.AsValueMap() {
		item, ok := any(nil), v.IsNull()
		if !ok {
			item, ok = converted(v, element)
		}
		if !ok {
			return nil, false
		}
		out[name] = item
	}
	return out, true
}
