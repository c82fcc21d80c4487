package dynomad

import "time"

// ProcessType names a line of the Procfile: "web", "worker".
type ProcessType string

// The types with a meaning of their own.
const (
	Web   ProcessType = "web"   // the one that gets routes and $PORT traffic
	Clock ProcessType = "clock" // by convention never run twice at once
)

// Process is one line of a Procfile together with what the manifest says about it. It belongs to a Slug.
type Process struct {
	Type     ProcessType
	Command  string // byte for byte as the Procfile has it
	Settings Settings
}

// Settings is everything about a process type that a dynomad.hcl or a process template may say. A nil or zero field is
// silent, and the layer under it speaks: template ← manifest ← per-app. The HCL names stand in package hcl.
type Settings struct {
	Command     *string           `json:"command,omitempty"`
	Quantity    *int              `json:"quantity,omitempty"` // dynos at the type's first deploy
	Size        *string           `json:"size,omitempty"`     // a name from the size table; cpu and memory overrule it
	CPU         *int              `json:"cpu,omitempty"`      // MHz shares, as Nomad's resources.cpu
	Memory      *int              `json:"memory,omitempty"`   // MiB
	Check       *Check            `json:"check,omitempty"`
	Env         map[string]string `json:"env,omitempty"` // merged name by name
	KillTimeout *time.Duration    `json:"kill_timeout,omitempty"`
	KillSignal  *string           `json:"kill_signal,omitempty"`
	DrainDelay  *time.Duration    `json:"drain_delay,omitempty"` // between losing the route and the signal
	Surge       *bool             `json:"surge,omitempty"`       // a second set beside the first during a deploy
	Update      *Update           `json:"update,omitempty"`
	Restart     *Restart          `json:"restart,omitempty"`
	Reschedule  *Reschedule       `json:"reschedule,omitempty"`
	Disconnect  *Disconnect       `json:"disconnect,omitempty"`
}

// Check is how the platform knows that a dyno serves.
type Check struct {
	Kind     *string        `json:"kind,omitempty"` // "tcp" or "http"
	Path     *string        `json:"path,omitempty"` // http only
	Interval *time.Duration `json:"interval,omitempty"`
	Timeout  *time.Duration `json:"timeout,omitempty"`
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

// Manifest is a decoded dynomad.hcl, or a process template.
type Manifest struct {
	Processes map[ProcessType]Settings
}

// Over returns s with base speaking wherever s is silent.
func (s Settings) Over(base Settings) Settings {
	out := s
	out.Command = first(s.Command, base.Command)
	out.Quantity = first(s.Quantity, base.Quantity)
	out.Size = first(s.Size, base.Size)
	// A size named above cpu and memory below wins over them: whoever says "size" means all of it.
	if s.Size == nil {
		out.CPU = first(s.CPU, base.CPU)
		out.Memory = first(s.Memory, base.Memory)
	}
	out.KillTimeout = first(s.KillTimeout, base.KillTimeout)
	out.KillSignal = first(s.KillSignal, base.KillSignal)
	out.DrainDelay = first(s.DrainDelay, base.DrainDelay)
	out.Surge = first(s.Surge, base.Surge)
	out.Env = overEnv(s.Env, base.Env)
	out.Check = over(s.Check, base.Check, func(a, b Check) Check {
		return Check{first(a.Kind, b.Kind), first(a.Path, b.Path), first(a.Interval, b.Interval), first(a.Timeout, b.Timeout)}
	})
	out.Update = over(s.Update, base.Update, func(a, b Update) Update {
		return Update{
			first(a.MinHealthyTime, b.MinHealthyTime), first(a.HealthyDeadline, b.HealthyDeadline),
			first(a.ProgressDeadline, b.ProgressDeadline),
		}
	})
	out.Restart = over(s.Restart, base.Restart, func(a, b Restart) Restart {
		return Restart{first(a.Attempts, b.Attempts), first(a.Delay, b.Delay), first(a.Interval, b.Interval)}
	})
	out.Reschedule = over(s.Reschedule, base.Reschedule, func(a, b Reschedule) Reschedule {
		return Reschedule{first(a.Delay, b.Delay), first(a.MaxDelay, b.MaxDelay)}
	})
	out.Disconnect = over(s.Disconnect, base.Disconnect, func(a, b Disconnect) Disconnect {
		return Disconnect{first(a.LostAfter, b.LostAfter)}
	})
	return out
}

func first[T any](a, b *T) *T {
	if a != nil {
		return a
	}
	return b
}

func over[T any](a, b *T, merge func(a, b T) T) *T {
	if a == nil || b == nil {
		return first(a, b)
	}
	merged := merge(*a, *b)
	return &merged
}

func overEnv(a, b map[string]string) map[string]string {
	if len(b) == 0 {
		return a
	}
	out := make(map[string]string, len(a)+len(b))
	for name, value := range b {
		out[name] = value
	}
	for name, value := range a {
		out[name] = value
	}
	return out
}
