package dynomad

import (
	"encoding/json"
	"time"
)

// Settings is everything about a process type that a dynomad.hcl or a process template may say. A field's JSON name is its
// name there, and a struct in it a block. A nil field is silent, and the layer under it speaks: process template ← the
// operator's template ← app.json ← manifest ← formation. An empty list is not silent: it says "none".
type Settings struct {
	Command   *string  `json:"command,omitempty"` // for the shell in the dyno, byte for byte
	Exec      []string `json:"exec,omitzero"`     // a program and its arguments, without a shell; empty: what the image runs by itself
	Image     *string  `json:"image,omitempty"`   // of a container, instead of the slug
	Quantity  *int     `json:"quantity,omitempty"`
	Size      *string  `json:"size,omitempty"`       // a name from the size table; cpu, cores and memory overrule it
	CPU       *int     `json:"cpu,omitempty"`        // MHz shares
	Cores     *int     `json:"cores,omitempty"`      // whole cores for the dyno alone, instead of cpu
	Memory    *int     `json:"memory,omitempty"`     // MiB
	MemoryMax *int     `json:"memory_max,omitempty"` // MiB that it may use while the machine has them free

	Env map[string]string `json:"env,omitempty"` // merged name by name, under the config vars

	Service *bool   `json:"service,omitempty"` // it listens: it has a $PORT, a check and a Consul service
	Port    *int    `json:"port,omitempty"`    // on which a container listens that does not heed $PORT
	Routes  []Route `json:"route,omitzero"`    // the paths whose requests it gets
	Check   *Check  `json:"check,omitempty"`   // how the platform knows that it serves

	KillTimeout *time.Duration `json:"kill_timeout,omitempty"`
	KillSignal  *string        `json:"kill_signal,omitempty"`
	DrainDelay  *time.Duration `json:"drain_delay,omitempty"` // between losing the route and the signal

	Surge      *bool       `json:"surge,omitempty"` // a second set beside the first during a deploy
	Update     *Update     `json:"update,omitempty"`
	Restart    *Restart    `json:"restart,omitempty"`
	Reschedule *Reschedule `json:"reschedule,omitempty"`
	Disconnect *Disconnect `json:"disconnect,omitempty"`

	Constraints []Constraint `json:"constraint,omitzero"`
	Affinities  []Affinity   `json:"affinity,omitzero"`
	Spreads     []Spread     `json:"spread,omitzero"`
	Volumes     []Volume     `json:"volume,omitzero"`
	Sidecar     *string      `json:"sidecar,omitempty"` // where the log sidecar stands: see the Sidecar constants

	Schedule []string       `json:"schedule,omitzero"`   // of a cron: when it runs, as crontab says it
	TimeZone *string        `json:"time_zone,omitempty"` // of the schedule: "Europe/Berlin"; UTC if not said
	Overlap  *bool          `json:"overlap,omitempty"`   // a cron may start while its last run still goes on
	Timeout  *time.Duration `json:"timeout,omitempty"`   // of what ends by itself: after this long it is ended

	// Nomad is laid over the group that all this becomes: a partial TaskGroup in Nomad's JSON. translator/overlay.go has the
	// rules, and package hcl makes it from a block `nomad`. As in every list of named things, what has the name of something
	// there is merged with it.
	Nomad json.RawMessage `json:"nomad,omitempty"`
}

// Where the log sidecar of a process type stands.
const (
	SidecarPoststart = "poststart" // starts beside the dyno
	SidecarPrestart  = "prestart"  // runs before the dyno starts
	SidecarNone      = "none"      // there is none: its lines are in Nomad only
)

// Route is a path under the app's host names, and what lies below it.
type Route struct {
	Path  string `json:"path" hcl:",label"` // begins with "/"
	Strip *bool  `json:"strip,omitempty"`   // the dyno sees the request without the path
}

