package hcl

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	hclv2 "github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/dynomad/dynomad"
)

// Inputs are what a manifest is given from outside.
type Inputs struct {
	Values map[string]string // of its variables: a text, or what stands for another type in HCL, such as ["a", "b"]
	From   map[string]string // where a value comes from, for messages: "dynomad.vars.hcl"; what is not here was typed in
}

// variable is a value that is given from outside.
type variable struct {
	block *hclsyntax.Block
	of    cty.Type
	value cty.Value
	ok    bool
}

func (e *evaluator) variable(name string) (v cty.Value, known, ok bool) {
	declared := e.variables[name]
	if declared == nil {
		return cty.NilVal, false, false
	}
	return declared.value, true, declared.ok
}

// declareVariables reads all variable blocks and gives each its value.
func (r *reader) declareVariables(body *hclsyntax.Body, of *setting, in Inputs) {
	for _, b := range body.Blocks {
		if s := of.find("variable"); b.Type != "variable" || !r.labels(b, s) || !r.label(b, s) {
			continue
		}
		name := b.Labels[0]
		if r.evaluator.variables[name] != nil {
			r.thereTwice(b)
			continue
		}
		v := &variable{block: b, of: cty.String}
		r.evaluator.variables[name] = v
		given, isGiven := in.Values[name]
		v.value, v.ok = r.evaluator.valueOf(v, of.find("variable"), given, isGiven)
	}
	r.undeclared(in)
}

// valueOf reads a variable's block.
func (e *evaluator) valueOf(v *variable, of *setting, given string, isGiven bool) (cty.Value, bool) {
	r, name := e.reader, v.block.Labels[0]
	for _, inner := range v.block.Body.Blocks {
		r.unknown(inner.TypeRange, inner.Type, of)
	}
	as, misspelt := v.block.Body.Attributes, false
	for _, a := range inOrder(as) {
		if of.find(a.Name) == nil {
			r.unknown(a.NameRange, a.Name, of)
			misspelt = true
		}
	}
	if !e.typeOf(v, as["type"]) || misspelt {
		return cty.NilVal, false
	}
	var description string
	if a := as["description"]; a != nil {
		e.isolated = "a variable"
		r.as(a.AsHCLAttribute(), of.find("description"), cty.String, func(v cty.Value) { description = ": " + v.AsString() })
		e.isolated = ""
	}
	value, ok := cty.NilVal, false
	if a := as["default"]; a != nil {
		if value, ok = e.defaultOf(v, a, as["type"] != nil); !ok {
			return value, false
		}
	}
	switch {
	case isGiven:
		return e.given(v, given)
	case !ok:
		r.fail(v.block.DefRange(), fmt.Sprintf("the variable %q has no value%s", name, description),
			"give it one: --var "+name+"=…, or "+name+" = … in dynomad.vars.hcl, or a default here")
	}
	return value, ok
}

func (e *evaluator) typeOf(v *variable, a *hclsyntax.Attribute) bool {
	if a == nil {
		return true
	}
	of, diagnostics := typeexpr.TypeConstraint(a.Expr)
	if diagnostics.HasErrors() {
		e.reader.fail(a.Expr.Range(), "this is no type", "the types are string, number, bool, list(string), map(string) and the like")
		return false
	}
	v.of = of
	return true
}

func (e *evaluator) defaultOf(v *variable, a *hclsyntax.Attribute, typed bool) (cty.Value, bool) {
	e.isolated = "a default"
	value, ok := e.compute(a.Expr)
	e.isolated = ""
	if !ok {
		return value, false
	}
	if value.IsNull() {
		e.reader.fail(a.Expr.Range(), "a default has to be a value", "leave the line out if the variable must be given")
		return value, false
	}
	if !typed {
		v.of = value.Type()
		if !v.of.IsPrimitiveType() {
			v.of = cty.DynamicPseudoType
		}
	}
	value, err := e.converted(value, v.of)
	if err != nil {
		e.reader.fail(a.Expr.Range(), "the default is not "+article(v.of)+": "+err.Error(), "")
		return value, false
	}
	return value, true
}

