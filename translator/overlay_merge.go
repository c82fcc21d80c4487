package translator

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/nomad/api"
)

// laying is one overlay on its way onto a struct: where it is in the patch, and the first thing wrong with it.
type laying struct {
	main, own string
	at        []string
	wrong     *misfit
}

func (l *laying) fail(hint, format string, args ...any) any {
	if l.wrong == nil {
		l.wrong = &misfit{slices.Clone(l.at), fmt.Sprintf(format, args...), hint}
	}
	return nil
}

// under is what a step deeper into the patch comes to.
func (l *laying) under(step []string, merge func() any) any {
	depth := len(l.at)
	l.at = append(l.at, step...)
	out := merge()
	l.at = l.at[:depth]
	return out
}

// value merges a patch for something of Go's type t, below is what stands there.
func (l *laying) value(t reflect.Type, below, patch any) any {
	if patch == nil || l.wrong != nil {
		return nil
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		if object, ok := patch.(map[string]any); ok {
			return l.object(t, below, object)
		}
		return l.fail("", "has to be a block")
	case reflect.Slice:
		if list, ok := patch.([]any); ok {
			return l.list(t.Elem(), below, list)
		}
		return l.fail("", "has to be a list")
	case reflect.Interface:
		return mergeAny(below, patch)
	default:
		return l.scalar(t, patch)
	}
}

// mergeAny merges where Nomad's types say nothing: in a driver's configuration.
func mergeAny(below, patch any) any {
	over, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	under, _ := below.(map[string]any)
	out := maps.Clone(under)
	if out == nil {
		out = map[string]any{}
	}
	for name, value := range over {
		if value == nil {
			delete(out, name)
		} else {
			out[name] = mergeAny(out[name], value)
		}
	}
	return out
}

func (l *laying) scalar(t reflect.Type, patch any) any {
	ok, what := false, ""
	number, _ := patch.(json.Number)
	var err error
	switch kind := t.Kind(); {
	case kind == reflect.String:
		_, ok = patch.(string)
		what = "a text"
	case kind == reflect.Bool:
		_, ok = patch.(bool)
		what = "true or false"
	case t.PkgPath() == "time" && t.Name() == "Duration":
		_, err = strconv.ParseInt(string(number), 10, 64)
		ok, what = err == nil, "a time"
	case reflect.Int <= kind && kind <= reflect.Int64:
		_, err = strconv.ParseInt(string(number), 10, t.Bits())
		ok, what = err == nil, "a whole number"
	case reflect.Uint <= kind && kind <= reflect.Uint64:
		_, err = strconv.ParseUint(string(number), 10, t.Bits())
		ok, what = err == nil, "a whole number from 0"
	default:
		_, err = strconv.ParseFloat(string(number), 64)
		ok, what = err == nil, "a number"
	}
	if !ok {
		return l.fail("", "has to be %s", what)
	}
	return patch
}

// object merges key by key, over a struct or a map.
func (l *laying) object(t reflect.Type, below any, patch map[string]any) any {
	under, _ := below.(map[string]any)
	out := maps.Clone(under)
	if out == nil {
		out = map[string]any{}
	}
	for _, key := range slices.Sorted(maps.Keys(patch)) {
		kind, step := l.member(t, key)
		if l.wrong != nil {
			return nil
		}
		merged := l.under(step, func() any { return l.value(kind, out[key], patch[key]) })
		switch {
		case l.wrong != nil:
			return nil
		case merged == nil:
			delete(out, key)
		default:
			out[key] = merged
		}
	}
	return out
}

// nameOf is how HCL calls a member of a struct of Nomad's, and false for one that it does not know. A member that only labels its
// block has no name.
func nameOf(field reflect.StructField) (string, bool) {
	name, kind, _ := strings.Cut(field.Tag.Get("hcl"), ",")
	if field.Name == "Identity" {
		name = "identity" // of a task: the default one, which is one of its identities in HCL
	}
	return name, (name != "" || kind == "label") && field.Tag.Get("json") != "-"
}

