package hcl

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
)

// setting is one name that a file may say: a setting with an equals sign, or a block. Everything that knows the language
// walks over these: the reader, FormatManifest, the reference page and the JSON schema.
type setting struct {
	name   string
	path   string // by which it is documented: "check.interval", "size.cpu"
	kind   kind
	scope  string     // of a block: what the settings in it may be documented for
	index  []int      // of the field in the struct of its block
	label  *setting   // of a block: its label, or nil
	fields []*setting // of a block
	of     reflect.Type
	re     *regexp.Regexp // the doc's pattern, or nil
	doc
}

type kind int

const (
	kindText kind = iota
	kindFlag
	kindNumber
	kindTime
	kindNames    // names and texts
	kindList     // of texts
	kindBlock    // there once, without a label
	kindBlocks   // there several times, with or without a label
	kindOverlay  // Nomad's own words
	kindLocals   // names of the user's own
	kindType     // the type of a variable
	kindAnything // the value of a variable
)

// kindByType is what a setting is by the Go type of its field.
var kindByType = map[reflect.Type]kind{
	reflect.TypeFor[string]():            kindText,
	reflect.TypeFor[*string]():           kindText,
	reflect.TypeFor[bool]():              kindFlag,
	reflect.TypeFor[*bool]():             kindFlag,
	reflect.TypeFor[int]():               kindNumber,
	reflect.TypeFor[*int]():              kindNumber,
	reflect.TypeFor[*time.Duration]():    kindTime,
	reflect.TypeFor[map[string]string](): kindNames,
	reflect.TypeFor[[]string]():          kindList,
	reflect.TypeFor[json.RawMessage]():   kindOverlay,
	reflect.TypeFor[localNames]():        kindLocals,
	reflect.TypeFor[typeName]():          kindType,
	reflect.TypeFor[anything]():          kindAnything,
}

func kindOf(t reflect.Type) kind {
	if k, ok := kindByType[t]; ok {
		return k
	}
	if t.Kind() == reflect.Slice {
		return kindBlocks
	}
	return kindBlock
}

// The two languages, made from their structs when they are first needed. Nothing changes them.
var (
	manifestLanguage = sync.OnceValue(func() *setting { return language[manifestFile]() })
	templateLanguage = sync.OnceValue(func() *setting { return language[templateFile]() })
)

func language[T any]() *setting {
	root := &setting{kind: kindBlock, of: reflect.TypeFor[T]()}
	root.fields = settingsOf(root, "", root.of, nil, documentation())
	return root
}

// settingsOf are the settings of a block that is read into a struct. prefix is what their paths begin with.
func settingsOf(parent *setting, prefix string, t reflect.Type, index []int, docs map[string]doc) []*setting {
	var out []*setting
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(append([]int{}, index...), i)
		if f.Anonymous { // processes and crons share their settings, which are documented once
			out = append(out, settingsOf(parent, "process.", f.Type, at, docs)...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		s := &setting{name: name, path: prefix + name, kind: kindOf(f.Type), scope: f.Tag.Get("scope"), index: at, of: f.Type}
		s.doc = docs[s.path]
		if s.in != "" && parent.scope != "" && !slices.Contains(strings.Fields(s.in), parent.scope) {
			continue
		}
		if s.pattern != "" {
			s.re = regexp.MustCompile(s.pattern)
		}
		s.complete(parent, docs)
		if f.Tag.Get("hcl") == ",label" {
			parent.label = s
			continue
		}
		out = append(out, s)
	}
	return out
}

// complete adds what is inside.
func (s *setting) complete(parent *setting, docs map[string]doc) {
	switch s.kind {
	case kindBlock, kindBlocks:
		s.of = s.of.Elem()
		s.fields = settingsOf(s, s.path+".", s.of, nil, docs)
	case kindOverlay:
		s.of = reflect.TypeFor[api.TaskGroup]()
		if parent.name == "" { // the file itself
			s.of = reflect.TypeFor[api.Job]()
		}
	}
}

func (s *setting) find(name string) *setting {
	for _, f := range s.fields {
		if f.name == name {
			return f
		}
	}
	return nil
}

func (s *setting) isBlock() bool {
	return s.kind == kindBlock || s.kind == kindBlocks || s.kind == kindOverlay || s.kind == kindLocals
}

func (s *setting) member(v reflect.Value) reflect.Value { return v.FieldByIndex(s.index) }

// What stands in the files, as structs from which the languages are made.
type (
	manifestFile struct {
		Variables []variableBlock `json:"variable"`
		Locals    localNames      `json:"locals"`
		Domains   []string        `json:"domains"`
		Processes []processBlock  `json:"process" scope:"process"`
		Crons     []cronBlock     `json:"cron" scope:"cron"`
		Nomad     json.RawMessage `json:"nomad"`
	}
	templateFile struct {
		Variables []variableBlock `json:"variable"`
		Locals    localNames      `json:"locals"`
		Processes []templateBlock `json:"process" scope:"template"`
		Sizes     []sizeBlock     `json:"size"`
		Exec      *Exec           `json:"exec"`
		Docker    *Docker         `json:"docker"`
		Allow     *Allow          `json:"allow"`
	}
	variableBlock struct {
		Name        string   `json:"name" hcl:",label"`
		Type        typeName `json:"type"`
		Default     anything `json:"default"`
		Description *string  `json:"description"`
	}
	processBlock struct {
		Type string `json:"type" hcl:",label"`
		dynomad.Settings
	}
	cronBlock struct {
		Type string `json:"type" hcl:",label"`
		dynomad.Settings
	}
	templateBlock struct {
		Type string `json:"type" hcl:",label"`
		dynomad.Settings
	}
	sizeBlock struct {
		Name      string `json:"name" hcl:",label"`
		CPU       *int   `json:"cpu"`
		Cores     *int   `json:"cores"`
		Memory    *int   `json:"memory"`
		MemoryMax *int   `json:"memory_max"`
	}
	localNames struct{}
	typeName   struct{}
	anything   struct{}
)
