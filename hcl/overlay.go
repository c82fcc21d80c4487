package hcl

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	hclv2 "github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// overlay reads a raw `nomad { … }` block over a job or a group, of = api.Job or api.TaskGroup, into a patch: a partial one in
// Nomad's JSON. What may stand in it is what Nomad's structs say by their tags, read as Nomad's own parser reads it. Besides, NAME = null
// takes away what there is of that name. Where blocks of the name stand beside the null, the patch is a list of two:
// first what is taken away, then what comes in its place.
func (r *reader) overlay(b *hclv2.Block, of reflect.Type) json.RawMessage {
	body, ok := b.Body.(*hclsyntax.Body)
	if !ok {
		r.fail(b.DefRange, "a nomad block has to be written down", "")
		return nil
	}
	o := &overlayReader{reader: r, anatomy: anatomy{}}
	p := o.body(body, of, map[reflect.Type]string{typeJob: "job", typeGroup: "group"}[of])
	var all any = p.set
	if len(p.clear) > 0 {
		all = []any{p.clear, p.set}
	}
	out, err := json.Marshal(all)
	if err != nil { // no value that we make can be the reason
		r.fail(b.DefRange, "the nomad block cannot be kept", "")
		return nil
	}
	return out
}

// overlayReader reads Nomad's structs out of HCL.
type overlayReader struct {
	*reader
	anatomy
}

// patch is what a body says of a struct: what is taken away first, and what is set then.
type patch struct{ clear, set map[string]any }

// blocksByName are a body's blocks by their names, in the order of the text.
func blocksByName(b *hclsyntax.Body) (names []string, by map[string][]*hclsyntax.Block) {
	by = map[string][]*hclsyntax.Block{}
	for _, block := range b.Blocks {
		if len(by[block.Type]) == 0 {
			names = append(names, block.Type)
		}
		by[block.Type] = append(by[block.Type], block)
	}
	return names, by
}

// body reads the body of a struct; in is what its block is called.
func (o *overlayReader) body(b *hclsyntax.Body, t reflect.Type, in string) patch {
	p := patch{clear: map[string]any{}, set: map[string]any{}}
	if t == typeConstraint || t == typeAffinity {
		o.target(b, t, in, p.set)
		return p
	}
	names, blocks := blocksByName(b)
	cleared := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(b.Attributes)) {
		cleared[name] = o.attribute(p, b.Attributes[name], t, in, blocks[name])
	}
	for _, name := range names {
		o.blocks(p, blocks[name], t, in, cleared[name])
	}
	if t == typeGroup {
		o.everyTask(p, blocks)
	}
	return p
}

// attribute reads NAME = value. It says whether that takes away what the blocks beside it are to replace.
func (o *overlayReader) attribute(p patch, a *hclsyntax.Attribute, t reflect.Type, in string, beside []*hclsyntax.Block) bool {
	members := o.named(t, a.Name)
	switch {
	case o.refused(t, a.Name, a.NameRange):
		return false
	case len(members) == 0:
		o.unknown(a.NameRange, a.Name, t, in)
		return false
	}
	value, ok := o.value(a.AsHCLAttribute())
	if !ok {
		return false
	}
	field := pointed(t.Field(members[0].index).Type)
	switch {
	case value.IsNull() && t == typeGroup && a.Name == "task":
		o.fail(a.SrcRange, "task = null would take the process's own task away", "every process runs one")
	case value.IsNull() && len(beside) > 0:
		return true
	case value.IsNull():
		for _, m := range members {
			p.set[m.field] = nil
		}
	case members[0].kind == memberBlock && (field.Kind() != reflect.Map || field.Elem().Kind() == reflect.Interface || pointed(field.Elem()).Kind() == reflect.Struct):
		o.fail(a.NameRange, a.Name+" is a block", "write "+a.Name+" { … }")
	case len(beside) > 0:
		o.fail(a.NameRange, a.Name+" is there twice", "join the two")
	default:
		if v, ok := o.convert(a, value, field); ok {
			p.set[members[0].field] = v
		}
	}
	return false
}

// named are the members of a name. There are two where Nomad sorts the blocks of a name into two fields.
func (o *overlayReader) named(t reflect.Type, name string) []member {
	var out []member
	for _, m := range o.members(t) {
		if m.name == name && m.kind != memberLabel {
			out = append(out, m)
		}
	}
	return out
}

// blocks reads all blocks of one name in a body. cleared: NAME = null stands beside them.
func (o *overlayReader) blocks(p patch, bs []*hclsyntax.Block, t reflect.Type, in string, cleared bool) {
	name := bs[0].Type
	members := o.named(t, name)
	switch {
	case o.refused(t, name, bs[0].TypeRange) || t == typeGroup && (name == "vault" || name == "secret"): // see everyTask
		return
	case len(members) == 0 && name == "dynamic":
		o.fail(bs[0].TypeRange, "dynamic blocks are not read here", "write the blocks down one by one")
		return
	case len(members) == 0:
		o.unknown(bs[0].TypeRange, name, t, in)
		return
	case members[0].kind != memberBlock:
		o.fail(bs[0].TypeRange, name+" is not a block", "write "+name+" = …")
		return
	}
	if cleared {
		for _, m := range members {
			p.clear[m.field] = nil
		}
	}
	field := t.Field(members[0].index).Type
	switch {
	case len(members) > 1:
		o.divided(p, bs, t)
	case field.Kind() == reflect.Slice:
		o.list(p, members[0], bs, pointed(field.Elem()), cleared)
	case field.Kind() == reflect.Map && pointed(field.Elem()).Kind() == reflect.Struct:
		o.structs(p, members[0], bs, pointed(field.Elem()))
	case len(bs) > 1:
		o.fail(bs[1].TypeRange, "the block \""+name+"\" is there twice", "join the two blocks")
	case o.unlabelled(bs[0]):
		o.single(p, members[0], bs[0], t, cleared)
	}
}

// single reads a block of which there may be one.
func (o *overlayReader) single(p patch, m member, b *hclsyntax.Block, t reflect.Type, cleared bool) {
	field := pointed(t.Field(m.index).Type)
	if field.Kind() == reflect.Map {
		p.set[m.field] = o.mapping(b, field)
		return
	}
	inner := o.body(b.Body, field, b.Type)
	if t == typeGroup && field == typePolicy && inner.set["Type"] == nil {
		inner.set["Type"] = horizontal
	}
	p.set[m.field] = inner.set
	if len(inner.clear) > 0 && !cleared {
		p.clear[m.field] = inner.clear
	}
}

// structs reads blocks that are found by their labels.
func (o *overlayReader) structs(p patch, m member, bs []*hclsyntax.Block, t reflect.Type) {
	for _, b := range bs {
		label, ok := o.labelled(b, true)
		if !ok {
			continue
		}
		inner := o.body(b.Body, t, b.Type)
		if field := o.labelField(t); field != "" {
			inner.set[field] = label
		}
		o.within(p, m.field, label, inner)
	}
}

// within puts the patch of one key of a map into that of the map.
func (o *overlayReader) within(p patch, field, key string, inner patch) {
	set, _ := p.set[field].(map[string]any)
	if set == nil {
		set = map[string]any{}
		p.set[field] = set
	}
	set[key] = inner.set
	if _, all := p.clear[field]; len(inner.clear) == 0 || all && p.clear[field] == nil {
		return
	}
	gone, _ := p.clear[field].(map[string]any)
	if gone == nil {
		gone = map[string]any{}
		p.clear[field] = gone
	}
	gone[key] = inner.clear
}
