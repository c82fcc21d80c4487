package hcl

import (
	"fmt"
	"math/big"

	hclv2 "github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// What a file may cost to compute. A step costs 1, and a value as much as it weighs: 1 for each value in it and 1 for each
// 16 bytes of text. A second of computing is about 1,000,000; the longest sensible file costs some thousands.
const (
	budget      = 1_000_000
	bytesAStep  = 16
	maxNesting  = 1000 // steps in steps, through locals too
	maxDigits   = 400  // of a text that is taken for a number
	complicated = "this is more than a dynomad.hcl may compute"
)

// minNumber and maxNumber bound a number, 0 aside, far beyond any setting. 1e9999999 as a text would be ten million digits.
const minNumber, maxNumber = 1e-15, 1e15

// evaluator computes expressions as HCL does, step by step: it computes the parts of an expression, pays for them, and has
// HCL compute the expression with the parts written down. So HCL never sees anything whose price we do not know.
type evaluator struct {
	reader   *reader
	left     int  // of the budget
	spent    bool // it was not enough, which has been reported
	depth    int
	quoted   bool                   // the expression stands in a text, as ${…}
	loops    []map[string]cty.Value // names that a for has given, innermost last
	items    map[*hclsyntax.AnonSymbolExpr]cty.Value
	isolated string // why there are no var and local here, or ""

	variables map[string]*variable
	locals    map[string]*local
	running   []string // locals under way, to find circles
	found     hclv2.Diagnostics
}

func newEvaluator(r *reader) *evaluator {
	return &evaluator{
		reader: r, left: budget, items: map[*hclsyntax.AnonSymbolExpr]cty.Value{},
		variables: map[string]*variable{}, locals: map[string]*local{},
	}
}

// compute is what an expression comes to; false if that is a problem, which the reader has then kept.
func (e *evaluator) compute(x hclv2.Expression) (cty.Value, bool) {
	e.found, e.quoted = nil, false
	v, ok := e.eval(x)
	e.reader.diagnostics = append(e.reader.diagnostics, e.found...)
	return v, ok
}

func (e *evaluator) fail(at hclv2.Range, message, hint string) (cty.Value, bool) {
	e.found = append(e.found, &hclv2.Diagnostic{Severity: hclv2.DiagError, Summary: message, Detail: hint, Subject: &at, Extra: own{}})
	return cty.NilVal, false
}

// pay takes a price out of the budget, and says once where it was not enough.
func (e *evaluator) pay(price int, at hclv2.Range) bool {
	if e.spent {
		return false
	}
	if e.left -= price; e.left >= 0 && price <= budget {
		return true
	}
	e.spent = true
	e.reader.fail(at, complicated, "write the value down")
	return false
}

// eval is one step.
func (e *evaluator) eval(x hclv2.Expression) (cty.Value, bool) {
	if !e.pay(1, x.Range()) {
		return cty.NilVal, false
	}
	if e.depth++; e.depth > maxNesting {
		e.pay(budget+1, x.Range())
	}
	defer func() { e.depth-- }()
	quoted := e.quoted
	e.quoted = false
	switch x := x.(type) {
	case *hclsyntax.LiteralValueExpr:
		return e.done(x, x.Val)
	case *hclsyntax.TemplateExpr:
		return e.template(x)
	case *hclsyntax.TemplateWrapExpr:
		return e.interpolation(x.Wrapped)
	case *hclsyntax.ScopeTraversalExpr:
		return e.reference(x, quoted)
	case *hclsyntax.FunctionCallExpr:
		return e.call(x)
	case *hclsyntax.ConditionalExpr:
		return e.conditional(x)
	case *hclsyntax.ForExpr:
		return e.forEach(x)
	case *hclsyntax.SplatExpr:
		return e.splat(x)
	case *hclsyntax.AnonSymbolExpr:
		return e.done(x, e.items[x])
	case *hclsyntax.BinaryOpExpr:
		return e.binary(x)
	default:
		return e.composed(x)
	}
}

// composed are the expressions that need all of their parts and nothing else.
func (e *evaluator) composed(x hclv2.Expression) (cty.Value, bool) {
	switch x := x.(type) {
	case *hclsyntax.ParenthesesExpr:
		return e.eval(x.Expression)
	case *hclsyntax.RelativeTraversalExpr:
		source, ok := e.eval(x.Source)
		if !ok {
			return cty.NilVal, false
		}
		return e.traverse(x, source, x.Traversal)
	case *hclsyntax.UnaryOpExpr:
		return e.unary(x)
	case *hclsyntax.IndexExpr:
		collection, ok1 := e.part(x.Collection)
		key, ok2 := e.part(x.Key)
		if !ok1 || !ok2 || !e.digits(key) {
			return cty.NilVal, false
		}
		y := *x
		y.Collection, y.Key = collection, key
		return e.finish(&y)
	case *hclsyntax.TupleConsExpr:
		y := *x
		var ok bool
		y.Exprs, ok = e.parts(x.Exprs)
		if !ok {
			return cty.NilVal, false
		}
		return e.finish(&y)
	case *hclsyntax.ObjectConsExpr:
		return e.object(x)
	case *hclsyntax.TemplateJoinExpr:
		tuple, ok := e.part(x.Tuple)
		if !ok {
			return cty.NilVal, false
		}
		return e.finish(&hclsyntax.TemplateJoinExpr{Tuple: tuple})
	}
	return e.fail(x.Range(), "this cannot be computed", "write the value down")
}

// part is a part of an expression, computed and written down at the same place.
func (e *evaluator) part(x hclsyntax.Expression) (*hclsyntax.LiteralValueExpr, bool) {
	v, ok := e.eval(x)
	if !ok {
		return nil, false
	}
	return literally(v, x.Range()), true
}

func literally(v cty.Value, at hclv2.Range) *hclsyntax.LiteralValueExpr {
	return &hclsyntax.LiteralValueExpr{Val: v, SrcRange: at}
}

func (e *evaluator) parts(xs []hclsyntax.Expression) ([]hclsyntax.Expression, bool) {
	out, all := make([]hclsyntax.Expression, 0, len(xs)), true
	for _, x := range xs {
		p, ok := e.part(x)
		out, all = append(out, p), all && ok
	}
	return out, all
}

// finish has HCL compute an expression whose parts are written down.
func (e *evaluator) finish(x hclsyntax.Expression) (cty.Value, bool) {
	v, diagnostics := x.Value(&hclv2.EvalContext{})
	if diagnostics.HasErrors() {
		e.found = append(e.found, diagnostics...)
		return cty.NilVal, false
	}
	return e.done(x, v)
}

// done pays for a value.
func (e *evaluator) done(x hclv2.Expression, v cty.Value) (cty.Value, bool) {
	weight, ok := weigh(v, e.left)
	if !e.pay(weight, x.Range()) {
		return cty.NilVal, false
	}
	if !ok {
		return e.fail(x.Range(), fmt.Sprintf("this number is not between %g and %g", minNumber, maxNumber), "")
	}
	return v, true
}

// weigh is what a value costs, and whether all numbers in it are modest. It stops where it is over the limit.
func weigh(v cty.Value, limit int) (weight int, modest bool) {
	switch {
	case v == cty.NilVal || v.IsNull() || !v.IsKnown():
		return 1, true
	case v.Type() == cty.String:
		return 1 + len(v.AsString())/bytesAStep, true
	case v.Type() == cty.Number:
		return 1, modestNumber(v.AsBigFloat())
	case !v.CanIterateElements():
		return 1, true
	}
	weight, modest = 1, true
	for it := v.ElementIterator(); it.Next() && weight <= limit; {
		key, element := it.Element()
		if key.Type() == cty.String {
			weight += len(key.AsString()) / bytesAStep
		}
		w, ok := weigh(element, limit-weight)
		weight, modest = weight+w, modest && ok
	}
	return weight, modest
}

func modestNumber(f *big.Float) bool {
	size := new(big.Float).Abs(f)
	return f.Sign() == 0 || size.Cmp(big.NewFloat(minNumber)) >= 0 && size.Cmp(big.NewFloat(maxNumber)) <= 0
}

// digits refuses a text as a number that takes long to be read as one.
func (e *evaluator) digits(x *hclsyntax.LiteralValueExpr) bool {
	if x.Val.IsNull() || x.Val.Type() != cty.String || len(x.Val.AsString()) <= maxDigits {
		return true
	}
	e.fail(x.Range(), "this text is no number", "")
	return false
}
