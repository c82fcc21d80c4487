package hcl

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	hclv2 "github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// local is a name that a file gives to an expression. It is computed when something first refers to it.
type local struct {
	attribute *hclsyntax.Attribute
	state     int
	value     cty.Value
	ok        bool
}

const (
	untouched = iota
	underWay
	computed
)

// reference is what a name stands for. quoted: it stands in a text, as ${name}.
func (e *evaluator) reference(x *hclsyntax.ScopeTraversalExpr, quoted bool) (cty.Value, bool) {
	root, rest := x.Traversal.RootName(), x.Traversal[1:]
	if v, ok := e.loop(root); ok {
		return e.traverse(x, v, rest)
	}
	switch {
	case root == "var" || root == "local":
		return e.named(x, root)
	case isNomads(root):
		return e.fail(x.Range(), fmt.Sprintf("Nomad fills in %s where the dyno runs, so nothing can be computed with it here", e.reader.text(x.Range())),
			fmt.Sprintf(`it stands only in a text: "${%s}"`, e.reader.text(x.Range())))
	}
	names := e.names()
	hint := "write it in quotes if it is a text"
	if quoted {
		hint = "write $${" + root + "} if the shell is to fill it in"
	}
	if e.variables[root] != nil {
		hint = "did you mean var." + root + "?"
	} else if e.locals[root] != nil {
		hint = "did you mean local." + root + "?"
	} else if meant := nearest(root, names); meant != "" && !quoted {
		hint = "did you mean " + meant + "?"
	}
	return e.fail(x.Range(), fmt.Sprintf("nothing here is called %q", root), hint)
}

// names are all that a word may refer to.
func (e *evaluator) names() []string {
	names := []string{"var", "local"}
	for _, loop := range e.loops {
		names = slices.AppendSeq(names, maps.Keys(loop))
	}
	return names
}

// named is var.NAME or local.NAME.
func (e *evaluator) named(x *hclsyntax.ScopeTraversalExpr, root string) (cty.Value, bool) {
	if e.isolated != "" {
		return e.fail(x.Range(), root+" may not be used in "+e.isolated, "write the value down")
	}
	name := ""
	if len(x.Traversal) > 1 {
		switch step := x.Traversal[1].(type) {
		case hclv2.TraverseAttr:
			name = step.Name
		case hclv2.TraverseIndex:
			if step.Key.Type() == cty.String {
				name = step.Key.AsString()
			}
		}
	}
	if name == "" {
		return e.fail(x.Range(), root+" needs a name", "write "+root+".NAME")
	}
	var v cty.Value
	var known, ok bool
	if root == "var" {
		v, known, ok = e.variable(name)
	} else {
		v, known, ok = e.local(name, x.Range())
	}
	if !known {
		return e.nobody(x, root, name)
	}
	if !ok {
		return cty.NilVal, false
	}
	return e.traverse(x, v, x.Traversal[2:])
}

func (e *evaluator) nobody(x *hclsyntax.ScopeTraversalExpr, root, name string) (cty.Value, bool) {
	names, kind, hint := slices.Collect(maps.Keys(e.locals)), "local", "name it: locals { "+name+" = … }"
	if root == "var" {
		names, kind, hint = slices.Collect(maps.Keys(e.variables)), "variable", `declare it: variable "`+name+`" {}`
	}
	return e.fail(x.Range(), fmt.Sprintf("there is no %s %q", kind, name), didYouMean(name, names, hint))
}

// local computes a local when it is first needed. What is wrong in it is reported once, wherever it is needed.
func (e *evaluator) local(name string, at hclv2.Range) (v cty.Value, known, ok bool) {
	l := e.locals[name]
	if l == nil {
		return cty.NilVal, false, false
	}
	if l.state == underWay {
		circle := append(slices.Clone(e.running[slices.Index(e.running, name):]), name)
		e.reader.fail(at, "the local "+name+" needs itself: "+strings.Join(circle, " → "), "write one of them down")
		return cty.NilVal, true, false
	}
	if l.state == untouched {
		l.state = underWay
		e.running = append(e.running, name)
		found, loops, quoted := e.found, e.loops, e.quoted
		e.loops = nil
		l.value, l.ok = e.compute(l.attribute.Expr)
		e.found, e.loops, e.quoted = found, loops, quoted
		e.running = e.running[:len(e.running)-1]
		l.state = computed
	}
	return l.value, true, l.ok
}

// declareLocals takes the names of all locals blocks.
func (r *reader) declareLocals(body *hclsyntax.Body) {
	for _, b := range body.Blocks {
		if b.Type != "locals" {
			continue
		}
		for _, inner := range b.Body.Blocks {
			r.fail(inner.TypeRange, "a locals block has no blocks in it", "write "+inner.Type+" = { … }")
		}
		for _, a := range inOrder(b.Body.Attributes) {
			if r.evaluator.locals[a.Name] != nil {
				r.fail(a.NameRange, "the local "+a.Name+" is there twice", "remove one of them")
				continue
			}
			r.evaluator.locals[a.Name] = &local{attribute: a}
		}
	}
}

// computeLocals computes those too that nothing refers to, so that what is wrong in them is no surprise later.
func (r *reader) computeLocals() {
	for _, name := range slices.Sorted(maps.Keys(r.evaluator.locals)) {
		r.evaluator.local(name, hclv2.Range{})
	}
}
