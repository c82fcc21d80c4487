// Package source reads what an app's source says about itself: which processes it has and how they want to be run.
//
// A source says so in files in its root, of which it needs one that names a command:
//
//	Procfile           the commands, one process type a line
//	dynomad.hcl        the manifest: settings, further processes, crons, domains
//	dynomad.vars.hcl   values of the manifest's variables
//	app.json           Heroku's: formation, env and scripts.postdeploy, under what the manifest says
//	heroku.yml         Heroku's: run and release stand in for a Procfile where there is none
//
// Read is the only way in: a deploy, a translation and a check before the upload all read the same. It reads values from values:
// no file is opened here. Everything wrong in all of the files is reported at once, with the line, and what Heroku's files
// say beyond what is read is named in warnings.
//
// Env reads an .env file, which is never part of a source: it holds secrets.
package source

import (
	"encoding/json"
	"maps"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/hcl"
	"github.com/dynomad/dynomad/translator/procfile"
)

// The names of the files that Read reads.
const (
	Procfile  = procfile.Name
	Manifest  = "dynomad.hcl"
	Variables = "dynomad.vars.hcl"
	AppJSON   = "app.json"
	HerokuYML = "heroku.yml"
)

// Names are the files that Read reads, for those who fetch them out of a directory or an archive.
var Names = []string{Procfile, Manifest, Variables, AppJSON, HerokuYML}

// Files are the texts of a source by name. Those that are not there are missing; others are not looked at.
type Files map[string][]byte

// Runnable says whether one of the files is there that can name a command.
func (f Files) Runnable() bool { return f.has(Procfile) || f.has(Manifest) || f.has(HerokuYML) }

func (f Files) has(name string) bool {
	_, ok := f[name]
	return ok
}

// Source is what the files say together.
type Source struct {
	Processes  []dynomad.Process // those of the Procfile in its order, then the manifest's by name
	Domains    []string          // host names that the manifest wants for the app
	Overlay    json.RawMessage   // what the manifest lays over the app's job: see dynomad.Manifest.Nomad
	Env        map[string]string // what app.json sets for every process; it is in their settings already
	Postdeploy string            // app.json's command to run once after the first deploy, or ""
}

// Read makes a Source of the files. vars are values of the manifest's variables, over those of the file of variables. If
// Problems.Err is not nil the Source is empty.
func Read(files Files, vars map[string]string) (Source, dynomad.Problems) {
	entries, problems := commands(files)
	app, more := readAppJSON(files[AppJSON])
	problems = append(problems, more...)
	manifest, more := manifest(files, vars)
	problems = append(problems, more...)
	if problems.Err() != nil {
		return Source{}, problems // what is joined of halves would only bring up problems that are none
	}
	if !files.Runnable() {
		return Source{}, append(problems, dynomad.Problem{
			Message: "there is no Procfile", Hint: "it says what to run, for example: web: ./server",
		})
	}
	processes, more := join(entries, manifest, app)
	problems = append(problems, inOrder(hcl.Place(Manifest, files[Manifest], more))...)
	problems = append(problems, app.strangers(processes)...)
	if problems.Err() != nil {
		return Source{}, problems
	}
	return Source{
		Processes: processes, Domains: manifest.Domains, Overlay: manifest.Nomad, Env: app.env, Postdeploy: app.postdeploy,
	}, problems
}

// commands are the entries of the Procfile, or those of heroku.yml where there is none.
func commands(files Files) ([]procfile.Entry, dynomad.Problems) {
	text, ok := files[Procfile]
	if !ok {
		return readHerokuYML(files[HerokuYML])
	}
	entries, problems := procfile.Parse(text)
	if files.has(HerokuYML) {
		problems = append(problems, dynomad.Problem{
			File: HerokuYML, Message: "it is not read, because there is a Procfile", Hint: "remove one of the two", Warning: true,
		})
	}
	return entries, problems
}

func manifest(files Files, vars map[string]string) (dynomad.Manifest, dynomad.Problems) {
	values, problems := hcl.Variables(Variables, files[Variables])
	if problems.Err() != nil {
		values = nil // the manifest may say more that is wrong
	}
	inputs := hcl.Inputs{Values: maps.Clone(values)}
	if len(vars) > 0 && inputs.Values == nil {
		inputs.Values = map[string]string{}
	}
	maps.Copy(inputs.Values, vars)
	m, more := hcl.Manifest(Manifest, files[Manifest], inputs)
	return m, append(problems, more...)
}
