package devcluster

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/dynomad/dynomad"
)

// StackImage is the image that docker dynos run in where nobody names another: a small Debian with Python, about what the
// exec driver shows of a machine. Its tag is the suite and our number of how it is made. It is in no registry, and its name
// says so: a daemon that lacks it asks its own machine, and not a stranger who has taken the name somewhere.
const StackImage = "localhost/dynomad/stack:bookworm-1"

const (
	stackSuite    = "bookworm"
	stackPackages = "ca-certificates,python3"
	makeStack     = "mmdebstrap"
)

// MakeStack sees that a daemon has StackImage. It is made of Debian's packages, once: the archive is kept in the folder cache,
// and fresh makes it anew, with the security updates of the day.
func MakeStack(ctx context.Context, d Docker, cache string, fresh bool, say func(string)) error {
	if !fresh {
		if has, err := d.HasImage(ctx, StackImage); has || err != nil {
			return err
		}
	}
	archive := archivePath(cache)
	if fresh || !exists(archive) {
		if err := makeArchive(ctx, archive, say); err != nil {
			return err
		}
	}
	file, err := os.Open(archive) //nolint:gosec // a path of our own
	if err != nil {
		return dynomad.Errorf(dynomad.KindInternal, "opening the stack image: %w", err)
	}
	defer func() { _ = file.Close() }()
	return d.Import(ctx, StackImage, file)
}

func archivePath(cache string) string {
	_, tag, _ := strings.Cut(StackImage, ":")
	return filepath.Join(cache, "stack-"+tag+"-"+runtime.GOARCH+".tar")
}

// makeArchive writes beside the archive and renames it, so that one that is cut short leaves nothing that looks whole.
func makeArchive(ctx context.Context, archive string, say func(string)) error {
	if _, err := exec.LookPath(makeStack); err != nil {
		return dynomad.Errorf(dynomad.KindNotFound, "making the stack image needs %s: %w", makeStack, err).
			WithHint("`apt-get install %s` on Debian and its like; elsewhere `docker pull` an image with a /bin/sh, and name it", makeStack)
	}
	if err := os.MkdirAll(filepath.Dir(archive), 0o750); err != nil {
		return dynomad.Errorf(dynomad.KindInternal, "making the cache folder: %w", err)
	}
	say(fmt.Sprintf("making the image %s, once: about half a minute", StackImage))
	next := archive + ".next"
	defer func() { _ = os.Remove(next) }()
	args := []string{"--variant=essential", "--format=tar", "--include=" + stackPackages}
	for _, folder := range []string{"doc", "info", "locale", "man", "zoneinfo/right"} {
		args = append(args, "--dpkgopt=path-exclude=/usr/share/"+folder+"/*")
	}
	out, err := exec.CommandContext(ctx, makeStack, append(args, stackSuite, next)...).CombinedOutput()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return dynomad.Errorf(dynomad.KindUnavailable, "making the stack image: %w: %s", err, strings.Join(lines[max(0, len(lines)-5):], "\n")).
			WithHint("it is made of Debian's packages: the network must reach a mirror")
	}
	say("built " + archive)
	return os.Rename(next, archive)
}
