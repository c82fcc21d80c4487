package hcl

import (
	"encoding/json"
	"reflect"
	"strings"

	"github.com/hashicorp/nomad/api"
)

// JSONSchema is a schema (2020-12) of a dynomad.hcl for editors. It describes the manifest as JSON: a block is an object, and
// one that has a name in HCL an object of those, by name. Any value may be an expression too, a text with ${…}.
func JSONSchema() []byte {
	defs := map[string]any{}
	root := objectSchema(manifestLanguage(), defs)
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "dynomad.hcl"
	root["description"] = "An app's manifest."
	defs["expression"] = map[string]any{
		"description": "An expression, which is computed.", "type": "string", "pattern": `[$%]\{`,
	}
	root["$defs"] = defs
	out, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		panic("hcl: the schema is no JSON: " + err.Error()) // it is made of maps and texts
	}
	return append(out, '\n')
}

func objectSchema(of *setting, defs map[string]any) map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, s := range of.fields {
		properties[s.name] = settingSchema(s, defs)
		if s.need {
			required = append(required, s.name)
		}
	}
	out := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

// settingSchema is the schema of a setting with its description and, where it is computable, the expression beside it.
func settingSchema(s *setting, defs map[string]any) map[string]any {
	out := kindSchema(s, defs)
	if !s.isBlock() && s.kind != kindText && s.kind != kindAnything && s.kind != kindType {
		out = map[string]any{"anyOf": []any{out, map[string]any{"$ref": "#/$defs/expression"}}}
	}
	out["description"] = s.describe()
	if value, ok := evaluateAlone(s.example); ok && !s.isBlock() {
		out["examples"] = []any{plainValue(value)}
	}
	return out
}

func kindSchema(s *setting, defs map[string]any) map[string]any {
	switch s.kind {
	case kindText:
		return textSchema(s)
	case kindFlag:
		return map[string]any{"type": "boolean"}
	case kindNumber:
		return numberSchema(s)
	case kindTime:
		return map[string]any{"type": "string", "pattern": `^([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))+$|^0$`}
	case kindNames:
		return map[string]any{"type": "object", "additionalProperties": map[string]any{"type": []string{"string", "number", "boolean"}}}
	case kindList:
		list := map[string]any{"type": "array", "items": textSchema(s)}
		if s.distinct {
			list["uniqueItems"] = true
		}
		if s.single {
			return map[string]any{"anyOf": []any{list, textSchema(s)}}
		}
		return list
	case kindBlock:
		return objectSchema(s, defs)
	case kindBlocks:
		return blocksSchema(s, defs)
	case kindOverlay:
		return overlaySchema(s.of, defs)
	case kindLocals:
		return map[string]any{"type": "object"}
	case kindType:
		return map[string]any{"type": "string"}
	default:
		return map[string]any{}
	}
}

// textSchema is the schema of a text. One that is not just any text may be an expression instead.
func textSchema(s *setting) map[string]any {
	out := map[string]any{"type": "string"}
	switch {
	case len(s.oneOf) > 0:
		out["enum"] = s.oneOf
	case s.pattern != "":
		out["pattern"] = s.pattern
	default:
		return out
	}
	return map[string]any{"anyOf": []any{out, map[string]any{"$ref": "#/$defs/expression"}}}
}

func numberSchema(s *setting) map[string]any {
	least, most := s.bounds()
	out := map[string]any{"type": "integer", "minimum": least, "maximum": most}
	if s.notZero {
		out["not"] = map[string]any{"const": 0}
	}
	return out
}

func blocksSchema(s *setting, defs map[string]any) map[string]any {
	key := strings.ReplaceAll(s.scope+" "+s.path, " ", "")
	defs[key] = objectSchema(s, defs)
	element := map[string]any{"$ref": "#/$defs/" + key}
	if s.label == nil {
		return map[string]any{"type": []string{"array", "null"}, "items": element}
	}
	names := map[string]any{"description": s.label.describe()}
	if s.label.pattern != "" {
		names["pattern"] = s.label.pattern
	}
	return map[string]any{"type": []string{"object", "null"}, "propertyNames": names, "additionalProperties": element}
}

// overlaySchema knows the names that Nomad's structs have at the top of an overlay; what is in them Nomad's documentation says.
func overlaySchema(of reflect.Type, defs map[string]any) map[string]any {
	properties := map[string]any{}
	for _, m := range (anatomy{}).members(of) {
		if m.kind != memberLabel {
			properties[m.name] = map[string]any{}
		}
	}
	never := []string{"name", "count"}
	if of == reflect.TypeFor[api.Job]() {
		never = []string{"id", "name", "namespace", "type", "group"}
	}
	for _, name := range never {
		delete(properties, name)
	}
	key := "nomad." + strings.ToLower(of.Name())
	defs[key] = map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	one := map[string]any{"$ref": "#/$defs/" + key}
	return map[string]any{"anyOf": []any{one, map[string]any{"type": "array", "items": one}}}
}
