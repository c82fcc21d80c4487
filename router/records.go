package router

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dynomad/dynomad"
)

// How records are shipped.
const (
	DefaultRecordsKept = 10000 // records that wait for the sink at most
	batchSize          = 500
	gatherFor          = 50 * time.Millisecond // after the first record, so that a busy router ships few batches
	flushFor           = 5 * time.Second       // at the end
)

// Sink takes a batch of records; the first has number first, and they follow each other without a gap. A nil error means
// that they are kept. An error of kind Invalid, BadRequest or TooLarge says that this batch will never be taken: its halves
// are tried by themselves, so that one bad record costs itself alone. After any other error the batch is sent again, with the
// same number, so that the sink can tell what it has already.
type Sink func(ctx context.Context, first uint64, batch []Record) error

// Records waits between the requests and the Sink. Adding never blocks: when Kept records wait, the oldest goes. Run ships.
type Records struct {
	sink Sink
	kept int
	log  *slog.Logger

	mu      sync.Mutex
	waiting []Record
	first   uint64 // the number of waiting[0], from 1
	more    chan struct{}

	shipped, dropped atomic.Uint64
}

// RecordCounts adds up: every record is shipped, dropped, waiting, or in the batch under way.
type RecordCounts struct {
	Shipped uint64 `json:"shipped"`
	Dropped uint64 `json:"dropped"`
	Waiting int    `json:"waiting"`
}

// NewRecords ships to sink and lets at most kept records wait.
func NewRecords(sink Sink, kept int, log *slog.Logger) *Records {
	return &Records{sink: sink, kept: kept, log: log, first: 1, more: make(chan struct{}, 1)}
}

// Add gives the record the next number and lets it wait for the sink.
func (r *Records) Add(record Record) {
	r.mu.Lock()
	r.waiting = append(r.waiting, record)
	if len(r.waiting) > r.kept {
		r.waiting[0] = Record{} // lets go of its texts
		r.waiting = r.waiting[1:]
		r.first++
		r.dropped.Add(1)
	}
	r.mu.Unlock()
	select {
	case r.more <- struct{}{}:
	default:
	}
}

// Counts tells how records fared.
func (r *Records) Counts() RecordCounts {
	r.mu.Lock()
	defer r.mu.Unlock()
	return RecordCounts{Shipped: r.shipped.Load(), Dropped: r.dropped.Load(), Waiting: len(r.waiting)}
}

// take removes up to batchSize records from the front.
func (r *Records) take() (first uint64, batch []Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := min(len(r.waiting), batchSize)
	first, batch = r.first, r.waiting[:n:n]
	r.waiting, r.first = r.waiting[n:], r.first+uint64(n)
	if len(r.waiting) == 0 {
		r.waiting = nil // what follows goes into memory of its own: the batch is the sink's now
	}
	return first, batch
}

// Run ships until ctx ends, then for up to 5 s what is left. End the requests first.
func (r *Records) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		select {
		case <-r.more:
			sleep(ctx, gatherFor)
			r.shipAll(ctx)
		case <-ctx.Done():
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushFor)
	defer cancel()
	r.shipAll(ctx)
	if left := r.Counts().Waiting; left > 0 {
		r.dropped.Add(uint64(left))
		r.log.Warn("request records lost at the end: the log's door does not answer", "records", left)
	}
	return nil
}

func (r *Records) shipAll(ctx context.Context) {
	for ctx.Err() == nil {
		first, batch := r.take()
		if len(batch) == 0 {
			return
		}
		if n := r.ship(ctx, first, batch); n < len(batch) {
			r.putBack(first+uint64(n), batch[n:])
		}
	}
}

// ship sends a batch until each record is taken or refused for good, or ctx ends. It tells with how many it has done.
func (r *Records) ship(ctx context.Context, first uint64, batch []Record) (done int) {
	retry := minRetry
	for {
		err := r.sink(ctx, first, batch)
		switch {
		case err == nil:
			if retry > minRetry {
				r.log.Info("the log's door takes request records again", "dropped", r.dropped.Load())
			}
			r.shipped.Add(uint64(len(batch)))
			return len(batch)
		case refused(err) && len(batch) > 1:
			half := len(batch) / 2
			if done = r.ship(ctx, first, batch[:half]); done < half {
				return done
			}
			return done + r.ship(ctx, first+uint64(half), batch[half:])
		case refused(err):
			r.log.Warn("a request record was refused and is lost", "error", err)
			r.dropped.Add(1)
			return 1
		case ctx.Err() != nil:
			return 0
		case retry == minRetry:
			r.log.Warn("the log's door does not take request records; they wait", "error", err)
		}
		sleep(ctx, retry+rand.N(retry)) //nolint:gosec // keeps routers from trying in step
		retry = min(2*retry, maxRetry)
	}
}

// putBack lets records wait again. Where some after them were dropped meanwhile, they are older, and go as well.
func (r *Records) putBack(first uint64, batch []Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if first+uint64(len(batch)) != r.first {
		r.dropped.Add(uint64(len(batch)))
		return
	}
	r.waiting, r.first = append(batch, r.waiting...), first
}

func refused(err error) bool {
	if e, ok := errors.AsType[*dynomad.Error](err); ok {
		return e.Kind == dynomad.KindInvalid || e.Kind == dynomad.KindBadRequest || e.Kind == dynomad.KindTooLarge
	}
	return false
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
