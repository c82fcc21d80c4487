//go:build e2e

package hcl_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad/hcl"
)

// These tests ask the real Nomad, found by NOMAD_ADDR, about every job file that its own module brings along: its demos, the
// jobs of its end-to-end tests, and what `nomad job init` writes.

func nomad(t *testing.T) *api.Client {
	t.Helper()
	if os.Getenv("NOMAD_ADDR") == "" {
		t.Fatal("NOMAD_ADDR is not set: these tests need a cluster, such as that of `dynomad dev up`")
	}
	client, err := api.NewClient(api.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// nomadsOwn calls test with each job file of Nomad's module that Nomad itself can read, and with what it reads. Fewer of
// them than expected is a failure: then the module has moved them.
func nomadsOwn(t *testing.T, least int, test func(t *testing.T, src []byte, job *api.Job)) {
	client := nomad(t)
	list := exec.CommandContext(t.Context(), "go", "list", "-mod=mod", "-m", "-f", "{{.Dir}}", "github.com/hashicorp/nomad")
	list.Dir = filepath.Join("..", "tools", "nomad")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	root := strings.TrimSpace(string(out))
	tried, refused := 0, 0
	for _, dir := range []string{"demo", "e2e", "command", "enos", "dev", "terraform", "jobspec2"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(path) != ".hcl" && filepath.Ext(path) != ".nomad" {
				return err
			}
			src, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			job, err := client.Jobs().ParseHCL(string(src), false)
			if err != nil {
				refused++  // no job at all, or one with variables that have no default
				return nil //nolint:nilerr // it is counted
			}
			tried++
			name, _ := filepath.Rel(root, path)
			t.Run(filepath.ToSlash(name), func(t *testing.T) { test(t, src, job) })
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d jobs tried; %d files that are none, or that Nomad refuses", tried, refused)
	if tried < least {
		t.Errorf("only %d jobs were tried, fewer than %d", tried, least)
	}
}

// Nomad reads our text of a job as the same job, and our text is laid out as `nomad fmt` would.
func TestNomadReadsWhatWeWrite(t *testing.T) {
	client := nomad(t)
	for seed := range 20 {
		same(t, client, fullJob(seed))
	}
	nomadsOwn(t, 150, func(t *testing.T, _ []byte, job *api.Job) {
		same(t, client, job)
		text := hcl.FormatJob(job)
		if diff := cmp.Diff(string(hclwrite.Format(text)), string(text)); diff != "" {
			t.Errorf("our text is laid out differently (-hclfmt +ours):\n%s", diff)
		}
		commented := hcl.FormatJobWith(job, func(path string) string { return "is " + path })
		if diff := cmp.Diff(string(hclwrite.Format(commented)), string(commented)); diff != "" {
			t.Errorf("our text with comments is laid out differently (-hclfmt +ours):\n%s", diff)
		}
	})
}

// same fails unless Nomad reads our text of a job as the same job.
func same(t *testing.T, client *api.Client, job *api.Job) {
	t.Helper()
	text := hcl.FormatJob(job)
	again, err := client.Jobs().ParseHCL(string(text), false)
	if err != nil {
		t.Fatalf("Nomad cannot read our text: %v\n%s", err, text)
	}
	if diff := cmp.Diff(sent(t, job), sent(t, again)); diff != "" {
		t.Errorf("Nomad reads our text as another job (-job +read):\n%s\n%s", diff, text)
	}
}

// A job file, its job and groups put into `nomad` blocks word for word, is read by us as Nomad reads it.
func TestOverlayReadsWhatNomadReads(t *testing.T) {
	read, unread := 0, map[string]int{}
	nomadsOwn(t, 150, func(t *testing.T, src []byte, want *api.Job) {
		text, groups, whyNot := asOverlays(src)
		if whyNot != "" {
			unread[whyNot]++
			t.Skip(whyNot)
		}
		_, problems := hcl.Manifest("dynomad.hcl", text, hcl.Inputs{})
		for _, p := range problems {
			// Nomad takes ${NAME} for a text where it does not know the name. We do not, since it could be misspelt.
			for _, ours := range []string{"nothing here is called", "there is no function", "is Dynomad's own"} {
				if strings.Contains(p.Message, ours) {
					unread[ours]++
					t.Skip(p)
				}
			}
		}
		read++
		sameJob(t, text, groups, want)
		readAgain(t, want)
	})
	t.Logf("%d read; not read: %v", read, unread)
	if read < 150 {
		t.Errorf("only %d jobs were read", read)
	}
}
