package translator_test

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/dynomad/dynomad"
)

// TestEverythingSaysEverything: every setting that there is occurs in the file that shows them all.
func TestEverythingSaysEverything(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/everything.txtar")
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, f := range archive.Files {
		if f.Name == "dynomad.hcl" {
			text = string(f.Data)
		}
	}
	names := settingNames(reflect.TypeFor[dynomad.Settings]())
	if len(names) < 60 {
		t.Fatalf("only %d settings were found", len(names))
	}
	for _, name := range names {
		if !regexp.MustCompile(`(?m)^\s*` + name + `\b`).MatchString(text) {
			t.Errorf("nothing says %s", name)
		}
	}
}

func settingNames(of reflect.Type) []string {
	var out []string
	for i := range of.NumField() {
		field := of.Field(i)
		if field.Tag.Get("hcl") == ",label" {
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		out = append(out, name)
		inner := field.Type
		for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			out = append(out, settingNames(inner)...)
		}
	}
	return out
}
