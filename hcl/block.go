package hcl

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"

	hclv2 "github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// special reads blocks of a name in another way than into the field of that name.
type special map[string]func(b *hclsyntax.Block)

// body reads everything in a body that the language knows into a struct, in the order of its lines, and reports everything
// else.
func (r *reader) body(body *hclsyntax.Body, of *setting, into reflect.Value, others special) {
	for _, a := range inOrder(body.Attributes) {
		s := of.find(a.Name)
		switch {
		case s == nil:
			r.unknown(a.NameRange, a.Name, of)
		case s.kind == kindBlocks && of.name != "" && isNull(a.Expr):
			s.member(into).Set(reflect.MakeSlice(reflect.SliceOf(s.of), 0, 0))
		case s.isBlock():
			r.fail(a.NameRange, strconv.Quote(a.Name)+" is a block", "write "+header(s)+" { … } without an equals sign")
		default:
			r.setting(a.AsHCLAttribute(), s, s.member(into))
		}
	}
	for _, b := range body.Blocks {
		s := of.find(b.Type)
		switch {
		case s == nil:
			r.unknown(b.TypeRange, b.Type, of)
		case !s.isBlock():
			r.fail(b.TypeRange, strconv.Quote(b.Type)+" is not a block", "write "+b.Type+" = "+s.sample())
		case !r.labels(b, s):
		case others[b.Type] != nil:
			others[b.Type](b)
		default:
			r.block(b, s, s.member(into), body)
		}
	}
}

// inOrder are attributes as they stand in the text.
func inOrder(as hclsyntax.Attributes) []*hclsyntax.Attribute {
	return slices.SortedFunc(maps.Values(as), func(a, b *hclsyntax.Attribute) int { return a.SrcRange.Start.Byte - b.SrcRange.Start.Byte })
}

func isNull(x hclsyntax.Expression) bool {
	literal, ok := x.(*hclsyntax.LiteralValueExpr)
	return ok && literal.Val.IsNull()
}

func header(s *setting) string {
	if s.label != nil {
		return s.name + ` "` + s.label.name + `"`
	}
	return s.name
}

// block reads one block into its field.
func (r *reader) block(b *hclsyntax.Block, s *setting, into reflect.Value, around *hclsyntax.Body) {
	switch s.kind {
	case kindOverlay: // several are laid over each other in turn
		if raw := r.overlay(b.AsHCLBlock(), s.of); raw != nil {
			into.SetBytes(inTurn(into.Bytes(), raw))
		}
	case kindBlock:
		if !into.IsNil() {
			r.fail(b.DefRange(), "the block "+strconv.Quote(b.Type)+" is there twice", "join the two blocks")
			return
		}
		into.Set(reflect.New(s.of))
		r.body(b.Body, s, into.Elem(), nil)
	case kindBlocks:
		if null, both := around.Attributes[b.Type]; both && isNull(null.Expr) {
			r.fail(null.SrcRange, b.Type+" = null says that there is none, and there is one on line "+strconv.Itoa(b.TypeRange.Start.Line),
				"remove one of them")
			return
		}
		element := reflect.New(s.of).Elem()
		if s.label != nil {
			if !r.label(b, s) || r.twice(b, s, into) {
				return
			}
			s.label.member(element).SetString(b.Labels[0])
		}
		r.body(b.Body, s, element, nil)
		into.Set(reflect.Append(into, element))
	}
}

// inTurn is one raw overlay after another.
func inTurn(first, second json.RawMessage) json.RawMessage {
	if first == nil {
		return second
	}
	var list []any
	for _, raw := range []json.RawMessage{first, second} {
		if several, ok := tree(raw).([]any); ok {
			list = append(list, several...)
		} else {
			list = append(list, raw)
		}
	}
	out, err := json.Marshal(list)
	if err != nil {
		panic("hcl: two overlays that are no JSON: " + err.Error()) // both were made by overlay
	}
	return out
}

func (r *reader) twice(b *hclsyntax.Block, s *setting, list reflect.Value) bool {
	for i := range list.Len() {
		if s.label.member(list.Index(i)).String() == b.Labels[0] {
			r.thereTwice(b)
			return true
		}
	}
	return false
}

func (r *reader) thereTwice(b *hclsyntax.Block) {
	r.fail(b.LabelRanges[0], fmt.Sprintf("the %s %q is there twice", b.Type, b.Labels[0]), "join the two blocks")
}

// labels checks that a block has as many labels as it should have.
func (r *reader) labels(b *hclsyntax.Block, s *setting) bool {
	switch {
	case s.label != nil && len(b.Labels) == 0:
		r.fail(b.TypeRange, "the block "+strconv.Quote(b.Type)+" needs a "+s.label.name, "write "+b.Type+" "+s.label.sample()+" { … }")
	case s.label == nil && len(b.Labels) > 0:
		r.fail(b.LabelRanges[0], "the block "+strconv.Quote(b.Type)+" has no name", "write "+b.Type+" { … }")
	case len(b.Labels) > 1:
		r.fail(b.LabelRanges[1], "the block "+strconv.Quote(b.Type)+" has only one "+s.label.name, "")
	default:
		return true
	}
	return false
}

// label checks what a block is called.
func (r *reader) label(b *hclsyntax.Block, s *setting) bool {
	if message, hint := s.label.wrong(b.Labels[0]); message != "" {
		r.fail(b.LabelRanges[0], "the "+message, hint)
		return false
	}
	return true
}

// unknown reports a name that the language does not have at this place, and helps to find the right name or place.
func (r *reader) unknown(at hclv2.Range, name string, of *setting) {
	where := "in a " + of.name + " block"
	if of.name == "" {
		where = "outside of a block"
	}
	var names []string
	for _, s := range of.fields {
		names = append(names, s.name)
	}
	hint := elsewhere(name, of)
	if hint == "" {
		hint = didYouMean(name, names, "")
	}
	r.fail(at, fmt.Sprintf("%q is not expected %s", name, where), hint)
}

// elsewhere says where a name belongs that is right in another place.
func elsewhere(name string, of *setting) string {
	for _, language := range []*setting{manifestLanguage(), templateLanguage()} {
		if language.find(name) != nil {
			if of.name == "" {
				return "it stands only in process templates"
			}
			return "it stands outside of all blocks"
		}
		for _, block := range language.fields {
			if block.find(name) != nil && (of.name == "" || of.scope != "") && block.scope != "" {
				return "it belongs into a " + block.name + " block"
			}
		}
	}
	return ""
}
