// Package agent ships what a dyno prints to Logplex.
//
// Nomad's logmon writes each task's output to files in the allocation's alloc/logs directory: TASK.stdout.0, TASK.stdout.1,
// … counting up, ten files of 10 MB, the oldest deleted first, never renamed and never truncated. An Agent reads them to
// their ends and beyond, from one file to the next, and sends what it reads as chunks (package logplex/frame) in one HTTP
// request after another. Whole lines are read where there are any; the bytes are looked at only for their last newline.
//
//	files ─▶ source: read from the cursor, cut at the last newline ─▶ batch ─▶ POST ─▶ acknowledged ─▶ cursor, checkpoint
//
// The files are the only buffer. Nothing more is read until Logplex has acknowledged what was sent, which means stored. So
// while Logplex is away the agent waits and tries again for as long as it takes, in constant memory; when Nomad deletes a
// file unread meanwhile, the loss is counted and an L12 line tells it. The checkpoint holds acknowledged positions only. After
// a kill the agent sends up to a second's worth again, and Logplex, who keeps the positions too, cuts it off.
//
// It runs as a sidecar task in the dyno's group. A sidecar that fails for good takes its main task with it, so Run never
// gives up: every error is told on the agent's own log and tried again. When the dyno ends, Nomad signals the agent, which
// sends the last lines and goes, within DrainTime.
//
// The dyno can write into the directory, so nothing in it is trusted: only regular files are opened, no link is followed, and
// the number of sources is bounded.
package agent

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/dynomad/dynomad/logplex/frame"
)

const (
	// DrainTime bounds the sending of the last lines. It lies within the task's kill_timeout of 5 s.
	DrainTime = 4 * time.Second
	// quietTime is how long no line must come before a drain believes that there are no more: logmon flushes every 100 ms.
	quietTime = 300 * time.Millisecond
	// pollTime is the pause between two looks at the files: less than logmon's 100 ms, and about half a percent of a core.
	pollTime = 40 * time.Millisecond
	// saveTime is the least time between two writes of the checkpoint.
	saveTime = time.Second
	// chunkBytes bounds one read, so that no source starves another: each has its turn in a round.
	chunkBytes = 64 << 10
	// batchBytes bounds one request, and with it the agent's memory.
	batchBytes = 512 << 10
)

// Agent ships the output of one allocation's tasks.
type Agent struct {
	config  Config
	client  *http.Client
	log     *slog.Logger
	now     func() time.Time
	sources map[string]*source // by "TASK.STREAM"
	names   []string           // of sources, in the order in which they were found
	chunk   []byte             // what one read fills
	batch   batch              // what is being sent
	looked  look               // when the directory was last listed
	saved   time.Time          // when the checkpoint was last written
	unsaved bool               // acknowledged since
}

// batch is what one request sends.
type batch struct {
	body []byte
	ends map[*source]frame.Position // how far it brings each source
}

// New makes an agent. The log is the agent's own, which nobody ships.
func New(c Config, log *slog.Logger) *Agent {
	return &Agent{
		config:  c,
		client:  newClient(),
		log:     log,
		now:     time.Now,
		sources: map[string]*source{},
		chunk:   make([]byte, chunkBytes),
		batch:   batch{ends: map[*source]frame.Position{}},
	}
}

// Run ships until ctx ends, then sends what is left, and returns nil.
func (a *Agent) Run(ctx context.Context) error {
	positions, err := loadPositions(a.config.State, a.config.Alloc)
	if err != nil {
		a.log.Warn("the checkpoint cannot be read; starting with the oldest file", "error", err)
	}
	defer a.close()
	a.follow(ctx, positions)
	a.drain(positions)
	a.save()
	return nil
}

// follow ships what comes until ctx ends.
func (a *Agent) follow(ctx context.Context, positions positions) {
	tick := time.NewTicker(pollTime)
	defer tick.Stop()
	for {
		full := a.round(ctx, positions, false)
		if a.unsaved && a.now().Sub(a.saved) >= saveTime {
			a.save()
		}
		if full && ctx.Err() == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// drain ships the last lines, unfinished ones included, once nothing new has come for a while.
func (a *Agent) drain(positions positions) {
	ctx, cancel := context.WithTimeout(context.Background(), DrainTime)
	defer cancel()
	last := a.now()
	for ctx.Err() == nil && a.now().Sub(last) < quietTime {
		a.collect(positions, false)
		if len(a.batch.body) > 0 {
			a.ship(ctx)
			last = a.now()
			continue
		}
		time.Sleep(pollTime)
	}
	a.round(ctx, positions, true)
	if len(a.batch.body) > 0 {
		a.log.Error("the last lines could not be sent in time", "bytes", len(a.batch.body))
	}
}

// round reads and ships one batch. It reports whether the batch was full, so that there may be more at once.
func (a *Agent) round(ctx context.Context, positions positions, flush bool) (full bool) {
	a.collect(positions, flush)
	full = a.full()
	if len(a.batch.body) > 0 {
		a.ship(ctx)
	}
	return full
}

func (a *Agent) full() bool { return len(a.batch.body)+chunkBytes+frame.MaxHeader > batchBytes }

// collect fills the batch, each source having its turn, unless one is still unacknowledged. flush takes unfinished lines too.
func (a *Agent) collect(positions positions, flush bool) {
	if len(a.batch.body) > 0 {
		return
	}
	a.discover(positions)
	for more := true; more && !a.full(); {
		more = false
		for _, name := range a.names {
			if a.full() {
				break
			}
			s := a.sources[name]
			c, ok := s.next(a.chunk, a.now(), flush)
			if !ok {
				continue
			}
			more = true
			c.Alloc, c.Group, c.Index = a.config.Alloc, a.config.Group, a.config.Index
			a.batch.body = c.Append(a.batch.body)
			a.batch.ends[s] = c.End
		}
	}
}

// ship sends the batch until it is acknowledged or ctx ends; in the second case the batch stays for the next call.
func (a *Agent) ship(ctx context.Context) {
	if err := a.send(ctx); err != nil {
		return
	}
	for s, end := range a.batch.ends {
		s.stored = end
	}
	a.batch.body = a.batch.body[:0]
	clear(a.batch.ends)
	a.unsaved = true
}

// save writes the checkpoint. That it cannot be written costs a resend after a kill, nothing else.
func (a *Agent) save() {
	a.saved, a.unsaved = a.now(), false
	at := positions{}
	for name, s := range a.sources {
		at[name] = s.stored
	}
	if err := at.save(a.config.State, a.config.Alloc); err != nil {
		a.log.Warn("the checkpoint cannot be written", "error", err)
	}
}

func (a *Agent) close() {
	for _, s := range a.sources {
		s.close()
	}
	a.client.CloseIdleConnections()
}
