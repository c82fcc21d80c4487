package devcluster

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dynomad/dynomad"
)

// Programs are the paths of the two programs that a cluster is made of.
type Programs struct {
	Consul string `json:"consul"`
	Nomad  string `json:"nomad"`
}

// Finder finds Nomad, Consul and Fabio: on PATH, else among those built before, else by building them from the pinned
// modules in tools/.
type Finder struct {
	Cache    string            // where built programs are kept, as NAME-VERSION
	Checkout string            // a checkout of Dynomad, for its tools/; "": nothing can be built
	Say      func(line string) // is told what takes long; each line replaces the one before
}

// NewFinder looks in the user's cache folder ($XDG_CACHE_HOME or ~/.cache) and builds from the checkout around the working
// directory, if there is one.
func NewFinder(say func(string)) (Finder, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return Finder{}, dynomad.Errorf(dynomad.KindInternal, "finding the cache folder: %w", err)
	}
	checkout, err := os.Getwd()
	if err != nil {
		return Finder{}, dynomad.Errorf(dynomad.KindInternal, "finding the working directory: %w", err)
	}
	for !exists(filepath.Join(checkout, "tools", "nomad", "go.mod")) {
		if checkout == filepath.Dir(checkout) {
			checkout = ""
			break
		}
		checkout = filepath.Dir(checkout)
	}
	return Finder{Cache: filepath.Join(cache, "dynomad", "bin"), Checkout: checkout, Say: say}, nil
}

// Programs finds both programs of a cluster.
func (f Finder) Programs(ctx context.Context) (Programs, error) {
	consul, err := f.Find(ctx, "consul")
	if err != nil {
		return Programs{}, err
	}
	nomad, err := f.Find(ctx, "nomad")
	return Programs{Consul: consul, Nomad: nomad}, err
}

// Pinned is both programs in exactly the versions that tools/ pins, built if they have not been.
func (f Finder) Pinned(ctx context.Context) (Programs, error) {
	var paths []string
	for _, name := range []string{"consul", "nomad"} {
		path := f.cachePath(name)
		if !exists(path) {
			var err error
			if path, err = f.Build(ctx, name); err != nil {
				return Programs{}, err
			}
		}
		paths = append(paths, path)
	}
	return Programs{Consul: paths[0], Nomad: paths[1]}, nil
}

// minimum is the oldest version that has what Dynomad uses. Nomad: the disconnect block. Consul: node identities for agents.
// Fabio: the tag options that the edge understands.
var minimum = map[string]string{"nomad": "1.8.0", "consul": "1.15.0", "fabio": "1.6.0"}

// MinimumVersion is the oldest version of a program that Dynomad works with.
func MinimumVersion(name string) string { return minimum[name] }

// Find returns the path of a program that is new enough.
func (f Finder) Find(ctx context.Context, name string) (string, error) {
	if minimum[name] == "" {
		return "", dynomad.Errorf(dynomad.KindInvalid, "there is no tool %q", name).WithHint("there are consul, nomad and fabio")
	}
	if path, err := exec.LookPath(name); err == nil {
		if version := versionOf(ctx, path); AtLeast(version, minimum[name]) {
			return path, nil
		}
	}
	if path := f.cached(name); path != "" {
		return path, nil
	}
	if f.Checkout == "" {
		return "", dynomad.Errorf(dynomad.KindNotFound, "%s %s or newer is not on PATH", name, minimum[name]).
			WithHint("install it, or run this in a checkout of Dynomad, which can build it")
	}
	return f.Build(ctx, name)
}

// cached is the program built from the version that the checkout pins; without a checkout, the newest there is.
func (f Finder) cached(name string) string {
	if f.Checkout != "" {
		path := f.cachePath(name)
		if path != "" && exists(path) {
			return path
		}
		return ""
	}
	built, _ := filepath.Glob(filepath.Join(f.Cache, name+"-[0-9]*")) // the pattern is well-formed
	version := func(path string) string { return strings.TrimPrefix(filepath.Base(path), name+"-") }
	built = slices.DeleteFunc(built, func(path string) bool { return !AtLeast(version(path), minimum[name]) })
	if len(built) == 0 {
		return ""
	}
	return slices.MaxFunc(built, func(a, b string) int {
		if AtLeast(version(a), version(b)) {
			return 1
		}
		return -1
	})
}

var digits = regexp.MustCompile(`\d+(\.\d+)+`)

// versionOf asks a program for its version; "" if it does not say.
func versionOf(ctx context.Context, path string) string {
	flag := "version"
	if filepath.Base(path) == "fabio" {
		flag = "-v"
	}
	out, err := exec.CommandContext(ctx, path, flag).Output()
	if err != nil {
		return ""
	}
	return digits.FindString(string(out))
}

// AtLeast says whether a version such as "1.11.3" is not older than another. What is no version is older than any.
func AtLeast(version, other string) bool {
	return slices.Compare(numbers(version), numbers(other)) >= 0
}

func numbers(version string) []int {
	var list []int
	for part := range strings.SplitSeq(digits.FindString(version), ".") {
		if n, err := strconv.Atoi(part); err == nil {
			list = append(list, n)
		}
	}
	return list
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
