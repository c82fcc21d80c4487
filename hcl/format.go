package hcl

import (
	"reflect"

	"github.com/hashicorp/nomad/api"
)

// FormatJob prints a job as jobspec text. Nomad's own fields carry their HCL names as tags, and the text is made by walking
// over them: first a body's settings, then its blocks, both in the order in which Nomad declares them, but groups and tasks
// last; names of maps sorted. What a job does not say is not printed. The same job always gives the same bytes.
func FormatJob(job *api.Job) []byte {
	return FormatJobWith(job, nil)
}

// FormatJobWith is FormatJob with a comment beside each setting for which comment does not answer "". It is asked by the
// setting's path, in HCL's names with a block's label in brackets, or its place among its like where it has none and there may be more:
//
//	group[web].task[v1].kill_timeout
//	group[web].service[0].check[0].interval
//	group[web].task[v1].config.command
func FormatJobWith(job *api.Job, comment func(path string) string) []byte {
	f := &formatter{printer: printer{comment: comment}, anatomy: anatomy{}}
	f.open("job", value(job.ID))
	f.body("", reflect.ValueOf(job).Elem(), "id")
	f.close()
	return f.text
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// formatter walks over Nomad's structs and prints them.
type formatter struct {
	printer
	anatomy
}

// body prints all members of a struct but the one named except, which its header has said already. at is where it stands.
func (f *formatter) body(at string, v reflect.Value, except string) {
	members := f.members(v.Type())
	for _, m := range members {
		if field := v.Field(m.index); m.kind == memberSetting && m.name != except && (m.required || !field.IsZero()) {
			f.setting(f.path(at, m.name), m.name, literal(field))
		}
	}
	for _, long := range []bool{false, true} {
		for _, m := range members {
			if field := v.Field(m.index); m.kind == memberBlock && long == (m.name == "group" || m.name == "task") && !field.IsZero() {
				f.block(at, m.name, reflect.Indirect(field), v.Type())
			}
		}
	}
}

// block prints a member that is one block, a list of them, or a map: of labelled blocks, or of the settings in one.
func (f *formatter) block(at, name string, v reflect.Value, parent reflect.Type) {
	switch v.Kind() {
	case reflect.Struct:
		f.single(f.path(at, name), name, v)
	case reflect.Slice:
		for i := range v.Len() {
			if element := reflect.Indirect(v.Index(i)); element.IsValid() {
				f.element(at, name, i, element)
			}
		}
	default:
		f.mapping(at, name, v, parent)
	}
}

func (f *formatter) single(at, name string, v reflect.Value, labels ...string) {
	f.open(name, labels...)
	f.body(at, v, "")
	f.close()
}

// element prints one block of a list.
func (f *formatter) element(at, name string, i int, v reflect.Value) {
	if label, ok := f.label(v); ok {
		f.single(f.labelled(at, name, label), name, v, label)
		return
	}
	if v.Type() == typePolicy {
		label := policyLabel(v)
		f.open(name, label)
		f.body(f.labelled(at, name, label), v, "type")
		f.close()
		return
	}
	f.single(f.numbered(at, name, i), name, v)
}

func (f *formatter) label(v reflect.Value) (string, bool) {
	for _, m := range f.members(v.Type()) {
		if m.kind == memberLabel {
			text := reflect.Indirect(v.Field(m.index))
			if !text.IsValid() {
				return "", true
			}
			return text.String(), true
		}
	}
	return "", false
}

func (f *formatter) mapping(at, name string, v reflect.Value, parent reflect.Type) {
	keys := sortedKeys(v)
	if pointed(v.Type().Elem()).Kind() == reflect.Struct {
		for _, key := range keys {
			if element := reflect.Indirect(v.MapIndex(reflect.ValueOf(key))); element.IsValid() {
				f.single(f.labelled(at, name, key), name, element, key)
			}
		}
		return
	}
	switch {
	case len(keys) == 0:
	case mayBeSetting(parent, name) && !identifiers(keys): // a block's settings need names that HCL takes for names
		f.setting(f.path(at, name), name, literal(v))
	default:
		f.anything(f.path(at, name), name, v)
	}
}

// mayBeSetting says where Nomad's parser takes a map of texts after an equals sign as well.
func mayBeSetting(parent reflect.Type, name string) bool {
	switch name {
	case "meta":
		return parent == typeJob || parent == typeGroup || parent == typeTask
	case "env":
		return parent == typeTask
	}
	return false
}

// anything prints a map of any values, such as a driver's configuration, as a block. Nomad's parser takes each block in it
// for one of a list of maps, and an object after an equals sign for a list of one map: it cannot know which of them a
// driver knows as blocks.
func (f *formatter) anything(at, name string, v reflect.Value) {
	f.open(name)
	keys := sortedKeys(v)
	var blocks []string
	for _, key := range keys {
		element := concrete(v.MapIndex(reflect.ValueOf(key)))
		switch shape(element) {
		case asBlocks:
			blocks = append(blocks, key)
		case asOneMap:
			f.setting(f.path(at, key), key, literal(element.Index(0)))
		case asMap:
			f.setting(f.path(at, key), key, "("+literal(element)+")") // in brackets it is not taken for a list
		default:
			f.setting(f.path(at, key), key, literal(element))
		}
	}
	for _, key := range blocks {
		list := concrete(v.MapIndex(reflect.ValueOf(key)))
		for i := range list.Len() {
			f.anything(f.numbered(at, key, i), key, concrete(list.Index(i)))
		}
	}
	f.close()
}

const (
	asLiteral = iota
	asMap
	asOneMap
	asBlocks
)

// shape is how a value stands best in a block of any values.
func shape(v reflect.Value) int {
	switch {
	case !v.IsValid():
		return asLiteral
	case v.Kind() == reflect.Map:
		return asMap
	case v.Kind() != reflect.Slice || v.Len() == 0:
		return asLiteral
	}
	named := true
	for i := range v.Len() {
		element := concrete(v.Index(i))
		if !element.IsValid() || element.Kind() != reflect.Map || element.IsNil() {
			return asLiteral
		}
		named = named && identifiers(sortedKeys(element))
	}
	switch {
	case named:
		return asBlocks
	case v.Len() == 1:
		return asOneMap
	default:
		return asLiteral
	}
}
