package translator

import (
	"slices"
	"strconv"

	"github.com/dynomad/dynomad"
)

// tags are Fabio's routes to a process: one for each of its paths under each of the app's host names. An app in maintenance
// has none: its requests then find no route, and the router answers with the page.
func tags(p *process) []string {
	if p.blueprint.App.Maintenance {
		return nil
	}
	var out []string
	names := hosts(p.blueprint, p.target)
	for _, route := range p.Routes {
		for _, host := range names {
			tag := "urlprefix-" + host + route.Path
			if value(route.Strip) && route.Path != "/" {
				tag += " strip=" + route.Path
			}
			out = append(out, tag)
		}
	}
	return out
}

// hosts are the names under which an app is reached: its own under the cluster's domain, then each domain that it was given.
func hosts(bp *dynomad.Blueprint, t *Target) []string {
	names := make([]string, 0, 1+len(bp.Domains))
	names = append(names, string(bp.App.Name)+"."+t.Domain)
	for _, d := range bp.Domains {
		names = append(names, d.Hostname)
	}
	slices.Sort(names[1:])
	out := make([]string, 0, 2*len(names))
	for _, host := range slices.Compact(names) {
		out = append(out, host)
		if t.EdgePort != 0 && t.EdgePort != 80 && t.EdgePort != 443 {
			// Browsers say the port too where it is not the usual one, and stock Fabio compares the whole of what they say.
			out = append(out, host+":"+strconv.Itoa(t.EdgePort))
		}
	}
	return out
}
