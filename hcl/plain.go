package hcl

import (
	"math/big"

	hclv2 "github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// MaxBytes bounds a file that people write: far more than anybody needs.
const MaxBytes = 256 << 10

// minNumber and maxNumber bound a number, 0 aside, far beyond any setting.
const minNumber, maxNumber = 1e-15, 1e15

// plain says where an expression is more than a value written down, or ok. The files that we read come from anybody, and
// HCL can compute: a few nested loops keep it busy for hours, and 1e9999999 as a text is ten million digits long.
func plain(expr hclv2.Expression) (at hclv2.Range, ok bool) {
	root, isNode := expr.(hclsyntax.Node)
	if !isNode {
		return expr.Range(), false
	}
	ok = true
	_ = hclsyntax.VisitAll(root, func(n hclsyntax.Node) hclv2.Diagnostics {
		if ok && !allowed(n) {
			at, ok = n.Range(), false
		}
		return nil // so there is nothing to look at above
	})
	return at, ok
}

func allowed(n hclsyntax.Node) bool {
	switch n := n.(type) {
	case *hclsyntax.LiteralValueExpr:
		return n.Val.Type() != cty.Number || modest(n.Val.AsBigFloat())
	case *hclsyntax.UnaryOpExpr: // -1
		return true
	case *hclsyntax.TemplateExpr, *hclsyntax.ObjectConsExpr, *hclsyntax.ObjectConsKeyExpr, *hclsyntax.TupleConsExpr:
		return true
	case *hclsyntax.ScopeTraversalExpr: // a word without quotes, of which HCL says itself that there are no variables
		return true
	default:
		return false
	}
}

func modest(f *big.Float) bool {
	return f.Sign() == 0 || f.Cmp(big.NewFloat(minNumber)) >= 0 && f.Cmp(big.NewFloat(maxNumber)) <= 0
}
