package hcl

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	hclv2 "github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// labelled is a block's one label. The empty one is none, where nothing could be found by it.
func (o *overlayReader) labelled(b *hclsyntax.Block, needed bool) (string, bool) {
	switch {
	case len(b.Labels) == 0 || needed && b.Labels[0] == "":
		o.fail(b.TypeRange, "the block \""+b.Type+"\" needs a name", "write "+b.Type+" \"name\" { … }")
	case len(b.Labels) > 1:
		o.fail(b.LabelRanges[1], "the block \""+b.Type+"\" has one name", "remove this")
	default:
		return b.Labels[0], true
	}
	return "", false
}

func (o *overlayReader) unlabelled(b *hclsyntax.Block) bool {
	if len(b.Labels) == 0 {
		return true
	}
	o.fail(b.LabelRanges[0], "the block \""+b.Type+"\" has no name behind it", "remove this, or write name = "+strconv.Quote(b.Labels[0])+" in it, if it can have one")
	return false
}

// refused says of a few names why they may not stand at the top of an overlay.
func (o *overlayReader) refused(t reflect.Type, name string, at hclv2.Range) bool {
	const inProcess = "write it in the process's own nomad block"
	hint := map[reflect.Type]map[string]string{
		typeGroup: {"name": "a process keeps its name", "count": "write quantity in the process, or scale it"},
		typeJob: {
			"id": "a job is named like its app", "name": "a job is named like its app", "namespace": "the namespace is the cluster's",
			"type": "a process or a cron decides what type of job it is", "group": inProcess, "task": inProcess, "vault": inProcess, "secret": inProcess,
		},
	}[t][name]
	if hint != "" {
		o.fail(at, name+" may not stand in this nomad block", hint)
	}
	return hint != ""
}

// unknown reports a name that Nomad does not know here, with the nearest one that it does, or the block to which the name
// belongs.
func (o *overlayReader) unknown(at hclv2.Range, name string, t reflect.Type, in string) {
	var names []string
	elsewhere := ""
	for _, m := range o.members(t) {
		if m.kind == memberLabel {
			continue
		}
		names = append(names, m.name)
		if inner := structOf(t.Field(m.index).Type); m.kind == memberBlock && inner != nil && len(o.named(inner, name)) > 0 && elsewhere == "" {
			elsewhere = "it belongs into " + m.name + " { … }"
		}
	}
	if elsewhere == "" && t == typeGroup && len(o.named(typeResources, name)) > 0 {
		elsewhere = "it belongs into task { resources { … } }"
	}
	o.misnamed(at, name, in, names, elsewhere)
}

func (o *overlayReader) misnamed(at hclv2.Range, name, in string, names []string, elsewhere string) {
	hint := elsewhere
	if hint == "" {
		hint = didYouMean(name, names, "")
	}
	const few = 12
	if hint == "" && len(names) > 0 && len(names) <= few {
		hint = "it knows " + strings.Join(slices.Sorted(slices.Values(names)), ", ")
	}
	o.fail(at, "Nomad's "+in+" has no \""+name+"\"", hint)
}

// structOf is the struct that a block of this type is read into, or nil.
func structOf(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	return t
}
