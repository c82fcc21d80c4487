package hcl

import (
	"fmt"

	hclv2 "github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/dynomad/dynomad"
)

// Size is what a dyno size means: MHz shares and MiB.
type Size struct{ CPU, Memory int }

// Exec is what the exec driver isolates dynos with: a user, and host volumes to mount read-only.
type Exec struct {
	User    string
	Volumes []string
}

// Defaults is what a file of templates/process says, or all of them together.
type Defaults struct {
	Processes map[dynomad.ProcessType]dynomad.Settings
	Sizes     map[string]Size
	Exec      *Exec
}

// Manifest reads an app's dynomad.hcl. file is its name in problems. If Problems.Err is not nil the Manifest holds what
// could be read.
func Manifest(file string, src []byte) (dynomad.Manifest, dynomad.Problems) {
	var d Defaults
	problems := decode(file, src, func(r *reader) blocks { return blocks{"process": r.process(&d)} })
	return dynomad.Manifest{Processes: d.Processes}, problems
}

// Template reads a file of templates/process, which may say of the cluster's sizes and isolation as well, into d. What
// an earlier file has said of the same process or size is a problem.
func Template(file string, src []byte, d *Defaults) dynomad.Problems {
	return decode(file, src, func(r *reader) blocks {
		return blocks{"process": r.process(d), "size": r.size(d), "exec": r.exec(d)}
	})
}

func decode(file string, src []byte, schema func(*reader) blocks) dynomad.Problems {
	if len(src) > MaxBytes {
		return dynomad.Problems{{
			File: file, Message: fmt.Sprintf("it has %d bytes", len(src)), Hint: fmt.Sprintf("write at most %d", MaxBytes),
		}}
	}
	parsed, diagnostics := hclsyntax.ParseConfig(src, file, hclv2.InitialPos)
	r := &reader{file: file, diagnostics: diagnostics}
	if parsed != nil && !diagnostics.HasErrors() {
		r.body(parsed.Body, nil, schema(r))
	}
	return r.problems()
}

func (r *reader) process(d *Defaults) block {
	return block{label: "type", read: func(b *hclv2.Block) {
		name := dynomad.ProcessType(b.Labels[0])
		if _, twice := d.Processes[name]; twice {
			r.fail(b.LabelRanges[0], "the process \""+string(name)+"\" is there twice", "join the two blocks")
			return
		}
		if d.Processes == nil {
			d.Processes = map[dynomad.ProcessType]dynomad.Settings{}
		}
		d.Processes[name] = r.settings(b.Body)
	}}
}

func (r *reader) settings(body hclv2.Body) dynomad.Settings {
	var s dynomad.Settings
	r.body(body, attributes{
		"command":      r.text(&s.Command),
		"quantity":     r.quantity(&s.Quantity),
		"size":         r.text(&s.Size),
		"cpu":          r.number(&s.CPU),
		"memory":       r.number(&s.Memory),
		"env":          r.env(&s.Env),
		"kill_timeout": r.duration(&s.KillTimeout),
		"kill_signal":  r.text(&s.KillSignal),
		"drain_delay":  r.duration(&s.DrainDelay),
		"surge":        r.flag(&s.Surge),
	}, r.settingsBlocks(&s))
	return s
}

func (r *reader) settingsBlocks(s *dynomad.Settings) blocks {
	return blocks{
		"check": inner(r, &s.Check, func(c *dynomad.Check) attributes {
			return attributes{
				"kind": r.text(&c.Kind), "path": r.text(&c.Path),
				"interval": r.duration(&c.Interval), "timeout": r.duration(&c.Timeout),
			}
		}),
		"update": inner(r, &s.Update, func(u *dynomad.Update) attributes {
			return attributes{
				"min_healthy_time": r.duration(&u.MinHealthyTime), "healthy_deadline": r.duration(&u.HealthyDeadline),
				"progress_deadline": r.duration(&u.ProgressDeadline),
			}
		}),
		"restart": inner(r, &s.Restart, func(a *dynomad.Restart) attributes {
			return attributes{"attempts": r.number(&a.Attempts), "delay": r.duration(&a.Delay), "interval": r.duration(&a.Interval)}
		}),
		"reschedule": inner(r, &s.Reschedule, func(a *dynomad.Reschedule) attributes {
			return attributes{"delay": r.duration(&a.Delay), "max_delay": r.duration(&a.MaxDelay)}
		}),
		"disconnect": inner(r, &s.Disconnect, func(a *dynomad.Disconnect) attributes {
			return attributes{"lost_after": r.duration(&a.LostAfter)}
		}),
	}
}

// inner is a block without a label that may be there once.
func inner[T any](r *reader, into **T, fields func(*T) attributes) block {
	return block{read: func(b *hclv2.Block) {
		if *into != nil {
			r.fail(b.DefRange, "the block \""+b.Type+"\" is there twice", "join the two blocks")
			return
		}
		*into = new(T)
		r.body(b.Body, fields(*into), nil)
	}}
}

func (r *reader) size(d *Defaults) block {
	return block{label: "name", read: func(b *hclv2.Block) {
		name := b.Labels[0]
		if _, twice := d.Sizes[name]; twice {
			r.fail(b.LabelRanges[0], "the size \""+name+"\" is there twice", "remove one of them")
			return
		}
		var cpu, memory *int
		r.body(b.Body, attributes{"cpu": r.number(&cpu), "memory": r.number(&memory)}, nil)
		if cpu == nil || memory == nil {
			r.fail(b.DefRange, "the size \""+name+"\" needs cpu and memory", "say cpu in MHz and memory in MiB")
			return
		}
		if d.Sizes == nil {
			d.Sizes = map[string]Size{}
		}
		d.Sizes[name] = Size{CPU: *cpu, Memory: *memory}
	}}
}

func (r *reader) exec(d *Defaults) block {
	return inner(r, &d.Exec, func(e *Exec) attributes {
		return attributes{"user": r.word(&e.User), "volumes": r.words(&e.Volumes)}
	})
}
