package translator

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"github.com/hashicorp/nomad/api"
)

// DiffGroup is the smallest overlay that makes want of base, or nil where they are the same. main and own are as in
// an overlay: the names of the main task and of the process's own service. What no overlay may say is not compared: the
// group's name and count, and the log sidecar. An empty list or map is no different from none.
func DiffGroup(base, want *api.TaskGroup, main, own string) json.RawMessage {
	return difference{main: main, own: own}.of(reflect.TypeFor[api.TaskGroup](), base, want)
}

// DiffJob is DiffGroup for a job without its groups, its names and Dynomad's own meta.
func DiffJob(base, want *api.Job) json.RawMessage {
	b, w := *base, *want
	b.Meta, w.Meta = foreign(b.Meta), foreign(w.Meta)
	return difference{}.of(reflect.TypeFor[api.Job](), &b, &w)
}

func foreign(meta map[string]string) map[string]string {
	out := maps.Clone(meta)
	delete(out, MetaApp)
	delete(out, MetaRelease)
	return out
}

// difference walks over two trees of JSON and the type that both are of.
type difference struct{ main, own string }

func (d difference) of(t reflect.Type, base, want any) json.RawMessage {
	var trees [2]any
	for i, v := range []any{base, want} {
		text, err := json.Marshal(v)
		if err == nil {
			trees[i], err = tree(text)
		}
		if err != nil {
			panic("translator: a job that is no JSON: " + err.Error()) // channels and functions only, and a job has none
		}
	}
	patch, changed := d.object(t, trees[0], trees[1], true)
	if !changed {
		return nil
	}
	text, err := json.Marshal(patch)
	if err != nil {
		panic("translator: a patch that is no JSON: " + err.Error()) // it is made of JSON
	}
	return text
}

// value is what has to be laid over base to make want of it; false: nothing.
func (d difference) value(t reflect.Type, base, want any, top bool) (any, bool) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if absent(t, want) {
		return nil, !absent(t, base)
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		if absent(t, base) {
			said := d.whole(t, want)
			return said, said != nil
		}
		return d.object(t, base, want, false)
	case reflect.Interface:
		return differAny(base, want)
	case reflect.Slice:
		if elem := structOf(t.Elem()); elem != nil {
			return d.list(elem, elements(base), elements(want), top)
		}
	}
	return want, !reflect.DeepEqual(base, want)
}

// absent says whether there is nothing, or nothing in it.
func absent(t reflect.Type, v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return t.Kind() == reflect.Slice && len(v) == 0
	case map[string]any:
		return t.Kind() == reflect.Map && len(v) == 0
	}
	return false
}

func elements(v any) []any {
	list, _ := v.([]any)
	return list
}

// structOf is the struct that an element of a list is, nil for anything else.
func structOf(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	return t
}

// object compares structs and maps; top is for what stands directly in a group or a job.
func (d difference) object(t reflect.Type, base, want any, top bool) (any, bool) {
	b, _ := base.(map[string]any)
	w, _ := want.(map[string]any)
	out := map[string]any{}
	for key, kind := range keys(t, b, w) {
		if patch, changed := d.value(kind, b[key], w[key], top); changed {
			out[key] = patch
		}
	}
	return out, len(out) > 0
}

// keys are those of either object that an overlay may say, with the type of what they hold.
func keys(t reflect.Type, objects ...map[string]any) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for _, object := range objects {
		for key := range object {
			if t.Kind() == reflect.Map {
				out[key] = t.Elem()
				continue
			}
			field, _ := t.FieldByName(key)
			_, forbidden := never[t][key]
			if _, known := nameOf(field); known && !forbidden {
				out[key] = field.Type
			}
		}
	}
	return out
}

func differAny(base, want any) (any, bool) {
	b, both := base.(map[string]any)
	w, object := want.(map[string]any)
	if !both || !object {
		return want, !reflect.DeepEqual(base, want)
	}
	out := map[string]any{}
	for key := range b {
		if w[key] == nil && b[key] != nil {
			out[key] = nil
		}
	}
	for key := range w {
		if patch, changed := differAny(b[key], w[key]); changed {
			out[key] = patch
		}
	}
	return out, len(out) > 0
}

