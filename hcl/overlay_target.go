package hcl

import (
	"maps"
	"reflect"
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// shortcuts are settings that say a constraint's operator and value in one.
func shortcuts(t reflect.Type) []string {
	if t == typeAffinity {
		return []string{"version", "semver", "regexp", "set_contains", "set_contains_all", "set_contains_any"}
	}
	return []string{"version", "semver", "regexp", "set_contains", "distinct_hosts", "distinct_property"}
}

// target reads a constraint or an affinity. Nomad's own parser knows set_contains_any and the like in a constraint and
// does nothing with them; here they are unknown.
func (o *overlayReader) target(b *hclsyntax.Body, t reflect.Type, in string, out map[string]any) {
	short := shortcuts(t)
	names := slices.Clone(short)
	for _, m := range o.members(t) {
		names = append(names, m.name)
	}
	for _, block := range b.Blocks {
		o.misnamed(block.TypeRange, block.Type, in, names, "")
	}
	out["Operand"] = "="
	said := ""
	for _, name := range slices.Sorted(maps.Keys(b.Attributes)) {
		a := b.Attributes[name]
		switch members := o.named(t, name); {
		case len(members) > 0:
			o.plainTarget(a, t, members[0], out, said)
		case !slices.Contains(short, name):
			hint := ""
			if slices.Contains([]string{"set_contains_all", "set_contains_any", "is_set", "is_not_set"}, name) {
				hint = "write operator = \"" + name + "\""
			}
			o.misnamed(a.NameRange, name, in, names, hint)
		case o.shortcut(a, out):
			if said != "" {
				o.fail(a.NameRange, "a "+in+" is one of "+said+" and "+name, "write two blocks")
			}
			said = name
		}
	}
}

func (o *overlayReader) plainTarget(a *hclsyntax.Attribute, t reflect.Type, m member, out map[string]any, said string) {
	value, ok := o.value(a.AsHCLAttribute())
	if !ok || value.IsNull() || said != "" && m.field == "Operand" {
		return
	}
	v, ok := o.convert(a, value, pointed(t.Field(m.index).Type))
	if _, twice := out[m.field]; ok && v != "" && (m.field == "Operand" || !twice) {
		out[m.field] = v
	}
}

// shortcut reads one of them; false if it is nothing.
func (o *overlayReader) shortcut(a *hclsyntax.Attribute, out map[string]any) bool {
	value, ok := o.value(a.AsHCLAttribute())
	if !ok || value.IsNull() {
		return false
	}
	kind := reflect.TypeFor[string]()
	if a.Name == "distinct_hosts" {
		kind = reflect.TypeFor[bool]()
	}
	v, ok := o.convert(a, value, kind)
	if !ok || v == "" {
		return false
	}
	out["Operand"] = a.Name
	switch v := v.(type) {
	case bool:
		out["RTarget"] = map[bool]string{true: "true", false: "false"}[v]
	default:
		if a.Name == "distinct_property" {
			out["LTarget"] = v
			return true
		}
		out["RTarget"] = v
	}
	return true
}
