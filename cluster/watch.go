package cluster

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
)

// silence is how long the event stream may say nothing. Nomad sends a heartbeat every ten seconds.
const silence = 45 * time.Second

// Watch calls changed with the id of each job whose job, allocations or deployment changed, until ctx ends or the stream
// breaks; with "" when changes may have been missed, which is always the first. Calls come one at a time, and a job that
// changes while a call runs is told once more afterwards, however often it changed.
//
// A broken stream is an Unavailable error: call Watch again, and its "" covers the gap. Nomad cuts off a reader that is more
// than its buffer of a hundred events behind; here the reader only takes notes, so a slow callback loses nothing.
func (c *Cluster) Watch(ctx context.Context, changed func(jobID string)) error {
	asked := request{doing: "watch the cluster", needs: "read-job"}
	streaming, cancel := context.WithCancel(ctx)
	defer cancel()
	query := url.Values{"topic": {"Job", "Allocation", "Deployment"}}
	opts := (&api.QueryOptions{Namespace: c.namespace}).WithContext(streaming)
	stream, err := c.nomad.Raw().Response("/v1/event/stream?"+query.Encode(), opts)
	if err != nil {
		return asked.failed(ctx, err)
	}
	defer func() { _ = stream.Close() }()
	n := &notes{ids: map[string]bool{}, wake: make(chan struct{}, 1)}
	watchdog := time.AfterFunc(silence, cancel)
	defer watchdog.Stop()
	done := make(chan error, 1)
	go func() {
		done <- n.take(stream, func() { watchdog.Reset(silence) })
	}()
	for {
		var end error
		select {
		case end = <-done:
		case <-n.wake:
		}
		for _, id := range n.read() {
			if ctx.Err() == nil {
				changed(id)
			}
		}
		if end != nil {
			return brokenOff(ctx, end)
		}
	}
}

// errUnsaid is how Nomad tells a token that may not listen: it accepts, and hangs up.
var errUnsaid = errors.New("it ended before it began")

func brokenOff(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, errUnsaid):
		return dynomad.Errorf(dynomad.KindForbidden, "nomad does not let dynomad watch the cluster: %w", err).
			WithHint("the server's token (NOMAD_TOKEN) needs read-job in its namespace; `dynomad doctor` lists all it lacks")
	}
	return dynomad.Errorf(dynomad.KindUnavailable, "nomad's event stream broke off: %w", err)
}

// notes are the jobs that changed since somebody last looked.
type notes struct {
	wake chan struct{} // holds one element while there is something to read
	mu   sync.Mutex
	ids  map[string]bool
}

func (n *notes) add(ids ...string) {
	n.mu.Lock()
	for _, id := range ids {
		n.ids[id] = true
	}
	n.mu.Unlock()
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

func (n *notes) read() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	ids := slices.Sorted(maps.Keys(n.ids))
	clear(n.ids)
	return ids
}

// message is one line of the stream: a heartbeat without events, or the events of one index.
type message struct {
	Events []struct {
		Topic      api.Topic
		Key        string
		FilterKeys []string
	}
}

// take reads the stream to its end. The first line, a heartbeat, says that it stands: from there on nothing is missed.
func (n *notes) take(stream io.Reader, heard func()) error {
	lines := json.NewDecoder(bufio.NewReader(stream))
	for first := true; ; first = false {
		var m message
		err := lines.Decode(&m)
		switch {
		case first && errors.Is(err, io.EOF):
			return errUnsaid
		case err != nil:
			return err
		}
		heard()
		if first {
			n.add("")
		}
		for _, e := range m.Events {
			if e.Topic == api.TopicJob {
				n.add(e.Key)
			} else if len(e.FilterKeys) > 0 {
				n.add(e.FilterKeys[0]) // the job of an allocation or a deployment
			}
		}
	}
}