// Check is how the platform knows that a dyno serves.
type Check struct {
	Kind        *string        `json:"kind,omitempty"`         // "tcp", "http", "grpc" or "script"
	Path        *string        `json:"path,omitempty"`         // http only
	GRPCService *string        `json:"grpc_service,omitempty"` // grpc only; the whole server if not said
	Command     *string        `json:"command,omitempty"`      // script only: for the shell in the dyno; exit 0 is good
	Interval    *time.Duration `json:"interval,omitempty"`
	Timeout     *time.Duration `json:"timeout,omitempty"`
	Failures    *int           `json:"failures,omitempty"` // in a row, after which a dyno is started anew; 0: never
	Grace       *time.Duration `json:"grace,omitempty"`    // after a start, in which failures do not count
}

// Update is how a release replaces the dynos before it. Nomad's names, because the templates set them.
type Update struct {
	MinHealthyTime   *time.Duration `json:"min_healthy_time,omitempty"`
	HealthyDeadline  *time.Duration `json:"healthy_deadline,omitempty"`
	ProgressDeadline *time.Duration `json:"progress_deadline,omitempty"`
}

// Restart is what happens to a dyno that exits.
type Restart struct {
	Attempts *int           `json:"attempts,omitempty"`
	Delay    *time.Duration `json:"delay,omitempty"`
	Interval *time.Duration `json:"interval,omitempty"`
}

// Reschedule is how long the cluster waits before it starts a dyno anew elsewhere that cannot run where it was.
type Reschedule struct {
	Delay    *time.Duration `json:"delay,omitempty"`     // the first time; doubled each time after
	MaxDelay *time.Duration `json:"max_delay,omitempty"` // at most
}

// Disconnect is what happens to the dynos of a machine that has fallen silent. Where it is nil the machine is lost at
// once: its dynos are replaced, and stopped should it come back.
type Disconnect struct {
	LostAfter *time.Duration `json:"lost_after,omitempty"` // a machine back within this time keeps its dynos
}

// Constraint is what a machine must have to run the type. Nomad's words.
type Constraint struct {
	Attribute *string `json:"attribute,omitempty"` // "${attr.kernel.name}"
	Operator  *string `json:"operator,omitempty"`  // "=" if not said
	Value     *string `json:"value,omitempty"`
}

// Affinity is what a machine had better have.
type Affinity struct {
	Attribute *string `json:"attribute,omitempty"`
	Operator  *string `json:"operator,omitempty"` // "=" if not said
	Value     *string `json:"value,omitempty"`
	Weight    *int    `json:"weight,omitempty"` // -100 to 100, not 0; Nomad's 50 if not said
}

// Spread is over what the dynos of the type are to be shared out.
type Spread struct {
	Attribute *string        `json:"attribute,omitempty"` // "${node.datacenter}"
	Weight    *int           `json:"weight,omitempty"`    // 1 to 100
	Targets   []SpreadTarget `json:"target,omitempty"`    // evenly if there are none
}

// SpreadTarget is the share that one value of a Spread's attribute gets.
type SpreadTarget struct {
	Value   string `json:"value" hcl:",label"`
	Percent *int   `json:"percent,omitempty"` // 0 to 100
}

// Volume is a folder that outlives the dyno, mounted into it.
type Volume struct {
	Name           string  `json:"name" hcl:",label"`
	Type           *string `json:"type,omitempty"`        // "host" or "csi"
	Source         *string `json:"source,omitempty"`      // its name at the cluster; the volume's own if not said
	Destination    *string `json:"destination,omitempty"` // where the dyno finds it
	ReadOnly       *bool   `json:"read_only,omitempty"`
	PerAlloc       *bool   `json:"per_alloc,omitempty"`       // csi: each dyno has its own, SOURCE[0], SOURCE[1]
	AccessMode     *string `json:"access_mode,omitempty"`     // csi
	AttachmentMode *string `json:"attachment_mode,omitempty"` // csi
}

// Over returns s with base speaking wherever s is silent.
func (s Settings) Over(base Settings) Settings {
	if s.Size != nil {
		// Whoever names a size means all of it: numbers from below must not overrule it.
		base.CPU, base.Cores, base.Memory, base.MemoryMax = nil, nil, nil, nil
	}
	if s.Cores != nil {
		base.CPU = nil
	}
	if s.CPU != nil {
		base.Cores = nil
	}
	if s.Command != nil {
		base.Exec = nil
	}
	if s.Exec != nil {
		base.Command = nil
	}
	return over(s, base)
}
