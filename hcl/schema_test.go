package hcl

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/templates"
)

// each calls do with every setting of both languages, labels too.
func each(do func(of, s *setting)) {
	var walk func(of *setting)
	walk = func(of *setting) {
		if of.label != nil {
			do(of, of.label)
		}
		for _, s := range of.fields {
			do(of, s)
			walk(s)
		}
	}
	walk(manifestLanguage())
	walk(templateLanguage())
}

func TestEverySettingIsDocumented(t *testing.T) {
	unused := documentation()
	each(func(_, s *setting) {
		if s.text == "" {
			t.Errorf("nothing is said about %s: write it into documentation.go", s.path)
		}
		if !s.isBlock() && s.kind != kindAnything && s.kind != kindType && s.example == "" {
			t.Errorf("%s has no example", s.path)
		}
		if s.least > s.most && s.most != 0 {
			t.Errorf("%s is between %d and %d", s.path, s.least, s.most)
		}
		for _, word := range strings.Fields(s.in) {
			if !slices.Contains([]string{"process", "cron", "template"}, word) {
				t.Errorf("%s is in %q, which there is not", s.path, word)
			}
		}
		delete(unused, s.path)
	})
	for path := range unused {
		t.Errorf("documentation.go speaks of %s, which is no setting", path)
	}
}

// Every field of Settings can be said in a file.
func TestEveryFieldIsASetting(t *testing.T) {
	for _, f := range reflect.VisibleFields(reflect.TypeFor[dynomad.Settings]()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if manifestLanguage().find("process").find(name) == nil && manifestLanguage().find("cron").find(name) == nil {
			t.Errorf("neither a process nor a cron has %s", name)
		}
	}
}

// Every example can be written as it stands in the reference.
func TestExamplesAreGood(t *testing.T) {
	each(func(of, s *setting) {
		if s.example == "" || s.isBlock() || of.label == s || s.kind == kindAnything || s.kind == kindType {
			return
		}
		text := of.name
		if of.label != nil {
			text += " " + of.label.sample()
		}
		text += " {\n" + s.name + " = " + s.example + "\n}\n"
		switch parent := strings.Split(s.path, "."); {
		case of.name == "":
			text = s.name + " = " + s.example
		case of.name == "variable":
			text = "variable \"x\" {\n  default = 1\n" + s.name + " = " + s.example + "\n}\n"
		case of.name == "cron" && s.name != "schedule":
			text = strings.Replace(text, "{\n", "{\nschedule = \"@daily\"\n", 1)
		case of.name == "size":
			text = "size \"x\" {\ncpu = 1\nmemory = 1\n}\n"
		case of.name == "target":
			text = "process \"x\" {\nspread {\n" + text + "}\n}\n"
		case len(parent) > 2:
			text = "process \"x\" {\n" + text + "}\n"
		}
		_, problems := Manifest("f", []byte(text), Inputs{})
		if of.scope == "template" || templateLanguage().find(of.name) != nil && manifestLanguage().find(of.name) == nil {
			problems = Template("f", []byte(text), &Defaults{})
		}
		if problems != nil {
			t.Errorf("%s: %v\n%s", s.path, problems, text)
		}
	})
	for path, d := range documentation() {
		if strings.Contains(d.example, "{\n") {
			text := d.example
			if strings.HasPrefix(path, "process.") {
				text = "process \"x\" {\n" + text + "\n}"
			}
			if _, problems := Manifest("f", []byte(text), Inputs{}); problems != nil {
				t.Errorf("%s: %v", path, problems)
			}
		}
	}
}

func updating() bool { return flag.Lookup("update").Value.String() == "true" }

func generated(t *testing.T, file string, got []byte) {
	t.Helper()
	if updating() {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is not what it is made from; run: go test ./hcl -update\n%s", file, diff)
	}
}

func TestReference(t *testing.T) {
	generated(t, "said.txt", []byte(templateSayings(t)))
	if updating() {
		said = templateSayings(t)
	}
	generated(t, "../docs/manifest.md", Reference())
	_, example, _ := strings.Cut(introduction, "```hcl\n")
	example, _, _ = strings.Cut(example, "```")
	if _, problems := Manifest("f", []byte(example), Inputs{}); problems != nil {
		t.Errorf("the example in the introduction: %v", problems)
	}
	if formatted, _ := Fmt([]byte(example)); string(formatted) != example {
		t.Errorf("the example in the introduction is laid out otherwise:\n%s", formatted)
	}
	for name, f := range builtins() {
		if !strings.HasPrefix(f.use, name+"(") {
			t.Errorf("%s is described as %s", name, f.use)
		}
	}
}

// templateSayings is said.txt.
func templateSayings(t *testing.T) string {
	t.Helper()
	var d Defaults
	files, err := fs.Glob(templates.Process(), "*.hcl")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		src, err := fs.ReadFile(templates.Process(), file)
		if err != nil {
			t.Fatal(err)
		}
		if problems := Template(file, src, &d); problems != nil {
			t.Fatal(problems)
		}
	}
	var b strings.Builder
	var walk func(of *setting, at func(dynomad.Settings) reflect.Value)
	walk = func(of *setting, at func(dynomad.Settings) reflect.Value) {
		for _, s := range of.fields {
			field := func(settings dynomad.Settings) reflect.Value {
				v := at(settings)
				if !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
					return reflect.Value{}
				}
				return s.member(reflect.Indirect(v))
			}
			switch s.kind {
			case kindBlock:
				walk(s, field)
			case kindOverlay:
			default:
				if text := sayings(d.Processes, s, field); text != "" {
					fmt.Fprintf(&b, "%s\t%s\n", s.path, text)
				}
			}
		}
	}
	walk(templateLanguage().find("process"), func(s dynomad.Settings) reflect.Value { return reflect.ValueOf(templateBlock{Settings: s}) })
	return b.String()
}

