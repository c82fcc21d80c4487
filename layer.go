package dynomad

import (
	"encoding/json"
	"maps"
	"reflect"
)

// over lays one struct of settings over another of its type: a field that says nothing (nil) is taken from the base, a
// struct that both have is laid over field by field, and a map name by name.
func over[T any](top, base T) T {
	out := top
	layer(reflect.ValueOf(&out).Elem(), reflect.ValueOf(base))
	return out
}

func layer(into, base reflect.Value) {
	for i := range into.NumField() {
		field, below := into.Field(i), base.Field(i)
		switch {
		case !silentKind(field.Kind()) || below.IsNil():
		case field.IsNil():
			field.Set(below)
		case field.Kind() == reflect.Pointer && field.Type().Elem().Kind() == reflect.Struct:
			merged := reflect.New(field.Type().Elem()) // neither layer may change
			merged.Elem().Set(field.Elem())
			layer(merged.Elem(), below.Elem())
			field.Set(merged)
		case field.Kind() == reflect.Map:
			field.Set(reflect.ValueOf(overNames(field.Interface().(map[string]string), below.Interface().(map[string]string))))
		case field.Type() == reflect.TypeFor[json.RawMessage]():
			field.Set(reflect.ValueOf(overlays(below.Bytes(), field.Bytes())))
		}
	}
}

func silentKind(k reflect.Kind) bool {
	return k == reflect.Pointer || k == reflect.Slice || k == reflect.Map
}

func overNames(top, base map[string]string) map[string]string {
	out := maps.Clone(base)
	maps.Copy(out, top)
	return out
}

// overlays is two raw overlays, one after the other: a JSON list, of which each is applied to what the one before it made.
func overlays(first, second json.RawMessage) json.RawMessage {
	out, err := json.Marshal(append(overlayList(first), overlayList(second)...))
	if err != nil {
		panic("dynomad: an overlay that is no JSON: " + err.Error()) // package hcl and json.Unmarshal made them
	}
	return out
}

func overlayList(overlay json.RawMessage) []json.RawMessage {
	var list []json.RawMessage
	if json.Unmarshal(overlay, &list) == nil {
		return list
	}
	return []json.RawMessage{overlay}
}
