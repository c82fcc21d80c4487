package templates_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/dynomad/dynomad/templates"
)

var updateServices = flag.Bool("update-services", false, "rewrite the wanted part of testdata/services")

// TestServices renders every file of services/ with the values of its golden: testdata/services/nomad-client.hcl.txtar says
// what nomad/client.hcl becomes.
func TestServices(t *testing.T) {
	for _, name := range templates.ServiceNames() {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("testdata", "services", strings.ReplaceAll(name, "/", "-")+".txtar")
			golden, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if len(golden.Files) != 2 || golden.Files[0].Name != "values" || golden.Files[1].Name != "want" {
				t.Fatalf("%s must hold the files values and want", path)
			}
			got, err := templates.Service(name, parseValues(t, golden.Files[0].Data))
			if err != nil {
				t.Fatal(err)
			}
			if *updateServices {
				golden.Files[1].Data = []byte(got)
				if err := os.WriteFile(path, txtar.Format(golden), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(golden.Files[1].Data), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", path, diff)
			}
		})
	}
}

// parseValues reads lines of NAME=VALUE.
func parseValues(t *testing.T, text []byte) map[string]string {
	t.Helper()
	values := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if !ok {
			t.Fatalf("no NAME=VALUE: %q", line)
		}
		values[name] = value
	}
	return values
}

func TestServiceIsStrict(t *testing.T) {
	namespace := func(change func(map[string]string)) map[string]string {
		values := map[string]string{"namespace": "dynomad", "drivers": "exec"}
		change(values)
		return values
	}
	unit := map[string]string{"process": "server; rm -rf /"}
	client := map[string]string{"name": "a", "datacenter": "b", "data": "c", "bind_address": "d", "address": "e", "http_port": "f"}
	for _, test := range []struct {
		what, file string
		values     map[string]string
		want       string
	}{
		{"an unknown file", "nomad/nothing.hcl", nil, `there is no service file "nomad/nothing.hcl"`},
		{"a missing value", "nomad/namespace.json", namespace(func(v map[string]string) { delete(v, "drivers") }), `no value for "drivers"`},
		{"a value too many", "nomad/namespace.json", namespace(func(v map[string]string) { v["driver"] = "exec" }), `uses no value "driver"`},
		{"an interpolation", "nomad/namespace.json", namespace(func(v map[string]string) { v["namespace"] = "${HOME}" }), `what no config can carry`},
		{"a line break", "nomad/namespace.json", namespace(func(v map[string]string) { v["namespace"] = "a\nb" }), `what no config can carry`},
		{"more than a word", "systemd/dynomad.service", unit, `is not one plain word`},
		{"a port that is none", "nomad/client.hcl", client, `is not a number: "f"`},
	} {
		t.Run(test.what, func(t *testing.T) {
			_, err := templates.Service(test.file, test.values)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

// TestServiceQuotes proves that a value cannot end its string.
func TestServiceQuotes(t *testing.T) {
	got, err := templates.Service("nomad/namespace.json", map[string]string{"namespace": `a", "Evil": "b\`, "drivers": `e"x`})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"a\", \"Evil\": \"b\\"`, `["e\"x"]`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s does not contain %s", got, want)
		}
	}
}
