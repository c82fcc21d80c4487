package local

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cmd/dynomad/cli"
	"github.com/dynomad/dynomad/source"
)

const dotenvFile = ".env"

// readSource reads what the source in dir says about itself, as a build does; its Procfile may have another name. Warnings
// have been printed; the error is everything that is wrong in it.
func readSource(ui *cli.UI, dir, procfile string) ([]dynomad.Process, error) {
	files := source.Files{}
	for _, name := range source.Names {
		path := name
		if name == source.Procfile {
			path = procfile
		}
		text, err := read(dir, path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, fmt.Errorf("read the source: %w", err)
		default:
			files[name] = text
		}
	}
	if _, there := files[source.Procfile]; !there && (procfile != source.Procfile || !files.Runnable()) {
		return nil, dynomad.Errorf(dynomad.KindInvalid, "there is no %s in %s", procfile, dir).
			WithHint("it says what to run, for example: web: ./server; another directory is named with a slash, such as ./app")
	}
	from, problems := source.Read(files, nil)
	files[procfile] = files[source.Procfile]
	for i := range problems {
		if problems[i].File == source.Procfile {
			problems[i].File = procfile
		}
	}
	return from.Processes, ui.Tell(files, problems)
}

// read reads a file of the directory.
func read(dir, name string) ([]byte, error) {
	if filepath.IsAbs(name) {
		return os.ReadFile(name)
	}
	return os.ReadFile(filepath.Join(dir, name))
}

// readEnv reads files with environment variables, of which a later one wins. Without files it is .env, which need not be
// there. No line of one is ever printed: it holds secrets.
func readEnv(ui *cli.UI, dir string, files []string) (map[string]string, error) {
	optional := len(files) == 0
	if optional {
		files = []string{dotenvFile}
	}
	env := map[string]string{}
	var problems dynomad.Problems
	for _, name := range files {
		text, err := read(dir, name)
		switch {
		case errors.Is(err, fs.ErrNotExist) && optional:
			return env, nil
		case errors.Is(err, fs.ErrNotExist):
			return nil, dynomad.Errorf(dynomad.KindInvalid, "there is no %s in %s", name, dir)
		case err != nil:
			return nil, fmt.Errorf("read the environment: %w", err)
		}
		values, more := source.Env(name, text)
		problems = append(problems, more...)
		maps.Copy(env, values)
	}
	return env, ui.Tell(nil, problems)
}
