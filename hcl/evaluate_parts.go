package hcl

import (
	"slices"
	"strings"

	hclv2 "github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// template is a text with ${…} and %{…} in it.
func (e *evaluator) template(x *hclsyntax.TemplateExpr) (cty.Value, bool) {
	y := hclsyntax.TemplateExpr{SrcRange: x.SrcRange}
	all := true
	for _, p := range x.Parts {
		v, ok := e.interpolation(p)
		if all = all && ok; ok {
			y.Parts = append(y.Parts, literally(v, p.Range()))
		}
	}
	if !all {
		return cty.NilVal, false
	}
	return e.finish(&y)
}

// interpolation is what ${…} comes to. Nomad's names are left for Nomad.
func (e *evaluator) interpolation(x hclsyntax.Expression) (cty.Value, bool) {
	if reference, ok := x.(*hclsyntax.ScopeTraversalExpr); ok && isNomads(reference.Traversal.RootName()) {
		if _, taken := e.loop(reference.Traversal.RootName()); !taken {
			return e.done(x, cty.StringVal("${"+e.reader.text(x.Range())+"}"))
		}
	}
	e.quoted = true
	return e.eval(x)
}

// text is the source of a range.
func (r *reader) text(at hclv2.Range) string {
	if at.Start.Byte < 0 || at.End.Byte > len(r.src) || at.Start.Byte > at.End.Byte {
		return ""
	}
	return string(r.src[at.Start.Byte:at.End.Byte])
}

// isNomads says whether Nomad fills in what begins with this name, where the dyno runs.
func isNomads(root string) bool {
	switch root {
	case "attr", "node", "meta", "env", "device", "driver":
		return true
	}
	return strings.HasPrefix(root, "NOMAD_")
}

func (e *evaluator) loop(name string) (cty.Value, bool) {
	for _, names := range slices.Backward(e.loops) {
		if v, ok := names[name]; ok {
			return v, true
		}
	}
	return cty.NilVal, false
}

// traverse is what .name and [0] behind a value lead to.
func (e *evaluator) traverse(x hclsyntax.Expression, v cty.Value, path hclv2.Traversal) (cty.Value, bool) {
	if !e.pay(len(path), x.Range()) {
		return cty.NilVal, false
	}
	v, diagnostics := path.TraverseRel(v)
	if diagnostics.HasErrors() {
		e.found = append(e.found, diagnostics...)
		return cty.NilVal, false
	}
	return e.done(x, v)
}

func (e *evaluator) unary(x *hclsyntax.UnaryOpExpr) (cty.Value, bool) {
	operand, ok := e.part(x.Val)
	if !ok || !e.digits(operand) {
		return cty.NilVal, false
	}
	y := *x
	y.Val = operand
	return e.finish(&y)
}

func (e *evaluator) binary(x *hclsyntax.BinaryOpExpr) (cty.Value, bool) {
	left, ok := e.part(x.LHS)
	if !ok {
		return cty.NilVal, false
	}
	// a && b and a || b need not look at b where a has decided
	if left.Val.Type() == cty.Bool && !left.Val.IsNull() &&
		(x.Op == hclsyntax.OpLogicalAnd && left.Val.False() || x.Op == hclsyntax.OpLogicalOr && left.Val.True()) {
		return e.done(x, left.Val)
	}
	right, ok := e.part(x.RHS)
	if !ok {
		return cty.NilVal, false
	}
	equality := x.Op == hclsyntax.OpEqual || x.Op == hclsyntax.OpNotEqual
	if !equality && (!e.digits(left) || !e.digits(right)) {
		return cty.NilVal, false
	}
	if (x.Op == hclsyntax.OpDivide || x.Op == hclsyntax.OpModulo) && right.Val.RawEquals(cty.Zero) {
		return e.fail(x.SrcRange, "nothing can be divided by 0", "")
	}
	for _, operand := range []*hclsyntax.LiteralValueExpr{left, right} {
		if n, err := convert.Convert(operand.Val, cty.Number); !equality && err == nil {
			if _, ok := e.done(operand, n); !ok { // "1e9999999" % 7 would take its time
				return cty.NilVal, false
			}
		}
	}
	y := *x
	y.LHS, y.RHS = left, right
	return e.finish(&y)
}

func (e *evaluator) object(x *hclsyntax.ObjectConsExpr) (cty.Value, bool) {
	y := *x
	y.Items = nil
	all := true
	for _, item := range x.Items {
		key, ok1 := e.key(item.KeyExpr)
		value, ok2 := e.part(item.ValueExpr)
		all = all && ok1 && ok2
		y.Items = append(y.Items, hclsyntax.ObjectConsItem{KeyExpr: key, ValueExpr: value})
	}
	if !all {
		return cty.NilVal, false
	}
	return e.finish(&y)
}

func (e *evaluator) key(x hclsyntax.Expression) (hclsyntax.Expression, bool) {
	key, ok := x.(*hclsyntax.ObjectConsKeyExpr)
	if !ok {
		return e.part(x)
	}
	if reference, ok := key.Wrapped.(*hclsyntax.ScopeTraversalExpr); ok && !key.ForceNonLiteral && len(reference.Traversal) > 1 {
		e.fail(x.Range(), "this is no name", "put it in quotes if it is a name with dots, and in parentheses if it refers to something")
		return nil, false
	}
	if name := hclv2.ExprAsKeyword(key.Wrapped); name != "" && !key.ForceNonLiteral {
		return literally(cty.StringVal(name), x.Range()), true
	}
	return e.part(key.Wrapped)
}

// conditional computes both sides, as HCL does to find their common type, but what is wrong with the other side is no problem.
func (e *evaluator) conditional(x *hclsyntax.ConditionalExpr) (cty.Value, bool) {
	condition, ok := e.part(x.Condition)
	if !ok {
		return cty.NilVal, false
	}
	chosen, other := x.TrueResult, x.FalseResult
	decision, err := convert.Convert(condition.Val, cty.Bool)
	if err != nil || decision.IsNull() {
		return e.fail(x.Condition.Range(), "the condition has to be true or false", "")
	}
	if decision.False() {
		chosen, other = other, chosen
	}
	value, ok := e.part(chosen)
	if !ok {
		return cty.NilVal, false
	}
	rest, ok := e.quietly(func() (*hclsyntax.LiteralValueExpr, bool) { return e.part(other) })
	if !ok || e.spent {
		return value.Val, !e.spent
	}
	if !e.pay(unification(value.Val, rest.Val), x.Range()) {
		return cty.NilVal, false
	}
	y := hclsyntax.ConditionalExpr{Condition: literally(cty.True, x.Condition.Range()), TrueResult: value, FalseResult: rest, SrcRange: x.SrcRange}
	return e.finish(&y)
}

// quietly does what may go wrong.
func (e *evaluator) quietly(do func() (*hclsyntax.LiteralValueExpr, bool)) (*hclsyntax.LiteralValueExpr, bool) {
	before := len(e.found)
	x, ok := do()
	e.found = e.found[:before]
	return x, ok
}