// given is the value that a text from outside stands for.
func (e *evaluator) given(v *variable, text string) (cty.Value, bool) {
	name := v.block.Labels[0]
	value := cty.StringVal(text)
	if !v.of.IsPrimitiveType() {
		if parsed, ok := evaluateAlone(text); ok {
			value = parsed
		}
	}
	value, err := e.converted(value, v.of)
	if err == nil && value.IsWhollyKnown() && !value.IsNull() {
		return value, true
	}
	why := ""
	if err != nil && !v.of.IsPrimitiveType() {
		why = ": " + err.Error()
	}
	e.reader.fail(v.block.DefRange(), fmt.Sprintf("the value given for the variable %q is not %s%s", name, article(v.of), why), "")
	return cty.NilVal, false
}

// converted pays for a conversion before it makes it.
func (e *evaluator) converted(v cty.Value, of cty.Type) (cty.Value, error) {
	if v.Type() == cty.String && of == cty.Number && len(v.AsString()) > maxDigits {
		return cty.NilVal, fmt.Errorf("it is too long")
	}
	if !e.pay(unification(v, v), hclv2.Range{}) {
		return cty.NilVal, fmt.Errorf("it is too large")
	}
	v, err := convert.Convert(v, of)
	if err != nil {
		return v, err
	}
	if weight, modest := weigh(v, e.left); !e.pay(weight, hclv2.Range{}) || !modest {
		return cty.NilVal, fmt.Errorf("it is too large")
	}
	return v, nil
}

// evaluateAlone is an expression that refers to nothing.
func evaluateAlone(text string) (cty.Value, bool) {
	src := []byte(text)
	if _, deep := tooDeep(src, ""); deep || len(src) > MaxBytes {
		return cty.NilVal, false
	}
	x, diagnostics := hclsyntax.ParseExpression(src, "", hclv2.InitialPos)
	if diagnostics.HasErrors() {
		return cty.NilVal, false
	}
	r := &reader{src: src}
	r.evaluator = newEvaluator(r)
	r.evaluator.isolated = "a value"
	return r.evaluator.compute(x)
}

func article(of cty.Type) string {
	switch of {
	case cty.String:
		return "a text"
	case cty.Number:
		return "a number"
	case cty.Bool:
		return "true or false"
	}
	return "of the type " + typeexpr.TypeString(of)
}

// undeclared reports values for variables that there are not.
func (r *reader) undeclared(in Inputs) {
	names := slices.Collect(maps.Keys(r.evaluator.variables))
	for _, name := range slices.Sorted(maps.Keys(in.Values)) {
		if r.evaluator.variables[name] != nil {
			continue
		}
		from := in.From[name]
		if from == "" {
			from = "--var"
		}
		r.fail(hclv2.Range{}, fmt.Sprintf("%s gives a value for the variable %q, which is not declared", from, name),
			didYouMean(name, names, `declare it: variable "`+name+`" {}`))
	}
}

// Variables reads a file of values for variables: NAME = value, a line each. What is no text is given back as it would be
// written in HCL.
func Variables(file string, src []byte) (map[string]string, dynomad.Problems) {
	r, body := parse(file, src)
	if body == nil {
		return nil, r.problems()
	}
	r.evaluator.isolated = "a file of values"
	for _, b := range body.Blocks {
		r.fail(b.DefRange(), "there are no blocks in a file of values", "write "+b.Type+" = …")
	}
	values := map[string]string{}
	for _, a := range inOrder(body.Attributes) {
		v, ok := r.value(a.AsHCLAttribute())
		switch {
		case !ok:
		case v.IsNull():
			r.fail(a.Expr.Range(), a.Name+" has no value", "leave the line out, or give it one")
		default:
			values[a.Name] = valueText(v)
		}
	}
	return values, r.problems()
}

func valueText(v cty.Value) string {
	switch v.Type() {
	case cty.String:
		return v.AsString()
	case cty.Bool:
		return strconv.FormatBool(v.True())
	case cty.Number:
		return v.AsBigFloat().Text('f', -1)
	}
	return string(hclwrite.TokensForValue(v).Bytes())
}
