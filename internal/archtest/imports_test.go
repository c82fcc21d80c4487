package archtest

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/dynomad/dynomad"

// What only a few rooms may say to the world outside.
const (
	nomadAPI  = "github.com/hashicorp/nomad/api"
	consulAPI = "github.com/hashicorp/consul/api"
	hclV2     = "github.com/hashicorp/hcl/v2"
	fabio     = "github.com/fabiolb/fabio"
)

// machines are what a pure room knows nothing of.
var machines = []string{"net/http", "database/sql", "os", nomadAPI, consulAPI, hclV2, fabio}

// never is what a room must not import from outside. Rooms that are not here may import what they like.
var never = map[string][]string{
	".":                   machines,
	"translator":          {"net/http", "database/sql", "os", "math/rand", consulAPI, hclV2, fabio},
	"translator/procfile": machines,
	"hcl":                 {"net/http", "database/sql", "os", consulAPI, fabio},
	"source":              machines,
	"source/tree":         machines,
	"adopt":               {"net/http", "database/sql", "os", "math/rand", consulAPI, hclV2, fabio},
	"templates":           machines,
	"platform":            {"net/http", "database/sql", nomadAPI, consulAPI, hclV2, fabio},
	"reconcile":           machines,
	"store":               {"net/http", nomadAPI, consulAPI, hclV2, fabio},
	"cluster":             {"database/sql", hclV2, fabio},
	"cluster/clusterfake": {"net/http", "database/sql", hclV2, fabio},
	"cluster/clustertest": {"net/http", "database/sql", hclV2, fabio},
	"builder":             {"net/http", "database/sql", consulAPI, hclV2, fabio},
	"builder/builderfake": machines,
	"bucket":              {"database/sql", nomadAPI, consulAPI, hclV2, fabio},
	"router":              {"database/sql", nomadAPI, hclV2},
	"logplex":             {"database/sql", nomadAPI, consulAPI, hclV2, fabio},
	"logplex/frame":       machines,
	"logplex/syslog":      machines,
	"agent":               {"database/sql", nomadAPI, consulAPI, hclV2, fabio},
	"access":              {"database/sql", nomadAPI, consulAPI, hclV2, fabio},
	"httpapi":             {"database/sql", nomadAPI, consulAPI, hclV2, fabio},
	"console":             {"database/sql", nomadAPI, consulAPI, hclV2, fabio},
	"internal/devcluster": {"database/sql", hclV2, fabio},
	"cmd/dynomad-agent":   {nomadAPI, consulAPI, hclV2, fabio},
	"examples":            {nomadAPI, consulAPI, hclV2, fabio},
}

// roots of the BUSL modules: run as programs, never imported.
var forbiddenEverywhere = []string{"github.com/hashicorp/nomad/", "github.com/hashicorp/consul/"}

func TestImportsFollowTheTable(t *testing.T) {
	table := readTable(t)
	for room := range never {
		if _, ok := table[room]; !ok {
			t.Errorf("the test speaks of %s, which has no row in the table", room)
		}
	}
	seen := map[string]bool{}
	for _, pkg := range packages(t) {
		name := ours(pkg.ImportPath)
		room, ok := roomOf(table, name)
		if !ok {
			t.Errorf("%s has no row in the table: give it one, or put the code into a room that has one", name)
			continue
		}
		seen[room] = true
		for _, imp := range pkg.Imports {
			if imp == module || strings.HasPrefix(imp, module+"/") {
				inside(t, table, room, name, ours(imp))
			} else {
				outside(t, room, name, imp)
			}
		}
	}
	for room := range table {
		if !seen[room] {
			t.Errorf("the table has a row for %s, but there is no such package", room)
		}
	}
}

// readTable reads which of ours each room may import from the page that people read. "*" is anything.
func readTable(t *testing.T) map[string][]string {
	t.Helper()
	page, err := os.ReadFile("../../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## What stands where\n")
	section, _, _ = strings.Cut(section, "\n## ")
	table := map[string][]string{}
	row, name := regexp.MustCompile("(?m)^\\| `([^`]+)` \\|.*\\| ([^|]+) \\|$"), regexp.MustCompile("`([^`]+)`")
	for _, cells := range row.FindAllStringSubmatch(section, -1) {
		allowed := []string{}
		for _, match := range name.FindAllStringSubmatch(cells[2], -1) {
			allowed = append(allowed, match[1])
		}
		if cells[2] == "anything" {
			allowed = []string{"*"}
		} else if (cells[2] == "nothing") != (len(allowed) == 0) {
			t.Errorf("the row of %s says neither names, nothing nor anything: %q", cells[1], cells[2])
		}
		table[cells[1]] = allowed
	}
	if len(table) < 20 {
		t.Fatalf("the page's table has only %d rows that can be read", len(table))
	}
	return table
}

// ours is a package's name in the table.
func ours(importPath string) string {
	if importPath == module {
		return "."
	}
	return strings.TrimPrefix(importPath, module+"/")
}

// roomOf finds the row of a package: its own, or that of a folder above which stands for all below it.
func roomOf(table map[string][]string, name string) (string, bool) {
	for dir := name; dir != "."; dir = path.Dir(dir) {
		if _, ok := table[dir]; ok && (dir == name || dir == "cmd/dynomad" || dir == "examples" || dir == "e2e") {
			return dir, true
		}
	}
	_, ok := table[name]
	return name, ok
}

func inside(t *testing.T, table map[string][]string, room, name, imp string) {
	t.Helper()
	allowed := table[room]
	if own, _ := roomOf(table, imp); own != room && !slices.Contains(allowed, imp) && !slices.Contains(allowed, "*") {
		t.Errorf("%s imports %s: the table allows it only %v", name, imp, allowed)
	}
}

func outside(t *testing.T, room, name, imp string) {
	t.Helper()
	for _, prefix := range never[room] {
		if imp == prefix || strings.HasPrefix(imp, prefix+"/") {
			t.Errorf("%s imports %s, which it never may", name, imp)
		}
	}
	for _, root := range forbiddenEverywhere {
		api := root + "api"
		if strings.HasPrefix(imp, root) && imp != api && !strings.HasPrefix(imp, api+"/") {
			t.Errorf("%s imports %s: Nomad and Consul are run as programs, never imported beyond their api modules", name, imp)
		}
	}
}

type listed struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", module+"/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}
