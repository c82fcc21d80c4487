package dynomad

import "encoding/json"

// ProcessType names a line of the Procfile: "web", "worker".
type ProcessType string

// The types with a meaning of their own.
const (
	Web          ProcessType = "web"     // the one that gets the app's requests
	Clock        ProcessType = "clock"   // by convention never run twice at once
	ReleasePhase ProcessType = "release" // runs once in every release, before its dynos start
)

// Process is one line of a Procfile together with what the manifest says about it. It belongs to a Slug.
type Process struct {
	Type     ProcessType
	Command  string // byte for byte as the Procfile has it
	Settings Settings
}

// Scheduled says whether p is a cron: it runs by the clock and has no dynos in the formation.
func (p Process) Scheduled() bool { return p.Settings.Schedule != nil }

// Scaled says whether p has dynos that run until they are told to end, so that the formation says how many.
func (p Process) Scaled() bool { return p.Type != ReleasePhase && !p.Scheduled() }

// Manifest is a decoded dynomad.hcl.
type Manifest struct {
	Processes map[ProcessType]Settings // crons are those with a Schedule
	Domains   []string                 // host names of the app beside its own
	Nomad     json.RawMessage          // laid over the app's job: a partial Job in Nomad's JSON, without groups
}
