package templates

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/template"
)

//go:embed services
var services embed.FS

// Service renders one file of services/ ("nomad/client.hcl"): the agents' configs, the policies and the units that a
// cluster is made of, the same for the dev cluster, for Vagrant's machines and for an operator's own. A file names what it
// needs by kind:
//
//	{{ text "name" }}    a quoted string
//	{{ plain "user" }}   one word, unquoted
//	{{ list "join" }}    quoted strings, from words separated by spaces; none is []
//	{{ number "port" }}  a whole number
//	{{ bool "raw" }}     true or false
//
// It is strict: a value that is missing, of the wrong kind, or given and not used is an error that names it.
func Service(name string, values map[string]string) (string, error) {
	text, err := services.ReadFile("services/" + name)
	if err != nil {
		return "", fmt.Errorf("there is no service file %q; there are %s", name, strings.Join(ServiceNames(), ", "))
	}
	s := sheet{values: values, used: map[string]bool{}}
	t, err := template.New(name).Funcs(template.FuncMap{
		"text": s.text, "plain": s.plain, "list": s.list, "number": s.number, "bool": s.bool,
	}).Parse(string(text))
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	if err := t.Execute(&out, nil); err != nil {
		return "", err
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if !s.used[key] {
			return "", fmt.Errorf("%s uses no value %q", name, key)
		}
	}
	return out.String(), nil
}

// ServiceNames lists every file that Service renders, sorted.
func ServiceNames() []string {
	var names []string
	// Walking an embedded tree cannot fail.
	_ = fs.WalkDir(services, "services", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, strings.TrimPrefix(path, "services/"))
		}
		return err
	})
	return names
}

// sheet is the values of one rendering, and which of them have been used.
type sheet struct {
	values map[string]string
	used   map[string]bool
}

func (s sheet) value(key string) (string, error) {
	value, ok := s.values[key]
	if !ok {
		return "", fmt.Errorf("no value for %q", key)
	}
	s.used[key] = true
	// The agents' language would interpolate ${…}; nothing that belongs in these files contains it, or a control character.
	if strings.Contains(value, "${") || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' }) {
		return "", fmt.Errorf("the value of %q contains what no config can carry", key)
	}
	return value, nil
}

func (s sheet) text(key string) (string, error) {
	value, err := s.value(key)
	if err != nil {
		return "", err
	}
	return quote(value)
}

func (s sheet) plain(key string) (string, error) {
	value, err := s.value(key)
	if err == nil && (value == "" || strings.ContainsAny(value, " \"'\\")) {
		return "", fmt.Errorf("the value of %q is not one plain word", key)
	}
	return value, err
}

func (s sheet) list(key string) (string, error) {
	value, err := s.value(key)
	if err != nil {
		return "", err
	}
	words := strings.Fields(value)
	for i, word := range words {
		if words[i], err = quote(word); err != nil {
			return "", err
		}
	}
	return "[" + strings.Join(words, ", ") + "]", nil
}

func (s sheet) number(key string) (string, error) {
	value, err := s.value(key)
	if err != nil {
		return "", err
	}
	if _, err := strconv.Atoi(value); err != nil {
		return "", fmt.Errorf("the value of %q is not a number: %q", key, value)
	}
	return value, nil
}

func (s sheet) bool(key string) (string, error) {
	value, err := s.value(key)
	if err == nil && value != "true" && value != "false" {
		return "", fmt.Errorf("the value of %q is neither true nor false: %q", key, value)
	}
	return value, err
}

// quote writes text as a string of JSON, which is one of HCL too as long as it holds no ${.
func quote(text string) (string, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	err := e.Encode(text)
	return strings.TrimSuffix(out.String(), "\n"), err
}
