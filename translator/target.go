package translator

import "github.com/dynomad/dynomad"

// Target is the cluster that a release is made for, as plain data: with the Blueprint it decides every byte of the job. A
// release keeps its Target for life, so that a new Dynomad, template or agent reaches an app with its next release and
// never behind its back.
type Target struct {
	Driver      string                      `json:"driver"`                // "exec" or "raw_exec"
	Namespace   string                      `json:"namespace,omitempty"`   // Nomad's; "": not said in the job
	Datacenters []string                    `json:"datacenters,omitempty"` // empty: "*"
	Domain      string                      `json:"domain"`                // an app is reached at APP.Domain
	EdgePort    int                         `json:"edge_port"`             // of the edge; 80 and 443 need no tags of their own
	Templates   map[string]dynomad.Settings `json:"templates"`             // the process templates, by name: "web", "worker"
	Sizes       map[string]Size             `json:"sizes"`                 // by lower-case name: "standard-1x"
	Exec        Exec                        `json:"exec"`
	Init        string                      `json:"init"`            // the shell text that every dyno starts under
	Sidecar     dynomad.Settings            `json:"sidecar"`         // cpu, memory, kill_* and restart of the log sidecar
	Agent       *Agent                      `json:"agent,omitempty"` // nil: no log sidecar
}

// Size is what a dyno size means in Nomad.
type Size struct {
	CPU    int `json:"cpu"`    // MHz shares
	Memory int `json:"memory"` // MiB
}

// Exec is what the exec driver needs to isolate a dyno on this cluster.
type Exec struct {
	User    string   `json:"user"`    // the user that dynos run as; each client knows it by name
	Volumes []string `json:"volumes"` // host volumes mounted read-only at /NAME: "usr", "etc", "lib"
}

// Agent says where the log sidecar comes from and where it ships to.
type Agent struct {
	URL     string `json:"url"`     // of the binary, a capability
	SHA256  string `json:"sha256"`  // hex, of the binary
	Logplex string `json:"logplex"` // base URL of logplex's door
}
