// Package dynomad holds the nouns of Dynomad and their rules.
//
// Dynomad is a Heroku on your own Nomad cluster: an App has Releases, a Release joins a Slug (what runs) with a Config
// (the values it runs with), a Formation says how many dynos of each process type there are, and a Dyno is one of them
// running. A Blueprint gathers all that decides what should be running for one app at one moment; the translator turns it
// into a Nomad job.
//
// Everything here is a value or a pure function on values. The package imports nothing else of ours, and never a network,
// a database, a file or the clock: times, ids and actors are handed in by the verbs of package platform. One file a noun.
//
// Times are UTC with microseconds. Ids are UUID text; a new noun gets its own string type, so that the compiler tells an
// AppID from a ReleaseID.
package dynomad
