package hcl

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
)

// FormatManifest writes a dynomad.hcl that Manifest reads back as the same: what is said, and nothing that is not. Processes
// stand in the order of their names, but web is first, and crons are last.
func FormatManifest(m dynomad.Manifest) []byte {
	p := &manifestPrinter{formatter{anatomy: anatomy{}}}
	if m.Domains != nil {
		p.setting("", "domains", literal(reflect.ValueOf(m.Domains)))
	}
	p.overlays(m.Nomad, reflect.TypeFor[api.Job]())
	names := slices.SortedFunc(maps.Keys(m.Processes), func(a, b dynomad.ProcessType) int { return order(m, a, b) })
	for _, name := range names {
		kind := "process"
		if m.Processes[name].Schedule != nil {
			kind = "cron"
		}
		p.open(kind, string(name))
		p.body(manifestLanguage().find(kind), reflect.ValueOf(templateBlock{Settings: m.Processes[name]}))
		p.close()
	}
	p.flush()
	return hclwrite.Format(p.text)
}

func order(m dynomad.Manifest, a, b dynomad.ProcessType) int {
	rank := func(t dynomad.ProcessType) int {
		switch {
		case t == dynomad.Web:
			return 0
		case m.Processes[t].Schedule == nil:
			return 1
		}
		return 2
	}
	if ra, rb := rank(a), rank(b); ra != rb {
		return ra - rb
	}
	if a < b {
		return -1
	}
	return 1
}

// manifestPrinter walks over the language as the reader does.
type manifestPrinter struct{ formatter }

// body prints what a struct says: first its settings, then its blocks.
func (p *manifestPrinter) body(of *setting, v reflect.Value) {
	for _, s := range of.fields {
		field := s.member(v)
		if field.IsNil() {
			continue
		}
		if s.kind == kindBlocks && field.Len() == 0 {
			p.setting("", s.name, "null")
		} else if !s.isBlock() {
			p.setting("", s.name, p.value(s, field))
		}
	}
	for _, s := range of.fields {
		field := s.member(v)
		if s.isBlock() && !field.IsNil() {
			p.blocks(s, field)
		}
	}
}

func (p *manifestPrinter) value(s *setting, v reflect.Value) string {
	if s.single && v.Len() == 1 {
		v = v.Index(0)
	}
	if v.Kind() == reflect.Map {
		return names(v.Interface().(map[string]string))
	}
	return literal(v)
}

// names are printed one a line, where there are some.
func names(m map[string]string) string {
	if len(m) == 0 {
		return "{}"
	}
	text := "{\n"
	for _, key := range slices.Sorted(maps.Keys(m)) {
		name := quote(key)
		if identifier(key) {
			name = key
		}
		text += name + " = " + inline(reflect.ValueOf(m[key])) + "\n"
	}
	return text + "}"
}

func (p *manifestPrinter) blocks(s *setting, v reflect.Value) {
	switch s.kind {
	case kindOverlay:
		p.overlays(v.Bytes(), s.of)
	case kindBlock:
		p.open(s.name)
		p.body(s, v.Elem())
		p.close()
	case kindBlocks:
		for i := range v.Len() {
			if s.label != nil {
				p.open(s.name, s.label.member(v.Index(i)).String())
			} else {
				p.open(s.name)
			}
			p.body(s, v.Index(i))
			p.close()
		}
	}
}

// overlays prints a raw overlay: a block for each object in it.
func (p *manifestPrinter) overlays(raw json.RawMessage, of reflect.Type) {
	for _, patch := range patches(raw) {
		p.open("nomad")
		p.overlay(patch, of)
		p.close()
	}
}

// patches are the objects of an overlay, in turn.
func patches(raw json.RawMessage) []map[string]any {
	switch tree := tree(raw).(type) {
	case map[string]any:
		return []map[string]any{tree}
	case []any:
		var out []map[string]any
		for _, element := range tree {
			if object, ok := element.(map[string]any); ok {
				out = append(out, object)
			}
		}
		return out
	}
	return nil
}

// overlay prints a part of a Nomad struct: first what is taken away, then settings, then blocks.
func (p *manifestPrinter) overlay(patch map[string]any, t reflect.Type) {
	var members []member
	nulls := map[string]bool{}
	for _, m := range p.members(t) {
		v, said := patch[m.field]
		if !said || m.kind == memberLabel {
			continue
		}
		list, isList := v.([]any)
		if (v == nil || m.kind == memberBlock && isList && (len(list) == 0 || list[0] == nil)) && !nulls[m.name] {
			nulls[m.name] = true
			p.setting("", m.name, "null")
		}
		if v != nil {
			members = append(members, m)
		}
	}
	for _, m := range members {
		if m.kind == memberSetting {
			p.setting("", m.name, fieldText(patch[m.field], pointed(t.Field(m.index).Type)))
		}
	}
	for _, m := range members {
		if m.kind == memberBlock {
			p.overlayBlock(m, patch[m.field], pointed(t.Field(m.index).Type))
		}
	}
}

// fieldText is a setting of Nomad's in HCL. Its JSON has times as numbers.
func fieldText(v any, t reflect.Type) string {
	if n, ok := v.(json.Number); ok && t == reflect.TypeFor[time.Duration]() {
		if ns, err := n.Int64(); err == nil {
			return strconv.Quote(short(time.Duration(ns)))
		}
	}
	return literal(reflect.ValueOf(v))
}

func (p *manifestPrinter) overlayBlock(m member, v any, t reflect.Type) {
	switch v := v.(type) {
	case []any:
		for _, element := range v {
			if object, ok := element.(map[string]any); ok {
				p.overlayElement(m.name, object, pointed(t.Elem()))
			}
		}
	case map[string]any:
		switch {
		case t.Kind() == reflect.Struct:
			if t == typePolicy && v["Type"] == horizontal {
				v = maps.Clone(v)
				delete(v, "Type")
			}
			p.open(m.name)
			p.overlay(v, t)
			p.close()
		case pointed(t.Elem()).Kind() == reflect.Struct:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				if object, ok := v[key].(map[string]any); ok {
					p.open(m.name, key)
					p.overlay(object, pointed(t.Elem()))
					p.close()
				}
			}
		case t.Elem().Kind() == reflect.Interface || identifiers(slices.Collect(maps.Keys(v))):
			p.anything("", m.name, reflect.ValueOf(v))
		default:
			p.setting("", m.name, literal(reflect.ValueOf(v)))
		}
	}
}

// overlayElement prints one block of a list, which has a label if its struct has one and the patch says it.
func (p *manifestPrinter) overlayElement(name string, v map[string]any, t reflect.Type) {
	v = maps.Clone(v)
	var labels []string
	for _, m := range p.members(t) {
		if label, ok := v[m.field].(string); ok && m.kind == memberLabel {
			labels = []string{label}
		}
	}
	if kind, ok := v["Type"].(string); ok && t == typePolicy {
		labels = []string{kind[min(len(vertical), len(kind)):]}
		delete(v, "Type")
	}
	p.open(name, labels...)
	p.overlay(v, t)
	p.close()
}

// tree is JSON with its numbers as they are written.
func tree(raw json.RawMessage) any {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var v any
	if decoder.Decode(&v) != nil {
		return nil
	}
	return v
}
