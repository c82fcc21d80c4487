//go:build e2e

package adopt

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cmd/dynomad/target"
)

// Every job file that comes with Nomad, those in its documentation among them, is read by a real Nomad (NOMAD_ADDR), adopted
// and translated: it has to be the same job, or refused with a reason. -update counts them in docs/adopt.md.
func TestNomadsOwnJobs(t *testing.T) {
	if os.Getenv("NOMAD_ADDR") == "" {
		t.Fatal("NOMAD_ADDR is not set: this test needs a Nomad, such as that of `dynomad dev up`")
	}
	client, err := api.NewClient(api.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	count, texts := map[string]int{}, jobTexts(t)
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		job, err := client.Jobs().ParseHCLOpts(&api.JobsParseRequest{JobHCL: texts[name]})
		if err != nil {
			count["not a whole job file: Nomad itself refuses it"]++
			if os.Getenv("SHOW") != "" {
				t.Logf("%s: %v", name, err)
			}
			continue
		}
		t.Run(name, func(t *testing.T) {
			for _, outcome := range adoptOne(t, job) {
				count[outcome]++
			}
		})
	}
	if len(texts) < 200 {
		t.Errorf("only %d job files were found", len(texts))
	}
	report(t, count, len(texts))
}

const renamed = "adopted, of these under another name: its id is no app's"

func adoptOne(t *testing.T, job *api.Job) []string {
	outcome := []string{"adopted"}
	if dynomad.AppName(*job.ID).Valid() != nil {
		name := nearest(*job.ID)
		job.ID, job.Name = &name, &name
		outcome = append(outcome, renamed)
	}
	to, err := target.Default(Driver(job), "localhost", 8080)
	if err != nil {
		t.Fatal(err)
	}
	if job.Namespace != nil {
		to.Namespace = *job.Namespace
	}
	files, problems := Job(job, to)
	if problems.Err() != nil {
		if os.Getenv("SHOW") != "" {
			t.Log(problems)
		}
		reason := ""
		for _, p := range problems {
			if !p.Warning && reason == "" {
				reason = regexp.MustCompile(`"[^"]*"`).ReplaceAllString(p.Message, "…")
			}
		}
		if strings.Contains(problems.Err().Error(), "cannot be made again") {
			t.Error(problems)
		}
		return []string{"refused: " + regexp.MustCompile(`\d+`).ReplaceAllString(reason, "several")}
	}
	if left := compare(t, job, files, to, nil); left != "" {
		t.Errorf("%s\n%s\n-want +got:\n%s", files.Procfile, files.Manifest, left)
		return []string{"different"}
	}
	return outcome
}

// jobTexts are the job files in the source of the Nomad that tools/nomad names, and those in its documentation.
func jobTexts(t *testing.T) map[string]string {
	t.Helper()
	command := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/hashicorp/nomad")
	command.Dir = "../tools/nomad"
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	root := strings.TrimSpace(string(out))
	begins := regexp.MustCompile(`(?m)^job "`)
	block := regexp.MustCompile("(?ms)^[ \t]*```hcl[^\n]*\n(.*?)^[ \t]*```")
	texts := map[string]string{}
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, _ := filepath.Rel(root, path)
		switch filepath.Ext(path) {
		case ".nomad", ".hcl":
			if text, err := os.ReadFile(path); err == nil && begins.Match(text) {
				texts[name] = string(text)
			}
		case ".mdx":
			text, _ := os.ReadFile(path)
			for i, found := range block.FindAllStringSubmatch(string(text), -1) {
				if begins.MatchString(found[1]) {
					texts[fmt.Sprintf("%s#%d", name, i+1)] = found[1]
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// report holds the counts against the table in docs/adopt.md.
func report(t *testing.T, count map[string]int, total int) {
	t.Helper()
	var table strings.Builder
	fmt.Fprintf(&table, "| What became of them | Job files of %d |\n|---|---:|\n", total)
	for _, reason := range slices.Sorted(maps.Keys(count)) {
		fmt.Fprintf(&table, "| %s | %d |\n", reason, count[reason])
	}
	const page, begin, end = "../docs/adopt.md", "<!-- counted by adopt/nomad_e2e_test.go -->\n", "<!-- end -->"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	_, after, ends := strings.Cut(rest, end)
	if !found || !ends {
		t.Fatalf("%s has no place for the table", page)
	}
	want := before + begin + table.String() + end + after
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if want != string(text) {
		t.Errorf("%s counts otherwise; run the test with -update:\n%s", page, table.String())
	}
}
