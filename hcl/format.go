package hcl

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/hashicorp/nomad/api"
)

// FormatJob prints a job as jobspec text. Nomad's own fields carry their HCL names as tags, and the text is made by walking
// over them: first a body's settings, then its blocks, both in the order in which Nomad declares them, but groups and tasks
// last; names of maps sorted. What a job does not say is not printed. The same job always gives the same bytes.
func FormatJob(job *api.Job) []byte {
	p := &printer{}
	p.open("job", value(job.ID))
	p.body(reflect.ValueOf(job).Elem(), "id")
	p.close()
	return hclwrite.Format(p.text.Bytes())
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// printer writes blocks and settings; hclwrite then does indentation and alignment.
type printer struct {
	text  bytes.Buffer
	fresh bool // the last thing written opened a block, so no empty line is due
}

func (p *printer) open(name string, labels ...string) {
	if !p.fresh && p.text.Len() > 0 {
		p.text.WriteByte('\n')
	}
	p.text.WriteString(name)
	for _, label := range labels {
		p.text.WriteString(" " + quote(label))
	}
	p.text.WriteString(" {\n")
	p.fresh = true
}

func (p *printer) close() {
	if p.fresh { // nothing came: {} on one line
		p.text.Truncate(p.text.Len() - 1)
	}
	p.text.WriteString("}\n")
	p.fresh = false
}

func (p *printer) setting(name, text string) {
	p.text.WriteString(name + " = " + text + "\n")
	p.fresh = false
}

// field is a member of a Nomad struct that HCL can say.
type field struct {
	name, kind string // kind: "block", "label" or "" for a setting
	value      reflect.Value
}

// fields are the members of a struct that are set.
func fields(v reflect.Value) []field {
	var out []field
	for i := range v.NumField() {
		name, kind, _ := strings.Cut(v.Type().Field(i).Tag.Get("hcl"), ",")
		f := field{name, strings.TrimSuffix(kind, "optional"), v.Field(i)}
		if (name != "" || kind == "label") && !f.value.IsZero() {
			out = append(out, f)
		}
	}
	return out
}

// body prints all members of a struct but the one named except, which its header has said already.
func (p *printer) body(v reflect.Value, except string) {
	all := fields(v)
	for _, f := range all {
		if f.kind == "" && f.name != except {
			p.setting(f.name, literal(f.value))
		}
	}
	for _, long := range []bool{false, true} {
		for _, f := range all {
			if f.kind == "block" && long == (f.name == "group" || f.name == "task") {
				p.block(f.name, reflect.Indirect(f.value))
			}
		}
	}
}

// block prints a member that is one block, a list of them, or a map: of labelled blocks, or of the settings in one.
func (p *printer) block(name string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		p.open(name, label(v)...)
		p.body(v, "")
		p.close()
	case reflect.Slice:
		for i := range v.Len() {
			p.block(name, reflect.Indirect(v.Index(i)))
		}
	case reflect.Map:
		p.mapping(name, v)
	default:
		panic(fmt.Sprintf("hcl: a block %q of type %s, which Nomad's jobs do not have", name, v.Type()))
	}
}

func (p *printer) mapping(name string, v reflect.Value) {
	if pointsToStruct(v.Type().Elem()) {
		for _, key := range sortedKeys(v) {
			p.block(name, reflect.Indirect(v.MapIndex(reflect.ValueOf(key))))
		}
		return
	}
	p.open(name)
	for _, key := range sortedKeys(v) {
		p.setting(key, literal(v.MapIndex(reflect.ValueOf(key))))
	}
	p.close()
}

func pointsToStruct(t reflect.Type) bool {
	return t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct
}

func label(v reflect.Value) []string {
	for _, f := range fields(v) {
		if f.kind == "label" {
			return []string{reflect.Indirect(f.value).String()}
		}
	}
	return nil
}

func sortedKeys(v reflect.Value) []string {
	keys := make([]string, 0, v.Len())
	for _, key := range v.MapKeys() {
		keys = append(keys, key.String())
	}
	slices.Sort(keys)
	return keys
}

// literal is a value as HCL says it.
func literal(v reflect.Value) string {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if d, ok := v.Interface().(time.Duration); ok {
		return quote(short(d))
	}
	switch v.Kind() {
	case reflect.String:
		return text(v.String())
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.FormatUint(v.Uint(), 10)
	case reflect.Float32, reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	case reflect.Slice:
		items := make([]string, v.Len())
		for i := range items {
			items[i] = literal(v.Index(i))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case reflect.Map:
		items := make([]string, 0, v.Len())
		for _, key := range sortedKeys(v) {
			items = append(items, quote(key)+" = "+literal(v.MapIndex(reflect.ValueOf(key))))
		}
		return "{ " + strings.Join(items, ", ") + " }"
	default:
		panic(fmt.Sprintf("hcl: a setting of type %s, which Nomad's jobs do not have", v.Type()))
	}
}

// short is a duration as people write it: "2m", where Go would say "2m0s".
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
