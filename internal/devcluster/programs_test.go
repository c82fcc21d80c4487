package devcluster

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad"
)

func TestAtLeast(t *testing.T) {
	for _, test := range []struct {
		version, other string
		want           bool
	}{
		{"1.11.3", "1.8.0", true},
		{"1.8.0", "1.8.0", true},
		{"1.7.9", "1.8.0", false},
		{"1.10.0-dev+ent", "1.9.9", true},
		{"v2.0", "1.99.99", true},
		{"", "1.0.0", false},
	} {
		if got := AtLeast(test.version, test.other); got != test.want {
			t.Errorf("AtLeast(%q, %q) = %v", test.version, test.other, got)
		}
	}
}

// fakeProgram writes a shell script that claims to be some version of a program.
func fakeProgram(t *testing.T, path, version string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho Nomad v"+version+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestFind(t *testing.T) {
	for _, test := range []struct {
		what   string
		onPath string   // version, "": none
		cache  []string // versions
		pinned string   // by the checkout, "": no checkout
		want   string   // folder/name, or
		kind   dynomad.Kind
	}{
		{what: "on PATH", onPath: "1.9.0", cache: []string{"1.11.3"}, want: "path/nomad"},
		{what: "too old on PATH", onPath: "1.7.0", cache: []string{"1.11.3"}, want: "cache/nomad-1.11.3"},
		{what: "the newest of the cache", cache: []string{"1.11.3", "1.9.0", "1.12.0"}, want: "cache/nomad-1.12.0"},
		{what: "the pinned one of the cache", cache: []string{"1.11.3", "1.12.0"}, pinned: "1.11.3", want: "cache/nomad-1.11.3"},
		{what: "nowhere", cache: []string{"1.7.0"}, kind: dynomad.KindNotFound},
	} {
		t.Run(test.what, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("PATH", filepath.Join(dir, "path")+":/bin:/usr/bin")
			f := Finder{Cache: filepath.Join(dir, "cache"), Say: func(string) {}}
			if test.onPath != "" {
				fakeProgram(t, filepath.Join(dir, "path", "nomad"), test.onPath)
			}
			for _, version := range test.cache {
				fakeProgram(t, filepath.Join(f.Cache, "nomad-"+version), version)
			}
			if test.pinned != "" {
				f.Checkout = filepath.Join(dir, "checkout")
				pin(t, f.Checkout, test.pinned)
			}
			path, err := f.Find(t.Context(), "nomad")
			if dynomad.KindOf(err) != test.kind {
				t.Fatal(err)
			}
			if got := strings.TrimPrefix(path, dir+"/"); got != test.want {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}

func pin(t *testing.T, checkout, version string) {
	t.Helper()
	dir := filepath.Join(checkout, "tools", "nomad")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	text := "module x\n\ngo 1.26\n\nrequire github.com/hashicorp/nomad v" + version + "\n"
	text = strings.Replace(text, "require github", "require (\n\tgithub", 1) + ")\n"
	for name, text := range map[string]string{"go.mod": text, "go.sum": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestBuild has a fake Go build a fake Nomad: the real one takes minutes, and runs where the end-to-end tests do.
func TestBuild(t *testing.T) {
	for _, test := range []struct {
		what, script string
		kind         dynomad.Kind
	}{
		{"goes well", `case "$1" in list) echo a; echo b;; build) echo a >&2; echo b >&2; while [ "$1" != -o ]; do shift; done; echo built > "$2";; esac`, ""},
		{"fails half-way", `case "$1" in list) echo a;; build) while [ "$1" != -o ]; do shift; done; echo half > "$2"; echo "no gcc" >&2; exit 1;; esac`, dynomad.KindInternal},
		{"cannot download", `echo "go: no network" >&2; exit 1`, dynomad.KindUnavailable},
	} {
		t.Run(test.what, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("PATH", dir+":/bin:/usr/bin")
			if err := os.WriteFile(filepath.Join(dir, "go"), []byte("#!/bin/sh\n"+test.script+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			var said []string
			f := Finder{Cache: filepath.Join(dir, "cache"), Checkout: dir, Say: func(line string) { said = append(said, line) }}
			pin(t, dir, "1.11.3")
			path, err := f.Build(context.Background(), "nomad")
			if dynomad.KindOf(err) != test.kind {
				t.Fatalf("%v after saying %q", err, said)
			}
			built, _ := filepath.Glob(filepath.Join(f.Cache, "*"))
			if test.kind != "" {
				if len(built) > 0 {
					t.Errorf("it left %q", built)
				}
				return
			}
			if diff := cmp.Diff([]string{path}, built); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			want := []string{
				"building nomad-1.11.3, once: about 6 min on two cores",
				"building nomad: 1 of at most 2 packages", "building nomad: 2 of at most 2 packages", "built " + path,
			}
			if diff := cmp.Diff(want, said); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
