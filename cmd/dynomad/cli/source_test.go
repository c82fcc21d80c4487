package cli

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad"
)

// packed ships dir and lists what arrives, a line an entry.
func packed(t *testing.T, dir string, all bool) (parcel, []byte, []string) {
	t.Helper()
	s, err := listSource(t.Context(), dir, all)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := s.pack(&b); err != nil {
		t.Fatal(err)
	}
	archive, err := gzip.NewReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for entries := tar.NewReader(archive); ; {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return s, b.Bytes(), list
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(entries)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, strings.TrimSpace(fmt.Sprintf("%o %s %s%s", header.Mode, header.Name, text, header.Linkname)))
	}
}

// Outside git everything is shipped, and the same files give the same bytes whenever they were written.
func TestPackIsRepeatable(t *testing.T) {
	var archives [][]byte
	for i := range 2 {
		dir := t.TempDir()
		write(t, dir, "Procfile", "web: ./run", 0o640)
		write(t, dir, "bin/run", "#!", 0o700)
		write(t, dir, "bin.d/x", "x", 0o666)
		if err := os.Mkdir(filepath.Join(dir, "tmp"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("bin/run", filepath.Join(dir, "link")); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(filepath.Join(dir, "Procfile"), time.Unix(int64(i), 0), time.Unix(int64(i), 0)); err != nil {
			t.Fatal(err)
		}
		s, archive, list := packed(t, dir, i == 1)
		want := []string{
			"644 Procfile web: ./run", "644 bin.d/x x", "755 bin/run #!", "777 link bin/run", "755 tmp/",
		}
		if diff := cmp.Diff(want, list); diff != "" || s.commit != "" {
			t.Errorf("archive, commit %q (-want +got):\n%s", s.commit, diff)
		}
		archives = append(archives, archive)
	}
	if !bytes.Equal(archives[0], archives[1]) {
		t.Error("two packings differ")
	}
}

// In a git work tree its rules say what is left out, and a clean one names its commit.
func TestPackAsGitSays(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "app")
	write(t, top, "elsewhere", "not the app's", 0o644)
	write(t, dir, ".gitignore", "/bin/\n.env\n", 0o644)
	write(t, dir, "Procfile", "web: bin/x", 0o644)
	write(t, dir, "gone", "", 0o644)
	runGit(t, top, "init", "-q")
	runGit(t, top, "add", ".")
	runGit(t, top, "commit", "-q", "-m", "first")
	write(t, dir, "bin/x", "built", 0o755)
	write(t, dir, ".env", "SECRET=1", 0o644)
	write(t, top, "elsewhere", "changed, but not the app", 0o644)

	s, _, list := packed(t, dir, false)
	want := []string{"644 .gitignore /bin/\n.env", "644 Procfile web: bin/x", "644 gone"}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("as git says (-want +got):\n%s", diff)
	}
	if head := strings.TrimSpace(runGit(t, dir, "rev-parse", "--short", "HEAD")); s.commit != head {
		t.Errorf("the commit is %q, want %q", s.commit, head)
	}

	_, _, list = packed(t, dir, true)
	want = []string{"644 .env SECRET=1", "644 .gitignore /bin/\n.env", "644 Procfile web: bin/x", "755 bin/x built", "644 gone"}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("with --all (-want +got):\n%s", diff)
	}

	write(t, dir, "new", "untracked", 0o644)
	if err := os.Remove(filepath.Join(dir, "gone")); err != nil {
		t.Fatal(err)
	}
	s, _, list = packed(t, dir, false)
	want = []string{"644 .gitignore /bin/\n.env", "644 Procfile web: bin/x", "644 new untracked"}
	if diff := cmp.Diff(want, list); diff != "" || s.commit != "" {
		t.Errorf("with changes, commit %q (-want +got):\n%s", s.commit, diff)
	}
}

// A directory that git ignores altogether is refused with a hint instead of shipped empty.
func TestIgnoredDirectory(t *testing.T) {
	top := t.TempDir()
	write(t, top, ".gitignore", "out/\n", 0o644)
	write(t, top, "out/Procfile", "web: x", 0o644)
	runGit(t, top, "init", "-q")
	_, err := listSource(t.Context(), filepath.Join(top, "out"), false)
	if dynomad.KindOf(err) != dynomad.KindInvalid || dynomad.HintOf(err) == "" {
		t.Errorf("got %v", err)
	}
	if _, err := listSource(t.Context(), filepath.Join(top, "out"), true); err != nil {
		t.Errorf("with --all: %v", err)
	}
}

func runGit(t *testing.T, dir string, args ...string) string {
	t.Helper()
	args = append([]string{"-C", dir, "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"}, args...)
	out, err := exec.CommandContext(t.Context(), "git", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return string(out)
}
