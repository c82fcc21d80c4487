// Package target assembles a translator.Target from the files in templates/process: package hcl reads them, package
// translator takes them as data, and neither knows the other or where they come from. The server, `dynomad dev` and
// `dynomad translate` all start from Default, so that they make the same jobs.
package target

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/hcl"
	"github.com/dynomad/dynomad/templates"
	"github.com/dynomad/dynomad/translator"
)

const (
	initFile = "dyno.sh"
	sidecar  = "sidecar" // the one process of the templates that is no process type
)

// Default is the Target that the templates in this program describe, for one of Nomad's drivers ("exec" or "raw_exec"), the
// domain under which apps are reached, and the port that the edge listens on. Namespace, Datacenters and Agent are left
// for the caller to add.
func Default(driver, domain string, edgePort int) (translator.Target, error) {
	return Load(templates.Process(), driver, domain, edgePort)
}

// Load is Default with the templates of another folder. Its problems are one error that names each with its line.
func Load(folder fs.FS, driver, domain string, edgePort int) (translator.Target, error) {
	var defaults hcl.Defaults
	var problems dynomad.Problems
	files, err := fs.Glob(folder, "*.hcl")
	if err != nil {
		return translator.Target{}, fmt.Errorf("listing the process templates: %w", err)
	}
	for _, file := range files {
		src, err := fs.ReadFile(folder, file)
		if err != nil {
			return translator.Target{}, fmt.Errorf("reading a process template: %w", err)
		}
		problems = append(problems, hcl.Template(path.Join("process", file), src, &defaults)...)
	}
	if err := problems.Err(); err != nil {
		return translator.Target{}, err
	}
	init, err := fs.ReadFile(folder, initFile)
	if err != nil {
		return translator.Target{}, fmt.Errorf("reading what dynos start under: %w", err)
	}
	return assemble(defaults, translator.Target{Driver: driver, Domain: domain, EdgePort: edgePort, Init: bare(string(init))}), nil
}

func assemble(d hcl.Defaults, t translator.Target) translator.Target {
	t.Templates = map[string]dynomad.Settings{}
	for name, settings := range d.Processes {
		if name == sidecar {
			t.Sidecar = settings
		} else {
			t.Templates[string(name)] = settings
		}
	}
	t.Sizes = map[string]translator.Size{}
	for name, size := range d.Sizes {
		t.Sizes[strings.ToLower(name)] = translator.Size(size)
	}
	if d.Exec != nil {
		t.Exec = translator.Exec(*d.Exec)
	}
	return t
}

// bare is shell text without its lines of comment: they are for whoever reads the template, not for every job.
func bare(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			out.WriteString(line)
		}
	}
	return out.String()
}
