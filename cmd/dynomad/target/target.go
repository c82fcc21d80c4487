// Package target assembles a translator.Target from the process templates: package hcl reads them, package translator takes
// them as data, and neither knows the other or where they come from. The server, `dynomad dev` and `dynomad translate` all
// start here, so that they make the same jobs.
package target

import (
	"github.com/dynomad/dynomad/hcl"
	"github.com/dynomad/dynomad/translator"
)

// Default is the Target that the templates in this program describe, for one of Nomad's drivers ("docker", "exec" or
// "raw_exec"), the domain under which apps are reached, and the port that the edge listens on. Namespace, Datacenters and
// Agent are left for the caller to add.
func Default(driver, domain string, edgePort int) (translator.Target, error) {
	loaded, err := Load([]Layer{Ours()}, driver, domain, edgePort)
	return loaded.Target, err
}

// Loaded is a Target and the files that it was made of.
type Loaded struct {
	Target  translator.Target
	Sources []Source // layer by layer, and in each by name: what a later one says wins
}

// Source is one file of templates.
type Source struct {
	File     string // as people know it: "process/web.hcl", "/etc/dynomad/process/web.hcl"
	Text     []byte
	Defaults hcl.Defaults // what it says; nothing for dyno.sh
}

// Load is Default with layers of templates, of which each later one is laid over the ones before it, setting by setting;
// the first is Ours. All problems are one error that names each with its line.
func Load(layers []Layer, driver, domain string, edgePort int) (Loaded, error) {
	sources, problems, err := read(layers)
	if err != nil {
		return Loaded{}, err
	}
	to := translator.Target{Driver: driver, Domain: domain, EdgePort: edgePort}
	texts := map[string][]byte{}
	for _, s := range sources {
		texts[s.File] = s.Text
		lay(&to, s)
	}
	if err := append(problems, halves(to.Sizes)...).ErrIn(texts); err != nil {
		return Loaded{}, err
	}
	return Loaded{Target: to, Sources: sources}, nil
}
