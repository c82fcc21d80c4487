package translator

import "github.com/hashicorp/nomad/api"

// The names in a Consul service's meta, by which the router says which dyno has answered.
const (
	ServiceApp     = "app"
	ServiceType    = "type"
	ServiceIndex   = "index" // from 0, as Nomad counts: add 1 for web.1
	ServiceRelease = "release"
)

// service is https://developer.hashicorp.com/nomad/docs/job-specification/service: a process that listens, in Consul. Those
// of its dynos that pass their check get the requests for its routes; without a route only other dynos find it, by its name.
func service(p *process) *api.Service {
	out := &api.Service{
		Name:      Service(p.blueprint.App.Name, p.Type),
		Provider:  api.ServiceProviderConsul,
		PortLabel: portLabel,
		Tags:      tags(p),
		Meta: map[string]string{
			ServiceApp:     string(p.blueprint.App.Name),
			ServiceType:    string(p.Type),
			ServiceIndex:   "${NOMAD_ALLOC_INDEX}",
			ServiceRelease: p.blueprint.Release.Version.String(),
		},
		Checks: []api.ServiceCheck{serviceCheck(p)},
	}
	if p.Surge {
		// Until its promotion the second set must have no route. An empty list would mean the tags above.
		out.CanaryTags = []string{"canary"}
	}
	return out
}
