package cluster

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
)

// Task events that the api package has no name for.
const (
	taskHookFailed = "Task hook failed"
	taskTemplate   = "Template"
	allocUnhealthy = "Alloc Unhealthy"
)

// biography is a main task's life as its events tell it, in Heroku's words.
//
// Nomad keeps the last ten events of a task. A moment must be told with the same time and state as long as it is told at
// all, because whoever turns moments into log lines knows them by that. So every moment is made of one event, at its time or
// a microsecond beside it, and until the beginning of an attempt to run comes by, events make none.
type biography struct {
	verdict  verdict
	state    dynomad.DynoState
	reason   string
	exit     *int
	moments  []dynomad.DynoMoment
	begun    bool // the beginning of an attempt has been read
	stopping bool // told to end for good
	again    bool // told to end and start again
}

// read tells a task's life. A task of which no client has reported is starting.
func read(task *api.TaskState, v verdict) biography {
	b := biography{verdict: v, state: dynomad.DynoStarting}
	if task == nil {
		return b
	}
	events := slices.Clone(task.Events)
	slices.SortStableFunc(events, func(x, y *api.TaskEvent) int { return cmp.Compare(x.Time, y.Time) })
	for i, e := range events {
		b.add(e, endOf(events[i+1:]))
	}
	return b
}

// endOf is when a run that started before these events ended, or zero while it has not.
func endOf(events []*api.TaskEvent) time.Time {
	for _, e := range events {
		if e.Type == api.TaskTerminated {
			return moment(e.Time)
		}
	}
	return time.Time{}
}

func (b *biography) add(e *api.TaskEvent, end time.Time) {
	at := moment(e.Time)
	switch e.Type {
	case api.TaskReceived:
		b.begun = true
	case api.TaskDownloadingArtifacts:
		b.begin(at)
	case api.TaskStarted:
		b.start(at, end)
	case api.TaskRestartSignal:
		b.again = true
		b.say(at, "Restarting")
	case api.TaskKilling:
		b.kill(at)
	case api.TaskTerminated:
		b.finish(at, e)
	case api.TaskKilled:
		b.turn(at, dynomad.DynoDown)
	case api.TaskDriverFailure, api.TaskSetupFailure, api.TaskFailedValidation, taskHookFailed:
		b.fail(at, "cannot start: "+wordsOf(e))
	case api.TaskArtifactDownloadFailed:
		b.fail(at, "cannot download its slug: "+wordsOf(e))
	case taskTemplate:
		b.reason = "waits for its config vars: " + wordsOf(e)
	case api.TaskSiblingFailed:
		b.reason = "the task beside it failed: " + wordsOf(e)
	case allocUnhealthy:
		if b.reason == "" {
			b.reason = b.verdict.unhealthy(e)
		}
	}
}

// begin is the first thing that Nomad does to run the process, again or for the first time.
func (b *biography) begin(at time.Time) {
	b.begun, b.stopping, b.again = true, false, false
	if b.state != dynomad.DynoStarting {
		b.turn(at.Add(-2*time.Microsecond), dynomad.DynoStarting)
	}
}

func (b *biography) start(at, end time.Time) {
	b.begin(at)
	b.reason = ""
	b.say(at, "Starting process")
	if b.verdict.up(end) {
		b.turn(at, dynomad.DynoUp)
	}
}

// fail is an attempt that never came to a process.
func (b *biography) fail(at time.Time, reason string) {
	b.reason = reason
	b.say(at, "Process "+reason)
	b.turn(at, dynomad.DynoCrashed)
}

// kill is Nomad's order to end for good. A dyno between two runs has no process that could hear it.
func (b *biography) kill(at time.Time) {
	b.stopping = true
	if b.state == dynomad.DynoCrashed {
		b.turn(at, dynomad.DynoDown)
		return
	}
	b.say(at, "Stopping all processes with "+cmp.Or(b.verdict.signal, "SIGTERM"))
}

func (b *biography) finish(at time.Time, e *api.TaskEvent) {
	status := exitStatus(e)
	b.exit = &status
	b.say(at, fmt.Sprintf("Process exited with status %d", status))
	switch {
	case b.again: // the start that follows turns it
	case b.stopping:
		b.turn(at, dynomad.DynoDown)
	case b.verdict.ends && status == 0:
		b.complete(at)
	default:
		b.reason = fmt.Sprintf("exited with status %d", status)
		switch {
		case e.Details["oom_killed"] == "true":
			b.reason += ", killed for want of memory"
		case status == killed:
			b.reason += ", killed from outside, as for want of memory"
		}
		b.turn(at, dynomad.DynoCrashed)
	}
}

// killed is the status after SIGKILL. The exec drivers do not say when it was the kernel's, for want of memory.
const killed = 128 + 9

// exitStatus is what a shell would call the end: 128 and the signal's number where a signal ended the process.
func exitStatus(e *api.TaskEvent) int {
	status, _ := strconv.Atoi(e.Details["exit_code"])
	if signal, _ := strconv.Atoi(e.Details["signal"]); status == 0 && signal > 0 {
		return 128 + signal
	}
	return status
}

func (b *biography) say(at time.Time, text string) {
	if !b.begun {
		return
	}
	b.moments = append(b.moments, dynomad.DynoMoment{Time: at, State: b.state, Text: text})
}

// turn is a moment of its own, right after the one that caused it.
func (b *biography) turn(at time.Time, to dynomad.DynoState) {
	if from := b.state; from != to {
		b.state = to
		b.say(at.Add(time.Microsecond), fmt.Sprintf("State changed from %s to %s", from, to))
	}
}

// complete is the end of what is meant to end. Heroku tells it so, although its API knows no such state.
func (b *biography) complete(at time.Time) {
	from := b.state
	b.state = dynomad.DynoDown
	b.say(at.Add(time.Microsecond), fmt.Sprintf("State changed from %s to complete", from))
}

// unhealthy says why a deployment gave up a dyno whose process may well run.
func (v verdict) unhealthy(e *api.TaskEvent) string {
	within := ""
	if v.deadline > 0 {
		within = " within " + v.deadline.String()
	}
	switch v.check {
	case "tcp":
		return "did not listen on $PORT" + within
	case "":
		return "did not stay up" + within + ": " + wordsOf(e)
	}
	return "did not pass its " + v.check + " check" + within
}

// address matches a URL. A slug's carries its own permission and has no place in a log.
var address = regexp.MustCompile(`https?://[^\s"']+`)

// wordsOf is an event's message without what only Nomad's developers want to know.
func wordsOf(e *api.TaskEvent) string {
	words := cleaned(cmp.Or(e.DisplayMessage, e.Message))
	for _, preamble := range []string{"failed to download artifact: ", "rpc error: code = Unknown desc = "} {
		if i := strings.LastIndex(words, preamble); i >= 0 {
			words = words[i+len(preamble):]
		}
	}
	return address.ReplaceAllString(words, "(address)")
}
