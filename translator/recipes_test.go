package translator_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

const recipes = "../docs/recipes.md"

// TestRecipes holds docs/recipes.md against the goldens that it is made of, testdata/recipe_*.txtar: no recipe can be wrong
// without a red test. -update writes the page.
func TestRecipes(t *testing.T) {
	var page strings.Builder
	page.WriteString(`# Recipes

Each of these is a test: what is shown as coming of it does come of it, and Nomad accepts it. ` + "`dynomad translate`" + ` in a folder with
the files prints the whole job; [manifest.md](manifest.md) has every setting. This page is written by ` + "`go test ./translator -update`" + `.
`)
	files, err := filepath.Glob("testdata/recipe_*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no recipes: %v", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		page.WriteString(recipe(archive))
	}
	if *update {
		writeFile(t, recipes, []byte(page.String()))
		return
	}
	if diff := cmp.Diff(string(readFile(t, recipes)), page.String()); diff != "" {
		t.Errorf("the page is not what the goldens say; go test ./translator -update writes it\n%s", diff)
	}
}

// recipe is a golden as a part of the page.
func recipe(archive *txtar.Archive) string {
	title, text, _ := strings.Cut(strings.TrimSpace(string(archive.Comment)), "\n")
	out := fmt.Sprintf("\n## %s\n", strings.TrimSuffix(title, "."))
	if text = strings.TrimSpace(text); text != "" {
		out += "\n" + text + "\n"
	}
	for _, f := range archive.Files {
		switch {
		case f.Name == "given" || f.Name == "variables":
		case strings.HasSuffix(f.Name, ".nomad.hcl"):
			out += fmt.Sprintf("\nIn the job comes of it:\n\n```hcl\n%s```\n", f.Data)
		default:
			out += fmt.Sprintf("\n`%s`:\n\n```%s\n%s```\n", f.Name, strings.TrimPrefix(filepath.Ext(f.Name), "."), f.Data)
		}
	}
	return out
}
