package cli

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/source"
)

// parcel is a directory to ship: which of its files, and what they were made of.
type parcel struct {
	dir      string
	files    []string // relative to dir, with slashes, sorted; directories among them
	commit   string   // the short hash of git's HEAD if nothing differs from it, or ""
	warnings []string
}

// listSource finds the files to ship. In a git work tree these are the files that git knows or would add; elsewhere, or
// with all, everything but .git.
func listSource(ctx context.Context, dir string, all bool) (parcel, error) {
	s := parcel{dir: dir}
	inGit := hasGit(dir)
	if inGit {
		var err error
		if s.commit, err = commit(ctx, dir); err != nil && !all {
			return s, err
		}
	}
	list := s.walk
	if inGit && !all {
		list = func(string) error { return s.listGit(ctx) }
	}
	if err := list("."); err != nil {
		return s, fmt.Errorf("list the files in %s: %w", dir, err)
	}
	s.tidy()
	for _, name := range source.Names { // what was judged before the upload is judged again after it
		if exists(filepath.Join(dir, name)) && !slices.Contains(s.files, name) {
			return s, dynomad.Errorf(dynomad.KindInvalid, "git ignores the %s in %s", name, dir).
				WithHint("deploy with --all, or take it out of .gitignore")
		}
	}
	return s, nil
}

// hasGit says whether dir is in a git work tree.
func hasGit(dir string) bool {
	for {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return true
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return false
		}
		dir = parent
	}
}

// git runs a git command in dir and returns what it prints.
func git(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return nil, dynomad.Errorf(dynomad.KindInvalid, "git %s: %w: %s", args[0], err, strings.TrimSpace(complaint.String())).
			WithHint("mend that, or deploy with --all, which ships everything without asking git what to leave out")
	}
	return out, nil
}

// commit names what dir holds: "" where it differs from git's HEAD, or where there is no commit yet.
func commit(ctx context.Context, dir string) (string, error) {
	status, err := git(ctx, dir, "status", "--porcelain=v2", "--branch", "--", ".")
	if err != nil {
		return "", err
	}
	head := ""
	for line := range strings.Lines(string(status)) {
		oid, found := strings.CutPrefix(line, "# branch.oid ")
		switch {
		case found && !strings.HasPrefix(oid, "(") && len(oid) > shortHash: // else "(initial)"
			head = oid[:shortHash]
		case !strings.HasPrefix(line, "#"): // a change
			return "", nil
		}
	}
	return head, nil
}

// shortHash is how many digits of a commit's hash people use.
const shortHash = 7

// listGit lists what git tracks and what it would, without what it ignores.
func (s *parcel) listGit(ctx context.Context) error {
	out, err := git(ctx, s.dir, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ".")
	if err != nil {
		return err
	}
	for name := range strings.SplitSeq(string(out), "\x00") {
		if name = strings.TrimSuffix(name, "/"); name == "" {
			continue // after the last name
		}
		info, err := os.Lstat(filepath.Join(s.dir, name))
		switch {
		case errors.Is(err, fs.ErrNotExist): // tracked, but deleted here
		case err != nil:
			return err
		case info.IsDir(): // a submodule or another repository: git does not look into it
			if err := s.walk(name); err != nil {
				return err
			}
		default:
			s.add(name, info)
		}
	}
	return nil
}

// walk lists everything under a directory but git's own files.
func (s *parcel) walk(top string) error {
	return filepath.WalkDir(filepath.Join(s.dir, top), func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.Name() == ".git" {
			if entry.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		name, err := filepath.Rel(s.dir, file)
		if err != nil || name == "." {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		s.add(filepath.ToSlash(name), info)
		return nil
	})
}

// add takes a file, unless it is our own note or of a kind that cannot be shipped.
func (s *parcel) add(name string, info fs.FileInfo) {
	if name == appFile {
		return
	}
	if info.IsDir() || info.Mode().IsRegular() || info.Mode()&fs.ModeSymlink != 0 {
		s.files = append(s.files, name)
		return
	}
	s.warnings = append(s.warnings, fmt.Sprintf("%s is left out: it is neither a file nor a link", name))
}

// tidy sorts the files and drops directories that their files bring along: Nomad's clients unpack 4,096 entries at most.
func (s *parcel) tidy() {
	parents := map[string]bool{}
	for _, name := range s.files {
		parents[path.Dir(name)] = true
	}
	s.files = slices.DeleteFunc(s.files, func(name string) bool { return parents[name] })
	slices.Sort(s.files)
	s.files = slices.Compact(s.files)
}

// pack writes the source as tar.gz. The same files give the same bytes, whoever packs them and when.
func (s *parcel) pack(w io.Writer) error {
	compressed := gzip.NewWriter(w)
	archive := tar.NewWriter(compressed)
	for _, name := range s.files {
		if err := s.packOne(archive, name); err != nil {
			return fmt.Errorf("pack %s: %w", name, err)
		}
	}
	if err := errors.Join(archive.Close(), compressed.Close()); err != nil {
		return fmt.Errorf("pack the source: %w", err)
	}
	return nil
}

func (s *parcel) packOne(archive *tar.Writer, name string) error {
	file := filepath.Join(s.dir, name)
	info, err := os.Lstat(file)
	if err != nil {
		return err
	}
	header := &tar.Header{Name: name, Mode: 0o644, ModTime: time.Unix(0, 0)}
	switch {
	case info.IsDir():
		header.Typeflag, header.Name, header.Mode = tar.TypeDir, name+"/", 0o755
	case info.Mode()&fs.ModeSymlink != 0:
		header.Typeflag, header.Mode = tar.TypeSymlink, 0o777
		if header.Linkname, err = os.Readlink(file); err != nil {
			return err
		}
	default:
		header.Typeflag, header.Size = tar.TypeReg, info.Size()
		if info.Mode()&0o111 != 0 {
			header.Mode = 0o755
		}
	}
	if err := archive.WriteHeader(header); err != nil || header.Typeflag != tar.TypeReg {
		return err
	}
	content, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	_, err = io.Copy(archive, content)
	return err
}
