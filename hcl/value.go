package hcl

import (
	"strconv"
	"time"

	hclv2 "github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/dynomad/dynomad"
)

// Each function here makes the reader of one kind of value, which puts it where the pointer leads.

func (r *reader) text(into **string) func(*hclv2.Attribute) {
	return func(a *hclv2.Attribute) {
		var s string
		if r.as(a, cty.String, `a text in quotes`, func(v cty.Value) bool { s = v.AsString(); return true }) {
			*into = &s
		}
	}
}

func (r *reader) word(into *string) func(*hclv2.Attribute) {
	return func(a *hclv2.Attribute) {
		r.as(a, cty.String, `a text in quotes`, func(v cty.Value) bool { *into = v.AsString(); return true })
	}
}

func (r *reader) words(into *[]string) func(*hclv2.Attribute) {
	return func(a *hclv2.Attribute) {
		r.as(a, cty.List(cty.String), `a list such as ["usr", "etc"]`, func(v cty.Value) bool {
			for _, e := range v.AsValueSlice() {
				if e.IsNull() {
					return false
				}
				*into = append(*into, e.AsString())
			}
			return true
		})
	}
}

func (r *reader) flag(into **bool) func(*hclv2.Attribute) {
	return func(a *hclv2.Attribute) {
		var b bool
		if r.as(a, cty.Bool, `true or false`, func(v cty.Value) bool { b = v.True(); return true }) {
			*into = &b
		}
	}
}

func (r *reader) number(into **int) func(*hclv2.Attribute) {
	return r.bounded(into, "a whole number, 0 or more", 1<<31-1)
}

func (r *reader) quantity(into **int) func(*hclv2.Attribute) {
	return r.bounded(into, "a number of dynos from 0 to "+strconv.Itoa(dynomad.MaxQuantity), dynomad.MaxQuantity)
}

func (r *reader) bounded(into **int, what string, most int) func(*hclv2.Attribute) {
	return func(a *hclv2.Attribute) {
		var n int
		if r.as(a, cty.Number, what, func(v cty.Value) bool {
			whole, _ := v.AsBigFloat().Int64()
			n = int(whole)
			return v.AsBigFloat().IsInt() && n >= 0 && n <= most
		}) {
			*into = &n
		}
	}
}

func (r *reader) duration(into **time.Duration) func(*hclv2.Attribute) {
	return func(a *hclv2.Attribute) {
		var d time.Duration
		if r.as(a, cty.String, `a time such as "30s", "1m30s" or "500ms"`, func(v cty.Value) bool {
			var err error
			d, err = time.ParseDuration(v.AsString())
			return err == nil && d >= 0
		}) {
			*into = &d
		}
	}
}

func (r *reader) env(into *map[string]string) func(*hclv2.Attribute) {
	return func(a *hclv2.Attribute) {
		r.as(a, cty.Map(cty.String), `names and texts such as { GREETING = "hello" }`, func(v cty.Value) bool {
			env := map[string]string{}
			for name, value := range v.AsValueMap() {
				if value.IsNull() {
					return false
				}
				env[name] = value.AsString()
			}
			*into = env
			return true
		})
	}
}

// as reads an attribute's value as a type and hands it to take, which says whether it is a good one. what completes the
// sentence "NAME has to be …".
func (r *reader) as(a *hclv2.Attribute, kind cty.Type, what string, take func(cty.Value) bool) bool {
	if at, ok := plain(a.Expr); !ok {
		r.fail(at, a.Name+" has to be written down; nothing is computed here", "")
		return false
	}
	value, diagnostics := a.Expr.Value(nil)
	if diagnostics.HasErrors() {
		r.diagnostics = append(r.diagnostics, diagnostics...)
		return false
	}
	value, err := convert.Convert(value, kind)
	if err == nil && !value.IsNull() && value.IsWhollyKnown() && take(value) {
		return true
	}
	r.fail(a.Expr.Range(), a.Name+" has to be "+what, "")
	return false
}
