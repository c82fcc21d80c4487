package clusterfake

import (
	"fmt"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

// dyno is one allocation.
type dyno struct {
	id         dynomad.DynoID
	job        *job
	group      string
	slot       int // from 0, as in the allocation's name
	node       string
	spec       *api.TaskGroup // what it was placed with
	imprint    string         // what it cannot keep running without; see imprint
	deployment *deployment    // the newest that counts it, or nil
	canary     bool           // beside the old ones until its deployment promotes it
	ended      bool           // Nomad wants it no more
	state      dynomad.DynoState
	exit       *int
	reason     string
	unhealthy  bool
	created    time.Time
	updated    time.Time
	history    []dynomad.DynoMoment
}

func (d *dyno) name() string { return dynomad.DynoName(dynomad.ProcessType(d.group), d.slot+1) }

func (d *dyno) release() dynomad.Version {
	for _, task := range d.spec.Tasks {
		if version, ok := translator.VersionOf(task.Name); ok {
			return version
		}
	}
	return 0
}

func (d *dyno) told() dynomad.Dyno {
	told := dynomad.Dyno{
		ID: d.id, App: dynomad.AppName(d.job.id), Type: dynomad.ProcessType(d.group), Index: d.slot + 1,
		State: d.state, Release: d.release(), Node: d.node, ExitStatus: d.exit, Reason: d.reason,
		CreatedAt: d.created, UpdatedAt: d.updated,
	}
	told.History = append(told.History, d.history...)
	if d.state == dynomad.DynoUp && len(d.spec.Services) > 0 {
		told.Address = fmt.Sprintf("127.0.0.1:%d", 20000+d.slot)
	}
	return told
}

// say adds a moment to the dyno's life. Each is a microsecond younger than the one before, so that they keep their order.
func (d *dyno) say(now time.Time, format string, args ...any) {
	if n := len(d.history); n > 0 && !now.After(d.history[n-1].Time) {
		now = d.history[n-1].Time.Add(time.Microsecond)
	}
	d.updated = now
	d.history = append(d.history, dynomad.DynoMoment{Time: now, State: d.state, Text: fmt.Sprintf(format, args...)})
}

func (d *dyno) turn(now time.Time, to dynomad.DynoState) {
	from := d.state
	d.state = to
	d.say(now, "State changed from %s to %s", from, to)
}

func (d *dyno) start(now time.Time) {
	d.state, d.reason, d.unhealthy = dynomad.DynoStarting, "", false
	d.say(now, "Starting process")
}

func (d *dyno) crash(now time.Time, status int) {
	d.exit, d.unhealthy = &status, true
	d.reason = fmt.Sprintf("exited with status %d", status)
	d.say(now, "Process exited with status %d", status)
	d.turn(now, dynomad.DynoCrashed)
}

// end is Nomad's stop: a signal, and an exit by that signal.
func (d *dyno) end(now time.Time) {
	d.ended = true
	if d.state != dynomad.DynoCrashed {
		status := 143
		d.say(now, "Stopping all processes with SIGTERM")
		d.exit = &status
		d.say(now, "Process exited with status %d", status)
	}
	d.turn(now, dynomad.DynoDown)
	d.reason = "stopped"
}

func (d *dyno) restart(now time.Time) {
	status := 143
	d.say(now, "Restarting")
	d.say(now, "Stopping all processes with SIGTERM")
	d.exit = &status
	d.say(now, "Process exited with status %d", status)
	d.turn(now, dynomad.DynoStarting)
	d.start(now)
}

// step lets a starting dyno become what its program makes of it, and says whether anything moved.
func (d *dyno) step(now time.Time) bool {
	if d.ended || d.state != dynomad.DynoStarting || d.unhealthy {
		return false
	}
	switch p := programOf(d.spec); {
	case p.exits:
		d.crash(now, p.status)
	case p.deaf:
		d.unhealthy = true
		d.reason = "did not listen on $PORT in time"
	default:
		d.turn(now, dynomad.DynoUp)
	}
	return true
}
