// Package templates is the text that we ship, apart from all code: what can be read, judged and changed without Go.
//
//	process/   what every dyno starts from, in the schema of an app's dynomad.hcl (Process)
//	services/  the configs, policies and units of Nomad, Consul and Dynomad's own processes (Service)
//	pages/     what the router answers by itself (Pages)
//
// It knows nobody: whoever uses a text hands in what it names. Every service file has a golden in testdata/services, and a new
// one is red until it has.
package templates