// list compares lists of structs. Where the elements of base begin want, in their order, only what is different about them is
// said, and what comes after; else the list is emptied first.
func (d difference) list(elem reflect.Type, base, want []any, top bool) (any, bool) {
	key, named := identities[elem]
	if elem == reflect.TypeFor[api.Task]() {
		base, want = withoutSidecar(base), withoutSidecar(want)
	}
	if !named {
		return d.replaced(elem, base, want)
	}
	begins := len(base) <= len(want)
	for i := 0; begins && i < len(base); i++ {
		begins = key == "" || identityOf(base[i], key) == identityOf(want[i], key)
	}
	if !begins {
		out := []any{nil}
		for _, w := range want {
			out = append(out, d.named(elem, key, d.whole(elem, w), w, top))
		}
		return out, true
	}
	var out []any
	differs := false
	for i, w := range want {
		var patch any
		changed := i >= len(base)
		if changed {
			patch = d.whole(elem, w)
		} else {
			patch, changed = d.object(elem, base[i], w, false)
		}
		differs = differs || changed
		// Of several with one identity each takes one patch, in turn, so that none may be left out.
		if changed || key == "" || several(want, key, identityOf(w, key)) {
			out = append(out, d.named(elem, key, patch, w, top))
		}
	}
	return out, differs
}

func withoutSidecar(tasks []any) []any {
	return slices.DeleteFunc(slices.Clone(tasks), func(t any) bool { return identityOf(t, "Name") == SidecarTask })
}

func several(list []any, key, name string) bool {
	n := 0
	for _, e := range list {
		if identityOf(e, key) == name {
			n++
		}
	}
	return n > 1
}

// replaced is for a list whose elements have no identity: it is said as a whole.
func (d difference) replaced(elem reflect.Type, base, want []any) (any, bool) {
	before, after := make([]any, len(base)), make([]any, len(want))
	for i := range base {
		before[i] = d.whole(elem, base[i])
	}
	for i := range want {
		after[i] = d.whole(elem, want[i])
	}
	return after, !reflect.DeepEqual(before, after)
}

// named is an element's patch with the identity by which it is found; the process's own task and service need none.
func (d difference) named(elem reflect.Type, key string, patch, element any, top bool) any {
	out, _ := patch.(map[string]any)
	name := identityOf(element, key)
	own := top && (elem == reflect.TypeFor[api.Task]() && name == d.main || elem == reflect.TypeFor[api.Service]() && name == d.own)
	switch {
	case own:
		delete(out, key)
	case name != "":
		out[key] = name
	}
	return out
}

// whole is a thing as it is said where there was nothing before: without what is not set in it.
func (d difference) whole(t reflect.Type, v any) any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case absent(t, v):
		return nil
	case t.Kind() == reflect.Slice && structOf(t.Elem()) != nil:
		var out []any
		for _, e := range elements(v) {
			out = append(out, d.whole(structOf(t.Elem()), e))
		}
		return out
	case t.Kind() == reflect.Interface:
		return mergeAny(nil, v)
	case t.Kind() == reflect.Struct || t.Kind() == reflect.Map:
		object, _ := v.(map[string]any)
		out := map[string]any{}
		for key, kind := range keys(t, object) {
			said := d.whole(kind, object[key])
			if said != nil && (t.Kind() == reflect.Map || !unset(kind, said)) {
				out[key] = said
			}
		}
		if t.Kind() == reflect.Map && len(out) == 0 {
			return nil
		}
		return out
	}
	return v
}

// unset says whether a member that always has a value has the one that says nothing.
func unset(t reflect.Type, v any) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Struct, reflect.Map, reflect.Slice, reflect.Interface:
		return false
	}
	return v == "" || v == false || v == json.Number("0")
}
