package cli

import (
	"path/filepath"
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cmd/dynomad/target"
	"github.com/dynomad/dynomad/hcl"
	"github.com/dynomad/dynomad/translator"
)

// TranslateCmd shows the Nomad job that a directory would become. It asks no server and no cluster.
type TranslateCmd struct {
	Dir      string `arg:"" optional:"" default:"." help:"The directory with the Procfile."`
	App      string `short:"a" placeholder:"NAME" env:"DYNOMAD_APP" help:"The app; by default named like the directory."`
	Driver   string `default:"raw_exec" help:"Nomad's task driver: exec, or raw_exec, which does not isolate."`
	Domain   string `default:"localhost" help:"The domain under which apps are reached."`
	EdgePort int    `default:"8080" help:"The port that the edge listens on."`
	Release  int    `default:"1" help:"The release's number."`
	Artifact string `placeholder:"URL" help:"Where Nomad's clients fetch the slug, a tar.gz. Without it dynos start in an empty folder."`
	Checksum string `placeholder:"SHA256" help:"The slug's SHA-256 in hex."`
}

// Run is `dynomad translate`.
func (c *TranslateCmd) Run(ui *UI, here Here) error {
	dir := here.path(c.Dir)
	processes, problems, err := readSource(dir)
	if err != nil {
		return err
	}
	warn(ui, problems)
	if err := problems.Err(); err != nil {
		return err
	}
	to, err := target.Default(c.Driver, c.Domain, c.EdgePort)
	if err != nil {
		return err
	}
	blueprint, err := c.blueprint(dir, processes, to)
	if err != nil {
		return err
	}
	bundle, problems := translator.Translate(blueprint, to)
	warn(ui, problems)
	if err := problems.Err(); err != nil {
		return err
	}
	if ui.JSON() {
		return ui.Document(map[string]any{"Job": bundle.Jobs[0]})
	}
	ui.stdout.raw(strings.TrimSuffix(string(hcl.FormatJob(bundle.Jobs[0])), "\n"))
	return nil
}

// blueprint is the app at its first deploy: as many dynos as the manifest and the templates say.
func (c *TranslateCmd) blueprint(dir string, processes []dynomad.Process, to translator.Target) (dynomad.Blueprint, error) {
	name := dynomad.AppName(c.App)
	if name == "" {
		name = dynomad.AppName(filepath.Base(dir))
	}
	if err := name.Valid(); err != nil {
		return dynomad.Blueprint{}, err
	}
	bp := dynomad.Blueprint{
		App:       dynomad.App{Name: name},
		Release:   dynomad.Release{Version: dynomad.Version(c.Release), Status: dynomad.ReleasePending},
		Slug:      dynomad.Slug{URL: c.Artifact, SHA256: c.Checksum},
		Processes: processes,
	}
	for _, p := range processes {
		if quantity := translator.Settings(p, to).Quantity; quantity != nil {
			bp.Formation = append(bp.Formation, dynomad.FormationEntry{Type: p.Type, Quantity: *quantity})
		}
	}
	return bp, nil
}
