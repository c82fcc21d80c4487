package httpapi_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Heroku publishes what its API answers as a hyper-schema: for each method and path the schema of the answer. heroku-go
// ships it. Every successful answer in every test of this package is held against it, and must have all of its keys.

// endpoint is one link of the schema.
type endpoint struct {
	method string
	path   *regexp.Regexp
	answer *jsonschema.Schema
	keys   []string // that an answer, or each entry of a list, must have
}

// exempt is what we answer differently on purpose.
var exempt = map[string]string{
	"/definitions/app/definitions/git_url/pattern":    "our addresses are not under heroku.com",
	"/definitions/app/definitions/web_url/pattern":    "nor under herokuapp.com",
	"/definitions/domain/definitions/hostname/format": "Heroku's own answers are host names, not URIs",
	"/definitions/space/definitions/name/pattern":     "Go's expressions have no look-ahead; we have no spaces",
}

var schema = sync.OnceValues(func() ([]endpoint, error) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/heroku/heroku-go/v6").Output()
	if err != nil {
		return nil, fmt.Errorf("finding heroku-go: %w", err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "schema.json"))
	if err != nil {
		return nil, err
	}
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	trim(doc, "")
	delete(doc, "id")
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft4)
	compiler.AssertFormat()
	if err := compiler.AddResource("heroku.json", doc); err != nil {
		return nil, err
	}
	var all []endpoint
	for name, definition := range doc["definitions"].(map[string]any) {
		links, _ := definition.(map[string]any)["links"].([]any)
		for i, link := range links {
			e, err := compile(compiler, doc, fmt.Sprintf("/definitions/%s/links/%d", name, i), link.(map[string]any))
			if err != nil {
				return nil, err
			}
			all = append(all, e)
		}
	}
	return all, nil
})

// trim removes what the library would look up elsewhere, and what is exempt.
func trim(node any, path string) {
	switch n := node.(type) {
	case map[string]any:
		delete(n, "$schema")
		for key, value := range n {
			here := path + "/" + key
			if _, ok := exempt[here]; ok {
				delete(n, key)
				continue
			}
			trim(value, here)
		}
	case []any:
		for _, value := range n {
			trim(value, path)
		}
	}
}

var variable = regexp.MustCompile(`\{[^}]*\}`)

func compile(compiler *jsonschema.Compiler, doc map[string]any, at string, link map[string]any) (endpoint, error) {
	path := variable.ReplaceAllString(link["href"].(string), "VARIABLE")
	path = strings.ReplaceAll(regexp.QuoteMeta(path), "VARIABLE", "[^/]+")
	e := endpoint{method: link["method"].(string), path: regexp.MustCompile("^" + path + "$")}
	target, ok := link["targetSchema"].(map[string]any)
	if !ok {
		resource, _, _ := strings.Cut(at, "/links")
		target = map[string]any{"$ref": "#" + resource}
		link["targetSchema"] = target
	}
	if items, ok := target["items"].(map[string]any); ok {
		target = items
	}
	if ref, ok := target["$ref"].(string); ok {
		definition, _ := doc["definitions"].(map[string]any)[strings.TrimPrefix(ref, "#/definitions/")].(map[string]any)
		properties, _ := definition["properties"].(map[string]any)
		for key := range properties {
			e.keys = append(e.keys, key)
		}
		slices.Sort(e.keys)
	}
	var err error
	e.answer, err = compiler.Compile("heroku.json#" + at + "/targetSchema")
	return e, err
}

// unknownToHeroku are the routes that its schema does not have: ours, and one that only its own CLI knows.
var unknownToHeroku = regexp.MustCompile(`^(/dynomad/.*|/health|/oauth/sessions/~|/blobs/.*|/apps/[^/]+/sources)$`)

// conforms holds a successful answer against the schema.
func conforms(t *testing.T, method, path string, answer any) {
	t.Helper()
	all, err := schema()
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(all, func(e endpoint) bool { return e.method == method && e.path.MatchString(path) })
	if at < 0 {
		if !unknownToHeroku.MatchString(path) {
			t.Errorf("%s %s is not in Heroku's schema", method, path)
		}
		return
	}
	if err := all[at].answer.Validate(answer); err != nil {
		t.Errorf("%s %s: %v\n%v", method, path, err, answer)
	}
	entries, ok := answer.([]any)
	if !ok {
		entries = []any{answer}
	}
	for _, entry := range entries {
		for _, key := range all[at].keys {
			if _, ok := entry.(object)[key]; !ok {
				t.Errorf("%s %s: the key %q is missing", method, path, key)
			}
		}
	}
}
