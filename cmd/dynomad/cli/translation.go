package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cmd/dynomad/target"
	"github.com/dynomad/dynomad/hcl"
	"github.com/dynomad/dynomad/source"
	"github.com/dynomad/dynomad/translator"
)

// Translation is a directory, and the cluster that it is to run on as far as a command line can tell. The commands that
// need no server start from it: translate, plan and eject.
type Translation struct {
	Dir       string `arg:"" optional:"" default:"." help:"The directory with the Procfile."`
	App       string `short:"a" placeholder:"NAME" env:"DYNOMAD_APP" help:"The app; by default named like the directory."`
	Driver    string `placeholder:"DRIVER" help:"Nomad's task driver: docker, exec, or raw_exec, which does not isolate. By default docker with --image, else raw_exec."`
	Namespace string `placeholder:"NAME" help:"Nomad's namespace; by default the job does not say."`
	Domain    string `default:"localhost" help:"The domain under which apps are reached."`
	EdgePort  int    `default:"8080" help:"The port that the edge listens on."`
	Release   int    `default:"1" help:"The release's number."`

	Image    string `placeholder:"REF" xor:"program" help:"The container image to run."`
	Artifact string `placeholder:"URL" xor:"program" help:"Where Nomad's clients fetch the slug, a tar.gz. Without it and --image dynos start in an empty folder."`
	Checksum string `placeholder:"SHA256" help:"The slug's SHA-256 in hex."`

	Var       map[string]string `mapsep:"none" placeholder:"NAME=VALUE" help:"A value for a variable of dynomad.hcl."`
	VarFile   []string          `placeholder:"FILE" help:"Values for variables of dynomad.hcl; --var wins."`
	EnvFile   []string          `placeholder:"FILE" help:"Config vars, as in a .env file."`
	Templates string            `placeholder:"DIR" env:"DYNOMAD_TEMPLATES" help:"The operator's process templates."`
	Operator  bool              `help:"You run the cluster: allow whatever an operator may allow."`

	Logplex     string `placeholder:"URL" help:"Where logplex listens. Without it there is no log sidecar."`
	Agent       string `placeholder:"URL" help:"Where Nomad's clients fetch dynomad-agent, for --logplex."`
	AgentSHA256 string `name:"agent-sha256" placeholder:"SHA256" help:"Its SHA-256 in hex."`
}

// translated is what comes of a Translation.
type translated struct {
	Blueprint dynomad.Blueprint
	Target    translator.Target
	Texts     map[string][]byte // what was read, by file: for excerpts of problems
	Templates []target.Source
	Bundle    translator.Bundle   // the app's job first, then those beside it
	Runs      []translator.Bundle // what a release runs once: its release phase
}

// piece is one job and what has to be written before it.
type piece struct {
	job       *api.Job
	variables []translator.Variable
}

// pieces are all jobs, the app's own first.
func (t translated) pieces() []piece {
	var out []piece
	for _, bundle := range append([]translator.Bundle{t.Bundle}, t.Runs...) {
		for _, job := range bundle.Jobs {
			of := slices.DeleteFunc(slices.Clone(bundle.Variables), func(v translator.Variable) bool {
				return !strings.HasPrefix(v.Path, "nomad/jobs/"+*job.ID+"/")
			})
			out = append(out, piece{job, of})
		}
	}
	return out
}

// translate reads the directory and makes its jobs. Warnings have been printed.
func (c Translation) translate(ui *UI, here Here) (out translated, err error) {
	loaded, err := c.target(here)
	if err != nil {
		return out, err
	}
	out.Target, out.Templates = loaded.Target, loaded.Sources
	files, values, err := c.read(here)
	if err != nil {
		return out, err
	}
	out.Texts = files
	src, problems := source.Read(files, values)
	if err := ui.Tell(files, problems); err != nil {
		return out, err
	}
	if out.Blueprint, err = c.blueprint(here, src, out.Target); err != nil {
		return out, err
	}
	out.Bundle, problems = translator.Translate(out.Blueprint, out.Target)
	if run, ok := translator.ReleaseRun(out.Blueprint); ok && problems.Err() == nil {
		bundle, more := translator.TranslateRun(out.Blueprint, out.Target, run)
		out.Runs, problems = append(out.Runs, bundle), append(problems, more...)
	}
	return out, ui.Tell(files, hcl.Place(source.Manifest, files[source.Manifest], problems))
}

