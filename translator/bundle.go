package translator

import "github.com/hashicorp/nomad/api"

// Bundle is a Blueprint in Nomad's terms: the jobs to register and the variables to write before.
type Bundle struct {
	Jobs      []*api.Job // the app's own first, unless it has only crons; then its crons' by id; none: stop what runs
	Variables []Variable // sorted by path
}

// Variable is a Nomad Variable that holds one process group's config values for one release.
type Variable struct {
	Path  string
	Items map[string]string
}
