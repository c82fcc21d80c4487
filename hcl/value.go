package hcl

import (
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	hclv2 "github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// setting puts the value of an attribute into a field.
func (r *reader) setting(a *hclv2.Attribute, s *setting, into reflect.Value) {
	switch s.kind {
	case kindText:
		r.as(a, s, cty.String, func(v cty.Value) { set(into, r.checked(a.Expr.Range(), s, v.AsString())) })
	case kindFlag:
		r.as(a, s, cty.Bool, func(v cty.Value) { set(into, new(v.True())) })
	case kindNumber:
		r.as(a, s, cty.Number, func(v cty.Value) { set(into, r.number(a, s, v.AsBigFloat())) })
	case kindTime:
		r.as(a, s, cty.String, func(v cty.Value) { set(into, r.time(a, s, v.AsString())) })
	case kindNames:
		r.as(a, s, cty.Map(cty.String), func(v cty.Value) { r.names(a, v, into) })
	case kindList:
		r.list(a, s, into)
	}
}

// set puts what a pointer points to into a field that is a pointer or the thing itself. A nil pointer is a problem that has been
// reported.
func set[T any](into reflect.Value, value *T) {
	switch {
	case value == nil:
	case into.Kind() == reflect.Pointer:
		into.Set(reflect.ValueOf(value))
	default:
		into.Set(reflect.ValueOf(*value))
	}
}

// checked is a text, or nil if it is none of those that the setting may have.
func (r *reader) checked(at hclv2.Range, s *setting, text string) *string {
	if message, hint := s.wrong(text); message != "" {
		r.fail(at, message, hint)
		return nil
	}
	return &text
}

// wrong says what is wrong with a text for a setting, or "".
func (s *setting) wrong(text string) (message, hint string) {
	if len(s.oneOf) > 0 && !slices.Contains(s.oneOf, text) {
		return fmt.Sprintf("%s has to be %s", s.name, s.wanted()), didYouMean(text, s.oneOf, "")
	}
	if s.re != nil && !s.re.MatchString(text) {
		return fmt.Sprintf("%s has to be %s", s.name, s.wanted()), ""
	}
	if s.valid != nil {
		return s.valid(text)
	}
	return "", ""
}

func (r *reader) number(a *hclv2.Attribute, s *setting, f *big.Float) *int {
	whole, _ := f.Int64()
	n := int(whole)
	least, most := s.bounds()
	if !f.IsInt() || n < least || n > most || n == 0 && s.notZero {
		r.fail(a.Expr.Range(), a.Name+" has to be "+s.wanted(), "")
		return nil
	}
	return &n
}

func (r *reader) time(a *hclv2.Attribute, s *setting, text string) *time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		hint := ""
		if days, isDays := strings.CutSuffix(text, "d"); isDays {
			if n, err := strconv.Atoi(days); err == nil && n > 0 && n < 10000 {
				hint = fmt.Sprintf("write %q", strconv.Itoa(24*n)+"h")
			}
		} else if n, err := strconv.Atoi(text); err == nil && n >= 0 {
			hint = fmt.Sprintf("write %q", text+"s")
		}
		r.fail(a.Expr.Range(), a.Name+" has to be "+s.wanted(), hint)
		return nil
	}
	return &d
}

func (r *reader) names(a *hclv2.Attribute, v cty.Value, into reflect.Value) {
	names := map[string]string{}
	for name, value := range v.AsValueMap() {
		if value.IsNull() {
			r.fail(itemRange(a.Expr, name), fmt.Sprintf("%s has no value for %s", a.Name, name), `write a text, "" if it is to be empty`)
			return
		}
		names[name] = value.AsString()
	}
	into.Set(reflect.ValueOf(names))
}

// list reads a list of texts. Where one is often enough, it may stand alone.
func (r *reader) list(a *hclv2.Attribute, s *setting, into reflect.Value) {
	v, ok := r.value(a)
	if !ok {
		return
	}
	if s.single && !v.IsNull() && v.Type() == cty.String {
		v = cty.TupleVal([]cty.Value{v})
	}
	r.convert(a, s, v, cty.List(cty.String), func(v cty.Value) {
		texts, good := make([]string, 0, v.LengthInt()), true
		for i, e := range v.AsValueSlice() {
			text, ok := r.element(elementRange(a.Expr, i, v.LengthInt()), s, e, texts)
			texts, good = append(texts, text), good && ok
		}
		if good {
			into.Set(reflect.ValueOf(texts))
		}
	})
}

// element is one text of a list; before are those before it.
func (r *reader) element(at hclv2.Range, s *setting, e cty.Value, before []string) (string, bool) {
	if e.IsNull() {
		r.fail(at, s.name+" has to be "+s.wanted(), "")
		return "", false
	}
	text := r.checked(at, s, e.AsString())
	if text == nil {
		return "", false
	}
	if s.distinct && slices.Contains(before, *text) {
		r.fail(at, fmt.Sprintf("%q is there twice", *text), "remove one of them")
		return "", false
	}
	return *text, true
}

// elementRange is where an element of a list stands, if the list is written down.
func elementRange(x hclv2.Expression, i, of int) hclv2.Range {
	if list, ok := x.(*hclsyntax.TupleConsExpr); ok && len(list.Exprs) == of {
		return list.Exprs[i].Range()
	}
	return x.Range()
}

// itemRange is the same for names and values.
func itemRange(x hclv2.Expression, name string) hclv2.Range {
	if object, ok := x.(*hclsyntax.ObjectConsExpr); ok {
		for _, item := range object.Items {
			if keyName(item.KeyExpr) == name {
				return item.ValueExpr.Range()
			}
		}
	}
	return x.Range()
}

// keyName is the name of an item if it is written down, else "".
func keyName(key hclsyntax.Expression) string {
	k, ok := key.(*hclsyntax.ObjectConsKeyExpr)
	if !ok {
		return ""
	}
	if name := hclv2.ExprAsKeyword(k.Wrapped); name != "" && !k.ForceNonLiteral {
		return name
	}
	if template, ok := k.Wrapped.(*hclsyntax.TemplateExpr); ok && template.IsStringLiteral() {
		if v, diagnostics := template.Value(nil); !diagnostics.HasErrors() {
			return v.AsString()
		}
	}
	return ""
}

// as computes an attribute's value and hands it to take as a value of a type.
func (r *reader) as(a *hclv2.Attribute, s *setting, of cty.Type, take func(cty.Value)) {
	if v, ok := r.value(a); ok {
		r.convert(a, s, v, of, take)
	}
}

func (r *reader) convert(a *hclv2.Attribute, s *setting, v cty.Value, of cty.Type, take func(cty.Value)) {
	if v.IsNull() {
		r.fail(a.Expr.Range(), a.Name+" has no value", "leave the line out, or give it "+s.wanted())
		return
	}
	hint := ""
	if of == cty.Number && v.Type() == cty.String && len(v.AsString()) > maxDigits {
		v = cty.False // no number
	}
	converted, err := convert.Convert(v, of)
	if err == nil && converted.IsWhollyKnown() {
		take(converted)
		return
	}
	if s.kind == kindText && v.Type().IsTupleType() && s.name == "command" {
		hint = "a command of several texts, without a shell, is exec = [ … ]"
	}
	r.fail(a.Expr.Range(), a.Name+" has to be "+s.wanted(), hint)
}

// value is what an attribute's expression comes to; false if that is a problem, which has then been kept.
func (r *reader) value(a *hclv2.Attribute) (cty.Value, bool) {
	return r.evaluator.compute(a.Expr)
}
