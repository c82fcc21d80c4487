// Package translator turns a Blueprint into Nomad's terms.
//
// Translate is a pure function: the same Blueprint and Target give the same bytes, on every machine and for ever. It reads
// no file, no clock and no network, so what it does is proven by the text files in testdata, which a newcomer can read:
// each holds a Procfile, perhaps a dynomad.hcl, and the job that comes out.
//
//	app                    one job of type service, named like the app
//	process type           one group, also at quantity 0, so that scaling one type leaves the others alone
//	release v12            the group's main task is called v12, so one release is one Nomad deployment
//	config vars            one Nomad Variable a group, which Nomad lets only the task v12 read; never in the job
//	domain                 Fabio tags on the Consul service of type web
//	log                    a second task in the group, "agent", that ships what the main one prints
//
// There is one file a stanza, named as in Nomad's documentation. resolve.go gathers what the manifest, the template and the
// formation say about a process into plain values and finds every problem; the stanza files only arrange those values, so
// none of them can fail. No number that an operator may want to change stands here: they are in templates/process. The
// ways between our names and Nomad's, both of them, are in names.go.
//
// To add a setting: a field in dynomad.Settings, its HCL name in package hcl, a default with its reason in
// templates/process, a line in resolve.go, its place in a stanza, and a testdata file that shows it.
package translator

import (
	"cmp"
	"maps"
	"slices"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
)

// Translate makes the job of an app and the variables that its tasks will read. A Blueprint without processes gives an empty
// Bundle: stop what runs. If Problems.Err is not nil the Bundle is empty as well; there may be warnings besides.
//
// The caller may change neither bp nor t while it runs, and may do with the Bundle as it likes.
func Translate(bp dynomad.Blueprint, t Target) (Bundle, dynomad.Problems) {
	if len(bp.Processes) == 0 {
		return Bundle{}, nil
	}
	r := resolver{blueprint: &bp, target: &t}
	r.checkTarget()
	processes, beside := r.processes(), r.sidecar()
	if r.problems.Err() != nil {
		return Bundle{}, r.problems
	}
	bundle := Bundle{Jobs: []*api.Job{job(&bp, &t, processes, beside)}}
	for _, p := range processes {
		if len(p.Env) > 0 {
			path := VariablePath(bp.App.Name, p.Type, bp.Release.Version)
			bundle.Variables = append(bundle.Variables, Variable{Path: path, Items: maps.Clone(p.Env)})
		}
	}
	slices.SortFunc(bundle.Variables, func(a, b Variable) int { return cmp.Compare(a.Path, b.Path) })
	return bundle, r.problems
}
