package cli

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/hcl"
	"github.com/dynomad/dynomad/source"
)

// HclValidateCmd looks through a dynomad.hcl by itself: whether it fits the Procfile, `dynomad translate` says.
type HclValidateCmd struct {
	Path     string            `arg:"" optional:"" default:"." help:"The file, or the directory that it is in."`
	Var      map[string]string `mapsep:"none" placeholder:"NAME=VALUE" help:"A value for a variable."`
	VarFile  []string          `placeholder:"FILE" help:"Values for variables; --var wins."`
	Template bool              `help:"It is a process template of an operator's."`
}

// Run is `dynomad hcl validate`.
func (c *HclValidateCmd) Run(ui *UI, here Here) error {
	name, beside := c.files(here)
	src, err := readInput(here, name)
	if err != nil {
		return err
	}
	texts := source.Files{name: src}
	values, problems, err := c.values(here, beside, texts)
	if err != nil {
		return err
	}
	if c.Template {
		problems = append(problems, hcl.Template(name, src, &hcl.Defaults{})...)
	} else {
		_, more := hcl.Manifest(name, src, values)
		problems = append(problems, more...)
	}
	if ui.JSON() {
		return errors.Join(ui.Document(documents(problems)), problems.Err())
	}
	if err := ui.Tell(texts, problems); err != nil {
		return err
	}
	ui.Note("%s is good.", name)
	return nil
}

// files are the manifest, and the file of values beside it or "".
func (c *HclValidateCmd) files(here Here) (manifest, values string) {
	manifest = c.Path
	if info, err := os.Stat(here.path(c.Path)); err == nil && info.IsDir() {
		manifest = filepath.Join(c.Path, source.Manifest)
	}
	values = filepath.Join(filepath.Dir(manifest), source.Variables)
	if _, err := os.Stat(here.path(values)); manifest == "-" || errors.Is(err, fs.ErrNotExist) {
		return manifest, ""
	}
	return manifest, values
}

// values are those of the variables, and where each comes from.
func (c *HclValidateCmd) values(here Here, beside string, texts source.Files) (hcl.Inputs, dynomad.Problems, error) {
	in := hcl.Inputs{Values: map[string]string{}, From: map[string]string{}}
	var problems dynomad.Problems
	files := c.VarFile
	if beside != "" {
		files = append([]string{beside}, files...)
	}
	for _, name := range files {
		text, err := readInput(here, name)
		if err != nil {
			return in, nil, err
		}
		texts[name] = text
		values, more := hcl.Variables(name, text)
		problems = append(problems, more...)
		for variable, value := range values {
			in.Values[variable], in.From[variable] = value, name
		}
	}
	maps.Copy(in.Values, c.Var)
	for name := range c.Var {
		delete(in.From, name)
	}
	return in, problems, nil
}

// documents are problems as JSON.
func documents(problems dynomad.Problems) []map[string]any {
	out := []map[string]any{}
	for _, p := range problems {
		out = append(out, map[string]any{
			"file": p.File, "line": p.Line, "column": p.Column, "width": p.Width, "message": p.Message, "hint": p.Hint, "warning": p.Warning,
		})
	}
	return out
}