// member is the type of what a key of an object holds, and how HCL calls it.
func (l *laying) member(t reflect.Type, key string) (reflect.Type, []string) {
	if t.Kind() == reflect.Map {
		return t.Elem(), []string{key}
	}
	field, _ := t.FieldByName(key)
	name, known := nameOf(field)
	if why, forbidden := never[t][key]; forbidden {
		l.under([]string{strings.ToLower(key)}, func() any { return l.fail(why, "no nomad block may change") })
	} else if !known {
		l.under([]string{key}, func() any { return l.fail("", "Nomad's job specification does not know") })
	}
	if name == "" {
		return field.Type, nil
	}
	return field.Type, []string{name}
}

// list merges a list of elements of type t. Only blocks may have an identity; any other list replaces.
func (l *laying) list(t reflect.Type, below any, patch []any) any {
	base, _ := below.([]any)
	elem := structOf(t)
	if len(patch) > 0 && patch[0] == nil {
		base, patch = cleared(elem, base), patch[1:]
	}
	if elem != nil {
		return l.blocks(elem, base, patch)
	}
	out := make([]any, len(patch))
	for i, p := range patch {
		if p == nil {
			return l.fail("", "has to be a list without null")
		}
		out[i] = l.value(t, nil, p)
	}
	return out
}

func (l *laying) blocks(elem reflect.Type, base, patch []any) any {
	key, named := identities[elem]
	if !named {
		base = nil
	}
	out := slices.Clone(base)
	taken := make([]bool, len(base))
	for i, p := range patch {
		object, ok := p.(map[string]any)
		if !ok {
			return l.fail("", "has to be a list of blocks")
		}
		object = l.name(elem, object)
		j, at := -1, any(nil)
		if named {
			j = counterpart(elem, key, out, taken, object, i)
		}
		if j >= 0 {
			at = out[j]
		}
		merged := l.under(l.step(elem, object, i), func() any { return l.object(elem, at, object) })
		switch {
		case l.wrong != nil:
			return nil
		case j < 0:
			out = append(out, merged)
		default:
			out[j] = merged
		}
		if j >= 0 && j < len(taken) {
			taken[j] = true
		}
	}
	return out
}

// cleared is what of a list stays when it is emptied: the log sidecar is not the app's.
func cleared(elem reflect.Type, base []any) []any {
	if elem != reflect.TypeFor[api.Task]() {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(base), func(task any) bool { return identityOf(task, "Name") != SidecarTask })
}

// counterpart is the element that a patch is for, -1 for none. Of several with one identity each takes one patch, in turn:
// two artifacts may well be unpacked into one folder. Tasks are never two of one name.
func counterpart(elem reflect.Type, key string, list []any, taken []bool, patch map[string]any, i int) int {
	unique := elem == reflect.TypeFor[api.Task]()
	for j, other := range list {
		switch {
		case !unique && (j >= len(taken) || taken[j]):
		case key == "" && i == j, key != "" && identityOf(other, key) == identityOf(patch, key):
			return j
		}
	}
	return -1
}

func identityOf(element any, key string) string {
	object, _ := element.(map[string]any)
	name, _ := object[key].(string)
	return name
}

// name gives the main task and the process's own service the names by which they are meant, and refuses those of others.
func (l *laying) name(elem reflect.Type, patch map[string]any) map[string]any {
	name := identityOf(patch, "Name")
	meant := ""
	switch {
	case elem == reflect.TypeFor[api.Task]():
		_, release := VersionOf(name)
		if release || name == SidecarTask || name != "" && name == l.main {
			l.under([]string{name}, func() any {
				return l.fail("leave the name away for the main task, or choose another for a further one", "has a name that only Dynomad gives")
			})
		}
		meant = l.main
	case elem == reflect.TypeFor[api.Service]() && len(l.at) == 1: // a task's own services have no such rule
		meant = l.own
	}
	if name != "" || meant == "" {
		return patch
	}
	patch = maps.Clone(patch)
	patch["Name"] = meant
	return patch
}

// step is how a problem's setting names an element of a list: by its label, or by its place among its like.
func (l *laying) step(elem reflect.Type, patch map[string]any, i int) []string {
	if elem == reflect.TypeFor[api.Task]() {
		if name := identityOf(patch, "Name"); name != l.main {
			return []string{name}
		}
		return nil
	}
	for j := range elem.NumField() {
		field := elem.Field(j)
		if _, kind, _ := strings.Cut(field.Tag.Get("hcl"), ","); kind == "label" {
			return []string{identityOf(patch, field.Name)}
		}
	}
	return []string{strconv.Itoa(i)}
}
