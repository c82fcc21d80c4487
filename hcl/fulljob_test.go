package hcl_test

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/hashicorp/nomad/api"
)

// fullJob is a job in which every field is set that jobspecs can say, with values that are easy to get wrong. Seeds differ
// in which value is where.
func fullJob(seed int) *api.Job {
	f := &filler{n: seed}
	job := &api.Job{}
	f.fill(reflect.ValueOf(job).Elem(), 0)
	return job
}

type filler struct{ n int }

func (f *filler) next(of int) int { f.n++; return f.n % of }

var texts = []string{
	"plain", "", "${NOMAD_PORT_http}", "a \"b\" \\ $c", "${X:-y} %{z}", "line\nline\n", "one ${a}\n\ttwo %{b}\n", "${attr.cpu.arch}", "é", "null", "12", "<<EOT\nEOT\nx\n", "$${NOMAD_X}", "\x00\r",
}

// fill sets every member that has a name in HCL.
func (f *filler) fill(v reflect.Value, depth int) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, kind, _ := strings.Cut(field.Tag.Get("hcl"), ",")
		switch {
		case field.Name == "Identity" && v.Type() == reflect.TypeFor[api.Task]():
			v.Field(i).Set(reflect.ValueOf(&api.WorkloadIdentity{Env: true, TTL: time.Minute}))
		case field.Name == "ScalingPolicies":
			v.Field(i).Set(reflect.ValueOf([]*api.ScalingPolicy{{Type: "vertical_cpu", Max: new(int64(1)), Policy: f.anything(0)}, {Type: "vertical_mem"}}))
		case name == "" && kind == "":
		case kind == "label":
			f.label(v.Field(i))
		default:
			v.Field(i).Set(f.value(field.Type, depth))
		}
	}
	switch x := v.Addr().Interface().(type) {
	case *api.Port:
		x.Value = 0
	case *api.ScalingPolicy:
		x.Type = "horizontal"
	case *api.WorkloadIdentity:
		x.Name = fmt.Sprint("identity", f.next(1000))
	case *api.NetworkResource:
		for i := range x.ReservedPorts {
			x.ReservedPorts[i].Value = 1 + i
		}
	case *api.SidecarTask:
		x.Resources.Networks = nil // Nomad's parser leaves their static ports among the dynamic ones
	case *api.Service:
		x.Name = fmt.Sprint("service", f.next(1000))
	case *api.Constraint:
		x.Operand = "regexp"
	case *api.Affinity:
		x.Operand = "set_contains_any"
	case *api.PeriodicConfig:
		x.SpecType = new("cron")
	}
}

func (f *filler) label(v reflect.Value) {
	text := fmt.Sprintf("label \"%d\"", f.next(1000))
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.ValueOf(&text))
		return
	}
	v.SetString(text)
}

func (f *filler) value(t reflect.Type, depth int) reflect.Value {
	out := reflect.New(t).Elem()
	switch t.Kind() {
	case reflect.Pointer:
		inner := f.value(t.Elem(), depth)
		out.Set(reflect.New(t.Elem()))
		out.Elem().Set(inner)
	case reflect.Struct:
		f.fill(out, depth+1)
	case reflect.Slice:
		count := 1
		if depth != 0 && depth != 3 { // else the job is longer than anybody's
			count += f.next(2)
		}
		for range count {
			out = reflect.Append(out, f.value(t.Elem(), depth))
		}
	case reflect.Map:
		if t.Elem().Kind() == reflect.Interface {
			return reflect.ValueOf(f.anything(0))
		}
		out.Set(reflect.MakeMap(t))
		for range 2 {
			key, element := fmt.Sprintf("key-%d", f.next(1000)), f.value(t.Elem(), depth)
			if pointer := element; pointer.Kind() == reflect.Pointer {
				pointer.Elem().FieldByName("Name").SetString(key)
			}
			out.SetMapIndex(reflect.ValueOf(key), element)
		}
	case reflect.String:
		out.SetString(texts[f.next(len(texts))])
	case reflect.Bool:
		out.SetBool(f.next(2) == 0)
	case reflect.Int64:
		out.SetInt([]int64{0, int64(time.Hour), int64(90 * time.Second), int64(1500 * time.Millisecond)}[f.next(4)])
	case reflect.Int, reflect.Int8:
		out.SetInt([]int64{0, 1, 100, -50}[f.next(4)])
	default:
		out.SetUint([]uint64{0, 1, 200}[f.next(3)])
	}
	return out
}

func (f *filler) anything(depth int) map[string]any {
	out := map[string]any{}
	for i := range 6 {
		out[fmt.Sprintf("any_%d", i)] = f.any(depth)
	}
	return out
}

func (f *filler) any(depth int) any {
	if depth > 1 {
		return texts[f.next(len(texts))]
	}
	return []func() any{
		func() any { return texts[f.next(len(texts))] },
		func() any { return []any{1.0, texts[f.next(len(texts))], true, 1.5} },
		func() any { return []any{f.anything(depth + 1), f.anything(depth + 2)} },
		func() any { return f.anything(depth + 2) },
		func() any { return []any{map[string]any{"a.b": f.any(depth + 1)}} },
		func() any { return []any{map[string]any{"a.b": 1.0}, map[string]any{"c d": "e"}} },
		func() any { return []any{[]any{map[string]any{"x": -1e6}}} },
		func() any { return f.next(2) == 0 },
		func() any { return 1e12 + 0.5 },
		func() any { return []any{} },
	}[f.next(10)]()
}
