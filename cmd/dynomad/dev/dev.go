// Package dev is `dynomad dev`: a whole platform on one machine, for trying Dynomad out and for working on it.
//
//	dynomad dev up       Consul and Nomad (package devcluster), then bucket, server and router, as processes
//	dynomad dev status   what runs, where it listens, whether it is healthy
//	dynomad dev logs     what the processes print
//	dynomad dev down     everything ends: the control plane, then the jobs, then the agents
//	dynomad dev reset    down, and all data is deleted
//	dynomad dev image    the image that docker dynos run in
//
// Everything that a platform keeps lies in one folder, ~/.local/share/dynomad/dev/NAME, so that the second `up` finds the
// apps of the first: Nomad still knows their jobs as stopped, and the server starts them again with its first Sync.
//
// `up` stays in the foreground and takes everything down at Ctrl-C. While it works it holds a lock on the folder; `down` in
// another terminal asks the holder to end, or does the work itself when nobody holds it, be it after `up --detach` or after
// a crash. Every process notes its id in the folder, so nothing is ever lost sight of.
package dev

import (
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/internal/devcluster"
)

// Cmd is the command with its subcommands.
type Cmd struct {
	Up     UpCmd     `cmd:"" help:"Start a cluster and Dynomad on it, and stay until Ctrl-C."`
	Down   DownCmd   `cmd:"" help:"End everything, and keep the data."`
	Status StatusCmd `cmd:"" help:"Show what runs."`
	Logs   LogsCmd   `cmd:"" help:"Show what the processes print."`
	Reset  ResetCmd  `cmd:"" help:"End everything and delete all data."`
	Tools  ToolsCmd  `cmd:"" help:"Find or build Consul, Nomad and Fabio, and print their paths."`
	Image  ImageCmd  `cmd:"" help:"Make the image that docker dynos run in, on this machine's Docker daemon."`
	Render RenderCmd `cmd:"" help:"Print a config, policy or unit of templates/services with values filled in."`
}

// Place says which of several platforms on this machine is meant.
type Place struct {
	Name string `default:"default" env:"DYNOMAD_DEV_NAME" help:"Which platform; several stand side by side."`
}

var placeName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,30}$`)

// dir is the folder that keeps the platform.
func (p Place) dir() (string, error) {
	if !placeName.MatchString(p.Name) {
		return "", dynomad.Errorf(dynomad.KindInvalid, "the name %q is not valid", p.Name).
			WithHint("use up to 31 lower-case letters, digits and dashes")
	}
	data := os.Getenv("XDG_DATA_HOME")
	if data == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", dynomad.Errorf(dynomad.KindInternal, "finding the home folder: %w", err)
		}
		data = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(data, "dynomad", "dev", p.Name), nil
}

// open describes the platform in dir without starting anything.
func open(dir string) (*devcluster.Cluster, error) {
	return devcluster.Open(devcluster.Options{Dir: dir, Log: quiet()})
}

// quiet is for what the terminal is told in other words.
func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func saveJSON(path string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return devcluster.WriteSecret(path, append(text, '\n'))
}

// newPassword is 26 characters that nobody guesses.
func newPassword() string { return rand.Text() }
