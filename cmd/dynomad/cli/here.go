package cli

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dynomad/dynomad"
)

// Here is where and how a command was started.
type Here struct {
	Dir     string // the working directory
	Getenv  func(string) string
	Now     func() time.Time
	Stdin   io.Reader
	Version string // of this program
}

// path resolves a path that the user has typed.
func (h Here) path(name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(h.Dir, name)
}

// appFile remembers in a directory which app it is deployed to. It is one line and may be committed.
const appFile = ".dynomad"

// AppFlag names the app of a command.
type AppFlag struct {
	App string `short:"a" placeholder:"NAME" env:"DYNOMAD_APP" help:"The app; by default what a .dynomad file here or above names."`
}

// in is the app's name: the flag's, else that of the nearest .dynomad file at dir or above.
func (f AppFlag) in(dir string) (string, error) {
	if f.App != "" {
		return f.App, dynomad.AppName(f.App).Valid()
	}
	for {
		name, err := readAppFile(dir)
		if err == nil {
			return name, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			break
		}
		dir = parent
	}
	return "", dynomad.Errorf(dynomad.KindInvalid, "which app?").
		WithHint("name it by --app NAME, by DYNOMAD_APP, or once for this directory: echo NAME > %s", appFile)
}

// readAppFile reads the name out of dir's .dynomad file; an error that is fs.ErrNotExist says that there is none.
func readAppFile(dir string) (string, error) {
	path := filepath.Join(dir, appFile)
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if info.IsDir() { // somebody else's
		return "", fs.ErrNotExist
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	name := strings.TrimSpace(string(text))
	if err := dynomad.AppName(name).Valid(); err != nil {
		return "", dynomad.Errorf(dynomad.KindInvalid, "%s does not hold an app's name: %w", path, err).
			WithHint("it should be one line: the name")
	}
	return name, nil
}
