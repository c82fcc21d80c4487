package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/adopt"
	"github.com/dynomad/dynomad/source"
)

// InitCmd writes the files that an app's source needs. It asks no server.
type InitCmd struct {
	Dir   string `arg:"" optional:"" default:"." help:"The directory of the app."`
	From  string `placeholder:"FILE" help:"Make them of a docker-compose.yml, compose.yaml, fly.toml, heroku.yml or app.json."`
	Force bool   `help:"Write over files that are there."`
}

// Run is `dynomad init`.
func (c *InitCmd) Run(ui *UI, here Here) error {
	dir := here.path(c.Dir)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return dynomad.Errorf(dynomad.KindInvalid, "there is no directory %s", dir)
	}
	var files adopt.Files
	if c.From == "" {
		files = c.missing(ui, dir)
	} else {
		var err error
		if files, err = c.made(ui, here); err != nil {
			return err
		}
	}
	return c.write(ui, dir, files)
}

// missing are beginnings of the files that are not there, or of both with --force.
func (c *InitCmd) missing(ui *UI, dir string) adopt.Files {
	files := adopt.Files{Procfile: []byte(starterProcfile), Manifest: []byte(starterManifest)}
	if c.Force {
		return files
	}
	for name, text := range map[string]*[]byte{source.Procfile: &files.Procfile, source.Manifest: &files.Manifest} {
		if exists(filepath.Join(dir, name)) {
			*text = nil
		}
	}
	if files.Procfile == nil && files.Manifest == nil {
		ui.Note("Both %s and %s are there already; --force writes over them.", source.Procfile, source.Manifest)
	}
	return files
}

// made reads the file of another platform, and prints what could not be taken over.
func (c *InitCmd) made(ui *UI, here Here) (adopt.Files, error) {
	path := here.path(c.From)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return adopt.Files{}, dynomad.Errorf(dynomad.KindInvalid, "there is no file %s", c.From)
	}
	if err != nil {
		return adopt.Files{}, fmt.Errorf("read %s: %w", c.From, err)
	}
	base := strings.ToLower(filepath.Base(path))
	extension := filepath.Ext(base)
	var convert func([]byte) (adopt.Files, dynomad.Problems)
	switch {
	case base == source.HerokuYML || base == source.AppJSON:
		return c.heroku(ui, filepath.Dir(path))
	case strings.Contains(base, "compose") && (extension == ".yml" || extension == ".yaml"):
		convert = adopt.Compose
	case strings.HasPrefix(base, "fly") && extension == ".toml":
		convert = adopt.Fly
	default:
		return adopt.Files{}, dynomad.Errorf(dynomad.KindInvalid, "nobody knows what to make of %s", c.From).
			WithHint("docker-compose.yml, compose.yaml, fly.toml, heroku.yml and app.json are known by their names; `dynomad adopt` takes Nomad jobs")
	}
	files, problems := convert(text)
	for i := range problems {
		problems[i].File = c.From
	}
	return files, ui.Tell(source.Files{c.From: text}, problems)
}

// heroku reads Heroku's files, which stand beside each other.
func (c *InitCmd) heroku(ui *UI, dir string) (adopt.Files, error) {
	all, err := readFiles(dir)
	if err != nil {
		return adopt.Files{}, err
	}
	delete(all, source.Manifest)
	delete(all, source.Variables)
	files, problems := adopt.Heroku(all)
	return files, ui.Tell(all, problems)
}

// write writes files into the directory, all or none of them.
func (c *InitCmd) write(ui *UI, dir string, files adopt.Files) error {
	texts := map[string][]byte{source.Procfile: files.Procfile, source.Manifest: files.Manifest}
	names := []string{}
	for _, name := range []string{source.Procfile, source.Manifest} {
		if texts[name] == nil {
			continue
		}
		if !c.Force && exists(filepath.Join(dir, name)) {
			return dynomad.Errorf(dynomad.KindConflict, "there is a %s in %s already", name, dir).
				WithHint("--force writes over it")
		}
		names = append(names, name)
	}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), texts[name], 0o644); err != nil { //nolint:gosec // no secrets: both are to be committed
			return fmt.Errorf("write the %s: %w", name, err)
		}
		ui.Note("Wrote %s", filepath.Join(c.Dir, name))
	}
	if ui.JSON() {
		return ui.Document(map[string][]string{"written": names})
	}
	if len(names) > 0 {
		ui.Note("`dynomad translate` shows the Nomad job that they make.")
	}
	return nil
}

const starterProcfile = `# What the app runs: a process type, a colon and a command a line. The process web gets the app's requests, on the
# port that $PORT names; release runs once before each release; every other type runs as many dynos as you scale it to.
web: ./server
# worker: ./work
# release: ./migrate
`

const starterManifest = `# How the app's processes run. All of it may be left out; what is not said here is said by the platform's templates.

# domains = ["www.example.com"] # beside the app's own name

# process "web" {
#   quantity = 2             # dynos at the first deploy; later "dynomad ps:scale" decides
#   size     = "standard-2x" # or cpu = 500 (MHz) and memory = 1024 (MiB)
#   env      = { GREETING = "hello" }
#
#   check {
#     kind = "http" # a dyno gets requests once this path answers
#     path = "/health"
#   }
# }

# cron "nightly" {
#   schedule  = ["0 3 * * *"]
#   time_zone = "Europe/Berlin"
#   command   = "bin/cleanup"
# }
`
