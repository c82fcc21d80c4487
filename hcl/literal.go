package hcl

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// literal is a value as HCL says it.
func literal(v reflect.Value) string {
	v = concrete(v)
	switch v.Kind() {
	case reflect.Invalid:
		return "null"
	case reflect.String:
		if v.Type() == reflect.TypeFor[json.Number]() {
			return v.String()
		}
		return text(v.String())
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Int64:
		if v.Type() == reflect.TypeFor[time.Duration]() {
			return `"` + short(time.Duration(v.Int())) + `"`
		}
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.FormatUint(v.Uint(), 10)
	case reflect.Float32, reflect.Float64:
		return number(v.Float())
	case reflect.Slice, reflect.Array:
		return list(v)
	case reflect.Map:
		return object(v)
	default:
		return "null" // functions, channels and structs are no part of a job
	}
}

func list(v reflect.Value) string {
	var b strings.Builder
	b.WriteByte('[')
	for i := range v.Len() {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(inline(v.Index(i)))
	}
	b.WriteByte(']')
	return b.String()
}

func object(v reflect.Value) string {
	if v.Len() == 0 {
		return "{}"
	}
	var b strings.Builder
	b.WriteString("{ ")
	for i, key := range sortedKeys(v) {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quote(key) + " = " + inline(v.MapIndex(reflect.ValueOf(key))))
	}
	b.WriteString(" }")
	return b.String()
}

// inline is a value within another, where there is no room for whole lines.
func inline(v reflect.Value) string {
	if v = concrete(v); v.Kind() == reflect.String && v.Type() != reflect.TypeFor[json.Number]() {
		return quoted(v.String())
	}
	return literal(v)
}

// number is whole wherever it can be: JSON has made of 512 a float, and 1e+06 is hard to read.
func number(n float64) string {
	const exact = 1 << 53
	switch {
	case math.IsNaN(n) || math.IsInf(n, 0):
		return "null" // not a number in JSON either
	case n == math.Trunc(n) && math.Abs(n) < exact:
		return strconv.FormatFloat(n, 'f', -1, 64)
	default:
		return strconv.FormatFloat(n, 'g', -1, 64)
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

// concrete is what is behind pointers and interfaces, or not valid where that is nothing.
func concrete(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	return v
}

func sortedKeys(v reflect.Value) []string {
	keys := make([]string, 0, v.Len())
	for _, key := range v.MapKeys() {
		keys = append(keys, key.String())
	}
	slices.Sort(keys)
	return keys
}
