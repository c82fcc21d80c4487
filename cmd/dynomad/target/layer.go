package target

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/hcl"
	"github.com/dynomad/dynomad/templates"
)

// Layer is a folder of process templates: templates/process, or what an operator keeps beside it.
type Layer struct {
	Name  string // of the folder, as people know it
	Files fs.FS
}

// Ours is the folder that is part of this program.
func Ours() Layer { return Layer{Name: "process", Files: templates.Process()} }

const (
	initFile = "dyno.sh"
	sidecar  = "sidecar" // the one process of the templates that is no process type
)

// read reads every file of every layer and finds all of their problems at once. A later layer may have the files that the
// first has, and no others: what it says in a file of another name would never be heard.
func read(layers []Layer) ([]Source, dynomad.Problems, error) {
	var sources []Source
	var problems dynomad.Problems
	var known []string
	for i, layer := range layers {
		names, err := list(layer)
		if err != nil {
			return nil, nil, err
		}
		if i == 0 {
			known = names
		}
		for _, name := range names {
			file := path.Join(layer.Name, name)
			if !slices.Contains(known, name) {
				problems = append(problems, dynomad.Problem{
					File: file, Message: "there is no process template of this name", Hint: "the names are " + strings.Join(known, ", "),
				})
				continue
			}
			text, err := fs.ReadFile(layer.Files, name)
			if err != nil {
				return nil, nil, fmt.Errorf("reading a process template: %w", err)
			}
			source := Source{File: file, Text: text}
			if name != initFile {
				problems = append(problems, hcl.Template(file, text, &source.Defaults)...)
				problems = append(problems, strays(name, source)...)
			}
			sources = append(sources, source)
		}
	}
	return sources, problems, nil
}

func list(layer Layer) ([]string, error) {
	entries, err := fs.ReadDir(layer.Files, ".")
	if err != nil {
		return nil, fmt.Errorf("listing the process templates in %s: %w", layer.Name, err)
	}
	var names []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") { // what an editor or a version control keeps
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// strays are what a file says of something else than its name promises: a "wroker" in worker.hcl would be a template that no
// process type ever starts from.
func strays(name string, s Source) dynomad.Problems {
	stem := strings.TrimSuffix(name, path.Ext(name))
	var out dynomad.Problems
	stray := func(setting ...string) {
		line, _ := hcl.Position(s.File, s.Text)(setting)
		out = append(out, dynomad.Problem{
			File: s.File, Line: line, Message: fmt.Sprintf("it speaks of %s", strings.Join(setting, " ")),
			Hint: "a file of this name is about " + stem + " only",
		})
	}
	d := s.Defaults
	for t := range d.Processes {
		if string(t) != stem {
			stray("process", string(t))
		}
	}
	for size := range d.Sizes {
		if stem != "sizes" {
			stray("size", size)
		}
	}
	if d.Exec != nil && stem != "exec" {
		stray("exec")
	}
	if d.Docker != nil && stem != "docker" {
		stray("docker")
	}
	if d.Allow != nil && stem != "allow" {
		stray("allow")
	}
	slices.SortFunc(out, func(a, b dynomad.Problem) int { return strings.Compare(a.Message, b.Message) })
	return out
}