// target is the cluster that the flags describe.
func (c Translation) target(here Here) (target.Loaded, error) {
	folder := c.Templates
	if folder != "" {
		folder = here.path(folder)
	}
	layers, err := target.Layers(folder)
	if err != nil {
		return target.Loaded{}, err
	}
	driver := c.Driver
	if driver == "" {
		driver = "raw_exec"
		if c.Image != "" {
			driver = "docker"
		}
	}
	loaded, err := target.Load(layers, driver, c.Domain, c.EdgePort)
	if err != nil {
		return target.Loaded{}, err
	}
	to := &loaded.Target
	to.Namespace = c.Namespace
	if c.Operator {
		to.Allow = everything()
	}
	if c.Logplex != "" {
		if c.Agent == "" {
			return target.Loaded{}, dynomad.Errorf(dynomad.KindInvalid, "--logplex needs the log sidecar's program").
				WithHint("say with --agent URL where Nomad's clients fetch dynomad-agent")
		}
		to.Agent = &translator.Agent{URL: c.Agent, SHA256: c.AgentSHA256, Logplex: c.Logplex}
	}
	return loaded, nil
}

// read fetches the files of the directory, and the values that the command line gives to variables.
func (c Translation) read(here Here) (source.Files, map[string]string, error) {
	files, err := readFiles(here.path(c.Dir))
	if err != nil {
		return nil, nil, err
	}
	values := map[string]string{}
	for _, name := range c.VarFile {
		text, err := os.ReadFile(here.path(name))
		if err != nil {
			return nil, nil, fmt.Errorf("read the values of variables: %w", err)
		}
		more, problems := hcl.Variables(name, text)
		if err := problems.ErrIn(source.Files{name: text}); err != nil {
			return nil, nil, err
		}
		maps.Copy(values, more)
	}
	maps.Copy(values, c.Var)
	return files, values, nil
}

// readFiles fetches those files of a directory that say how it runs.
func readFiles(dir string) (source.Files, error) {
	files := source.Files{}
	for _, name := range source.Names {
		text, err := os.ReadFile(filepath.Join(dir, name))
		switch {
		case err == nil:
			files[name] = text
		case !errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("read the source: %w", err)
		}
	}
	if !files.Runnable() {
		return nil, dynomad.Errorf(dynomad.KindInvalid, "there is no Procfile in %s", dir).
			WithHint("it says what to run, for example: web: ./server")
	}
	return files, nil
}

// name is the app's: the flag's, else the directory's.
func (c Translation) name(here Here) (dynomad.AppName, error) {
	name := dynomad.AppName(cmp.Or(c.App, filepath.Base(here.path(c.Dir))))
	return name, name.Valid()
}

// blueprint is the app at its first deploy: as many dynos as the manifest and the templates say.
func (c Translation) blueprint(here Here, src source.Source, to translator.Target) (dynomad.Blueprint, error) {
	name, err := c.name(here)
	if err != nil {
		return dynomad.Blueprint{}, err
	}
	config, err := c.config(here)
	if err != nil {
		return dynomad.Blueprint{}, err
	}
	bp := dynomad.Blueprint{
		App:     dynomad.App{Name: name},
		Release: dynomad.Release{Version: dynomad.Version(c.Release), Status: dynomad.ReleasePending},
		Slug: dynomad.Slug{
			URL: c.Artifact, SHA256: c.Checksum, Image: c.Image,
			Processes: src.Processes, Domains: src.Domains, Overlay: src.Overlay,
		},
		Processes: src.Processes,
		Config:    config,
	}
	for _, host := range src.Domains {
		bp.Domains = append(bp.Domains, dynomad.Domain{Hostname: host})
	}
	for _, p := range src.Processes {
		if quantity := translator.Settings(p, to).Quantity; quantity != nil && p.Scaled() {
			bp.Formation = append(bp.Formation, dynomad.FormationEntry{Type: p.Type, Quantity: *quantity})
		}
	}
	return bp, nil
}

// config joins the files of config vars; what a later one says wins.
func (c Translation) config(here Here) (dynomad.Config, error) {
	changes := map[string]*string{}
	for _, name := range c.EnvFile {
		text, err := os.ReadFile(here.path(name))
		if err != nil {
			return nil, fmt.Errorf("read the config vars: %w", err)
		}
		vars, problems := source.Env(name, text)
		if err := problems.ErrIn(source.Files{name: text}); err != nil {
			return nil, err
		}
		for _, key := range slices.Sorted(maps.Keys(vars)) {
			changes[key] = new(vars[key])
		}
	}
	config, _, err := dynomad.Config{}.Patch(changes)
	return config, err
}

// everything is what an operator may allow.
func everything() translator.Allow {
	all := []string{"*"}
	return translator.Allow{Drivers: all, Users: all, HostVolumes: all, NodePools: all, Privileged: true, Identities: true, Routes: true}
}
