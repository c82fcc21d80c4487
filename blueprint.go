package dynomad

// Blueprint is everything that decides what should be running for one app, read from the store in one view and handed to
// the translator. It is never modified. No processes means: stop the job.
type Blueprint struct {
	App       App
	Release   Release // pending: Nomad may revert it by itself
	Slug      Slug
	Processes []Process // the slug's
	Config    Config    // the release's values
	Formation Formation
	Domains   []Domain
}
