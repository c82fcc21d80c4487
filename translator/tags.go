package translator

import (
	"slices"
	"strconv"

	"github.com/dynomad/dynomad"
)

// tags are Fabio's routes to an app: one for its own name under the cluster's domain, and one for each domain that it was
// given. An app in maintenance has none: its requests then find no route, and the router answers with the page.
func tags(bp *dynomad.Blueprint, t *Target) []string {
	if bp.App.Maintenance {
		return nil
	}
	hosts := make([]string, 0, 1+len(bp.Domains))
	hosts = append(hosts, string(bp.App.Name)+"."+t.Domain)
	for _, d := range bp.Domains {
		hosts = append(hosts, d.Hostname)
	}
	slices.Sort(hosts[1:])
	out := make([]string, 0, 2*len(hosts))
	for _, host := range slices.Compact(hosts) {
		out = append(out, "urlprefix-"+host+"/")
		if t.EdgePort != 0 && t.EdgePort != 80 && t.EdgePort != 443 {
			// Browsers say the port too where it is not the usual one, and stock Fabio compares the whole of what they say.
			out = append(out, "urlprefix-"+host+":"+strconv.Itoa(t.EdgePort)+"/")
		}
	}
	return out
}
