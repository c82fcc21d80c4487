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

func (d *dyno) name() string { return dynomad.DynoName(d.kind(), d.slot+1) }

// kind is the dyno's process type. The group of a cron is called otherwise than the cron.
func (d *dyno) kind() dynomad.ProcessType {
	if _, t, ok := translator.CronOf(d.job.id); ok {
		return t
	}
	return dynomad.ProcessType(d.group)
}

// ends says whether the dyno is meant to end by itself.
func (d *dyno) ends() bool {
	return d.job.current().spec.Type != nil && *d.job.current().spec.Type == api.JobTypeBatch
}

func (d *dyno) release() dynomad.Version {
	for _, task := range d.spec.Tasks {
		if version, ok := translator.VersionOf(task.Name); ok {
			return version
		}
	}
	return 0
}

func (d *dyno) told() dynomad.Dyno {
	app, _ := translator.OwnerOf(d.job.id)
	told := dynomad.Dyno{
		ID: d.id, App: app, Type: d.kind(), Index: d.slot + 1,
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

// complete is the end of what is meant to end.
func (d *dyno) complete(now time.Time) {
	d.ended, d.exit, d.reason = true, new(0), "completed"
	d.say(now, "Process exited with status 0")
	from := d.state
	d.state = dynomad.DynoDown
	d.say(now, "State changed from %s to complete", from)
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
	case p.exits && d.ends() && p.status == 0:
		d.turn(now, dynomad.DynoUp)
		d.complete(now)
	case p.exits:
		d.crash(now, p.status)
		d.ended = d.ends()
	case p.deaf:
		d.unhealthy = true
		d.reason = "did not listen on $PORT in time"
	default:
		d.turn(now, dynomad.DynoUp)
	}
	return true
}