// sayings is `1` (web), `0` (clock, worker).
func sayings(all map[dynomad.ProcessType]dynomad.Settings, s *setting, field func(dynomad.Settings) reflect.Value) string {
	by := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		v := field(all[name])
		if name == "sidecar" || !v.IsValid() || v.IsNil() {
			continue
		}
		text := ""
		if s.kind == kindBlocks {
			text = "set by the template"
		} else {
			text = "`" + literal(v) + "`"
		}
		by[text] = append(by[text], string(name))
	}
	var out []string
	for _, text := range slices.SortedFunc(maps.Keys(by), func(a, b string) int { return strings.Compare(by[a][0], by[b][0]) }) {
		out = append(out, text+" ("+strings.Join(by[text], ", ")+")")
	}
	return strings.Join(out, ", ")
}

func TestJSONSchema(t *testing.T) {
	validate := jsonSchema(t)
	text := `{
		"domains": ["a.com"], "locals": {"x": 1}, "variable": {"v": {"type": "string", "default": [1]}},
		"nomad": {"priority": 70},
		"process": {"web": {
			"quantity": 2, "env": {"A": "x"}, "route": {"/": {}, "/api": {"strip": true}}, "check": {"kind": "http", "interval": "1m30s"},
			"constraint": [{"attribute": "${node.class}"}], "volume": null, "memory": "${2 * local.x}", "exec": [], "nomad": [{}, {"meta": {}}],
			"spread": [{"weight": 100, "target": {"dc1": {"percent": 5}}}]
		}},
		"cron": {"nightly": {"schedule": "@daily", "overlap": true}, "other": {"schedule": ["@daily", "0 3 * * *"]}}
	}`
	if err := validate(text); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{
		`{"process": {"web": {"quantty": 1}}}`, `{"process": {"web": {"quantity": 101}}}`, `{"process": {"web": {"quantity": -1}}}`,
		`{"process": {"web": {"schedule": "x"}}}`, `{"cron": {"x": {}}}`, `{"cron": {"x": {"schedule": "@daily", "surge": true}}}`,
		`{"process": {"web": {"check": {"kind": "htp"}}}}`, `{"process": {"web": {"route": {"api": {}}}}}`, `{"process": {"a b": {}}}`,
		`{"process": {"web": {"kill_timeout": "30"}}}`, `{"process": {"web": {"kill_timeout": 30}}}`, `{"process": {"web": {"affinity": [{"weight": 0}]}}}`,
		`{"domains": ["a.com", "a.com"]}`, `{"nomad": {"type": "batch"}}`, `{"process": {"web": {"nomad": {"nonsense": 1}}}}`, `{"size": {}}`,
	} {
		if validate(wrong) == nil {
			t.Errorf("it takes %s", wrong)
		}
	}
	each(func(_, s *setting) {
		block, _, _ := strings.Cut(s.path, ".")
		if manifestLanguage().find(block) != nil && !bytes.Contains(JSONSchema(), mustJSON(s.describe())) {
			t.Errorf("it does not describe %s", s.path)
		}
	})
}

func mustJSON(s string) []byte {
	out, _ := json.Marshal(s)
	return out
}

func jsonSchema(t *testing.T) func(text string) error {
	t.Helper()
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(JSONSchema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	if err := compiler.AddResource("dynomad.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("dynomad.json")
	if err != nil {
		t.Fatal(err)
	}
	return func(text string) error {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return compiled.Validate(value)
	}
}

// asJSON is a manifest as its schema describes it.
func asJSON(m dynomad.Manifest) string {
	root := map[string]any{}
	if m.Domains != nil {
		root["domains"] = m.Domains
	}
	for name, settings := range m.Processes {
		kind := "process"
		if settings.Schedule != nil {
			kind = "cron"
		}
		blocks, _ := root[kind].(map[string]any)
		if blocks == nil {
			blocks = map[string]any{}
			root[kind] = blocks
		}
		blocks[string(name)] = blockJSON(manifestLanguage().find(kind), reflect.ValueOf(templateBlock{Settings: settings}))
	}
	out, _ := json.Marshal(root)
	return string(out)
}

func blockJSON(of *setting, v reflect.Value) map[string]any {
	out := map[string]any{}
	for _, s := range of.fields {
		field := s.member(v)
		if s.kind == kindOverlay || field.IsNil() {
			continue
		}
		switch s.kind {
		case kindTime:
			out[s.name] = field.Elem().Interface().(time.Duration).String()
		case kindBlock:
			out[s.name] = blockJSON(s, field.Elem())
		case kindBlocks:
			list, named := []any{}, map[string]any{}
			for i := range field.Len() {
				element := blockJSON(s, field.Index(i))
				list = append(list, element)
				if s.label != nil {
					named[s.label.member(field.Index(i)).String()] = element
				}
			}
			out[s.name] = list
			if s.label != nil {
				out[s.name] = named
			}
			if field.Len() == 0 {
				out[s.name] = nil
			}
		default:
			out[s.name] = field.Interface()
		}
	}
	return out
}
