package hcl

import "github.com/dynomad/dynomad"

// Defaults is what a file of templates/process says, or all of them together.
type Defaults struct {
	Processes map[dynomad.ProcessType]dynomad.Settings
	Sizes     map[string]Size
	Exec      *Exec
	Docker    *Docker
	Allow     *Allow
}

// Size is what a dyno size means: MHz shares or whole cores, and MiB. A zero was not said.
type Size struct{ CPU, Cores, Memory, MemoryMax int }

// Exec is what the exec driver isolates dynos with: a user, and host volumes to mount read-only.
type Exec struct {
	User    string   `json:"user"`
	Volumes []string `json:"volumes"`
}

// Docker is what slugs run in under the docker driver, and what isolates dynos made of one.
type Docker struct {
	Image   string   `json:"image"`
	User    string   `json:"user"`
	CapDrop []string `json:"cap_drop"`
}

// Allow is what an app's raw overlay may say that reaches beyond its own dynos. "*" in a list allows all.
type Allow struct {
	Drivers     []string `json:"drivers"`
	Users       []string `json:"users"`
	HostVolumes []string `json:"host_volumes"`
	NodePools   []string `json:"node_pools"`
	Privileged  bool     `json:"privileged"`
	Identities  bool     `json:"identities"`
	Routes      bool     `json:"routes"`
}
