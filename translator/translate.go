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
//	route                  Fabio tags on the Consul service of the type, for each domain
//	log                    a second task in the group, "agent", that ships what the main one prints
//	cron                   a periodic batch job of its own, "hello~cron-nightly"
//	run, release phase     a batch job of its own, "hello~run-1234" (TranslateRun)
//
// There is one file a stanza, named as in Nomad's documentation. The files resolve*.go gather what the manifest, the template
// and the formation say about a process into plain values and find every problem; the stanza files only arrange those
// values, so none of them can fail. What the drivers do differently is in driver.go. Last, overlay.go lays the manifest's raw
// `nomad` blocks over it. No number that an operator may want to change stands here: they are in templates/process. The
// ways between our names and Nomad's, both of them, are in names*.go.
//
// The way back is here too: state.go and plan*.go are what Nomad answers, in our terms, and difference.go finds the overlay that
// makes one job of another.
package translator

import "github.com/dynomad/dynomad"

// Translate makes the job of an app, that of each of its crons, and the variables that their tasks will read. A Blueprint
// without processes gives an empty Bundle: stop what runs. If Problems.Err is not nil the Bundle is empty as well; there may
// be warnings besides. The release phase has to be right but is not in the Bundle: see ReleaseRun.
//
// The caller may change neither bp nor t while it runs, and may do with the Bundle as it likes.
func Translate(bp dynomad.Blueprint, t Target) (Bundle, dynomad.Problems) {
	if len(bp.Processes) == 0 {
		return Bundle{}, nil
	}
	r := resolver{blueprint: &bp, target: &t}
	r.checkTarget()
	dynos, crons := r.processes()
	if run, ok := ReleaseRun(bp); ok {
		r.run(run)
	}
	beside := r.checkSidecar()
	var jobs [][]*process
	if len(dynos) > 0 {
		jobs = append(jobs, dynos)
	}
	for _, cron := range crons {
		jobs = append(jobs, []*process{cron})
	}
	return r.bundle(jobs, beside)
}
