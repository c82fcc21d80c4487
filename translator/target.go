package translator

import "github.com/dynomad/dynomad"

// Target is the cluster that a release is made for, as plain data: with the Blueprint it decides every byte of the job. A
// release keeps its Target for life, so that a new Dynomad, template or agent reaches an app with its next release and
// never behind its back.
type Target struct {
	Driver      string                      `json:"driver"`                // "docker", "exec" or "raw_exec"
	Namespace   string                      `json:"namespace,omitempty"`   // Nomad's; "": not said in the job
	Datacenters []string                    `json:"datacenters,omitempty"` // empty: "*"
	Domain      string                      `json:"domain"`                // an app is reached at APP.Domain
	EdgePort    int                         `json:"edge_port"`             // of the edge; 80 and 443 need no tags of their own
	Templates   map[string]dynomad.Settings `json:"templates"`             // the process templates, by name: "web", "worker"
	Sizes       map[string]Size             `json:"sizes"`                 // by lower-case name: "standard-1x"
	Exec        Exec                        `json:"exec"`
	Docker      Docker                      `json:"docker"`
	Allow       Allow                       `json:"allow"`
	Init        string                      `json:"init"`            // the shell text that every dyno starts under
	Sidecar     dynomad.Settings            `json:"sidecar"`         // cpu, memory, kill_* and restart of the log sidecar
	Agent       *Agent                      `json:"agent,omitempty"` // nil: no log sidecar
}

// Size is what a dyno size means in Nomad. A zero is not said.
type Size struct {
	CPU       int `json:"cpu,omitempty"`        // MHz shares
	Cores     int `json:"cores,omitempty"`      // whole cores for the dyno alone, instead of shares
	Memory    int `json:"memory,omitempty"`     // MiB
	MemoryMax int `json:"memory_max,omitempty"` // MiB that it may use while the machine has them free
}

// Exec is what the exec driver needs to isolate a dyno on this cluster.
type Exec struct {
	User    string   `json:"user"`    // the user that dynos run as; each client knows it by name
	Volumes []string `json:"volumes"` // host volumes mounted read-only at /NAME: "usr", "etc", "lib"
}

// Docker is what the docker driver needs to run a dyno that is made of a slug. One with an image of its own brings all this.
type Docker struct {
	Image   string   `json:"image,omitempty"`    // the stack image: the system that a slug expects around it; "": only own images run
	User    string   `json:"user,omitempty"`     // the user that dynos run as; the image and each client know it by name
	CapDrop []string `json:"cap_drop,omitempty"` // Linux capabilities taken from them: "all"
}

// Allow is what the operator lets apps do that reaches beyond their dynos. "*" in a list: all.
type Allow struct {
	Drivers     []string `json:"drivers,omitempty"`      // task drivers of an overlay, beside the cluster's own
	Users       []string `json:"users,omitempty"`        // that an overlay may run a task as
	HostVolumes []string `json:"host_volumes,omitempty"` // that a process may mount, by their names at the clients
	NodePools   []string `json:"node_pools,omitempty"`
	Privileged  bool     `json:"privileged,omitempty"` // what lets a container out of its walls
	Identities  bool     `json:"identities,omitempty"` // identity, vault and consul blocks
	Routes      bool     `json:"routes,omitempty"`     // urlprefix tags beside ours
}

// Agent says where the log sidecar comes from and where it ships to.
type Agent struct {
	URL     string `json:"url"`     // of the binary, for docker of a tar archive with the file dynomad-agent; a capability
	SHA256  string `json:"sha256"`  // hex, of what the URL gives
	Logplex string `json:"logplex"` // base URL of logplex's door
}
