package hcl

import (
	"bytes"

	hclv2 "github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/dynomad/dynomad"
)

// Fmt is the canonical form of a dynomad.hcl: two spaces a level, the equals signs of neighbours below each other, a line end
// at the end. Comments are kept. The problems are those that keep it from being read at all.
func Fmt(src []byte) ([]byte, dynomad.Problems) {
	r, body := parse("", src)
	if body == nil {
		return nil, r.problems()
	}
	out := bytes.TrimRight(src, blanks)
	for range 8 { // hclwrite sometimes finds more to do in what it has done
		next := bytes.TrimRight(hclwrite.Format(out), blanks)
		if bytes.Equal(next, out) || !sameTokens(next, out) {
			break
		}
		out = next
	}
	if len(out) == 0 {
		return nil, nil
	}
	return append(bytes.Clone(out), '\n'), nil
}

const blanks = " \t\r\n"

// sameTokens says whether two texts differ in nothing but blanks. hclwrite would make a.1. 1 of a.1.1, which is no HCL.
func sameTokens(a, b []byte) bool {
	as, _ := hclsyntax.LexConfig(a, "", hclv2.InitialPos)
	bs, _ := hclsyntax.LexConfig(b, "", hclv2.InitialPos)
	if len(as) != len(bs) {
		return false
	}
	for i := range as {
		if as[i].Type != bs[i].Type || !bytes.Equal(bytes.TrimRight(as[i].Bytes, blanks), bytes.TrimRight(bs[i].Bytes, blanks)) {
			return false
		}
	}
	return true
}
