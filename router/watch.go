package router

import (
	"context"
	"errors"
	"hash/maphash"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/consul/api"
	"golang.org/x/sync/errgroup"
)

// How the watch paces itself.
const (
	minPause  = 25 * time.Millisecond // between two looks at a Consul that changes all the time
	minRetry  = 100 * time.Millisecond
	maxRetry  = 5 * time.Second
	fetchers  = 8               // services asked for at once
	refreshIn = 5 * time.Minute // every service is asked for again within it, whatever the indexes say
)

// Watcher keeps Routes equal to what Consul knows. It listens to two indexes, the checks' and the catalogue's, and asks only
// for the services that changed.
//
// The checks tell which instances may serve. They do not tell of tags changed in place, so the catalogue is watched too; but
// that shows the tags of all instances of a service as one set. A service whose instances differ in their tags is therefore
// asked for at every change of the catalogue until they agree: Nomad's clients bring a new tag to their instances one after
// the other. What could slip through all the same is mended by asking for every service again in a slow round.
//
// While Consul is away the routes stay as they are.
type Watcher struct {
	Consul *api.Client
	Routes *Routes
	Self   string // the service under which this router stands in Consul itself: proxying to it would loop
	Log    *slog.Logger

	state watchState
}

// watchState is what others may ask a running Watcher.
type watchState struct {
	mu    sync.Mutex
	ready chan struct{} // closed once the first table stands
	away  time.Time     // since when Consul cannot be reached; zero: it can
}

// Ready is closed once the first table stands.
func (w *Watcher) Ready() <-chan struct{} {
	w.state.mu.Lock()
	defer w.state.mu.Unlock()
	if w.state.ready == nil {
		w.state.ready = make(chan struct{})
	}
	return w.state.ready
}

// Away tells since when Consul cannot be reached; zero while it can.
func (w *Watcher) Away() time.Time {
	w.state.mu.Lock()
	defer w.state.mu.Unlock()
	return w.state.away
}

// Run watches until ctx ends. It has no other end: whatever Consul does, the routes are kept and the watch goes on.
func (w *Watcher) Run(ctx context.Context) error {
	checks, catalogue := make(chan api.HealthChecks), make(chan map[string][]string)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return listen(ctx, w, w.checks, checks) })
	group.Go(func() error { return listen(ctx, w, w.catalogue, catalogue) })
	group.Go(func() error { return w.follow(ctx, checks, catalogue) })
	_ = group.Wait() // they end with ctx, and with its error only
	return nil
}

// listen sends every answer of a blocking query to out. After an error it tries again, at first soon.
func listen[T any](ctx context.Context, w *Watcher, ask func(context.Context, uint64) (T, uint64, error), out chan<- T) error {
	var index uint64
	retry := minRetry
	for {
		answer, next, err := ask(ctx, index)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		pause := minPause
		if err != nil {
			w.lost(err)
			index = 0                     // whoever answers next may be another server
			pause = retry + rand.N(retry) //nolint:gosec // keeps routers from trying in step
			retry = min(2*retry, maxRetry)
		} else {
			w.found()
			index, retry = next, minRetry
			select {
			case out <- answer:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// lost and found log the edges only: between them, one line is enough.
func (w *Watcher) lost(err error) {
	w.state.mu.Lock()
	defer w.state.mu.Unlock()
	if w.state.away.IsZero() {
		w.state.away = time.Now()
		w.Log.Warn("consul is away; serving on with the routes as they were", "error", err)
	}
}

func (w *Watcher) found() {
	w.state.mu.Lock()
	defer w.state.mu.Unlock()
	if !w.state.away.IsZero() {
		w.Log.Info("consul is back", "away", time.Since(w.state.away).Round(time.Millisecond))
		w.state.away = time.Time{}
	}
}

// view is the newest that is known of Consul, and what was made of it.
type view struct {
	*Watcher
	seed      seed
	health    map[string]health // nil until first heard of
	tags      map[string]uint64
	known     map[string]known
	heard     bool // the catalogue has changed since the last look
	round     []string
	complaint map[string]string // the problems last logged, by service
}

// known is how a service was when it was last asked for.
type known struct {
	sum     uint64
	settled bool // all its instances have the same tags
}

// follow brings Routes up to date with every change heard of.
func (w *Watcher) follow(ctx context.Context, checks <-chan api.HealthChecks, catalogue <-chan map[string][]string) error {
	v := &view{Watcher: w, seed: seed{maphash.MakeSeed()}, known: map[string]known{}, complaint: map[string]string{}}
	ready := sync.OnceFunc(func() { w.Ready(); close(w.state.ready) })
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		var again []string
		select {
		case answer := <-checks:
			v.health = v.seed.healthOf(answer)
		case answer := <-catalogue:
			v.tags, v.heard = v.seed.routed(answer, w.Self), true
		case <-tick.C:
			again = v.nextOfRound()
		case <-w.Routes.Lingered():
			v.set(nil)
			continue
		case <-ctx.Done():
			return ctx.Err()
		}
		if v.health == nil || v.tags == nil {
			continue
		}
		if v.update(ctx, again) {
			ready()
		}
	}
}

// nextOfRound gives the services whose turn it is, so that each has one within refreshIn.
func (v *view) nextOfRound() []string {
	if len(v.round) == 0 {
		for name := range v.known {
			v.round = append(v.round, name)
		}
	}
	n := min(len(v.round), 1+len(v.known)/int(refreshIn/time.Second))
	turn := v.round[:n]
	v.round = v.round[n:]
	return turn
}

// update asks for what changed and swaps the new routes in. It is true when it got all answers; a service without one keeps
// its routes and is asked for again at the next tick.
func (v *view) update(ctx context.Context, again []string) bool {
	changes := map[string]Change{}
	var stale []string
	for name := range v.known {
		_, routed := v.tags[name]
		switch now := v.health[name]; {
		case len(now.passing) == 0:
			changes[name] = Change{registered: now.registered}
			v.forget(name)
		case !routed: // have the tags gone, or those who had them?
			stale = append(stale, name)
		}
	}
	for name, tags := range v.tags {
		now := v.health[name]
		old, ok := v.known[name]
		if len(now.passing) == 0 {
			continue
		}
		if !ok || old.sum != now.sum^tags || (v.heard && !old.settled) || slices.Contains(again, name) {
			stale = append(stale, name)
		}
	}
	v.heard = false
	complete := v.fetch(ctx, stale, changes)
	v.set(changes)
	return complete
}

// forget drops a service that has no routes any more.
func (v *view) forget(name string) {
	delete(v.known, name)
	delete(v.complaint, name)
}

func (v *view) set(changes map[string]Change) {
	for _, err := range v.Routes.Set(changes, time.Now()) {
		v.Log.Warn("a route was not taken up", "error", err)
	}
}

// fetch asks for the stale services, a few at a time, and adds what they are now to changes.
func (v *view) fetch(ctx context.Context, stale []string, changes map[string]Change) (complete bool) {
	var mu sync.Mutex
	complete = true
	group := errgroup.Group{}
	group.SetLimit(fetchers)
	for _, name := range stale {
		group.Go(func() error {
			instances, err := v.instances(ctx, name)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				complete = false
				v.lost(err)
				return nil // it stays stale, so that the next look asks again
			}
			changes[name] = v.learn(name, instances)
			return nil
		})
	}
	_ = group.Wait()
	return complete
}

// learn makes of a service's instances what the routes need, and notes how it was.
func (v *view) learn(name string, instances []Instance) Change {
	now, registered, settled := v.health[name], map[instanceID]bool{}, true
	for _, i := range instances {
		registered[i.id] = true
		settled = settled && sameTags(i.Tags, instances[0].Tags)
	}
	lines := v.lines(name, slices.DeleteFunc(instances, func(i Instance) bool { return !now.passing[i.id] }))
	if tags, routed := v.tags[name]; routed || len(lines) > 0 {
		v.known[name] = known{sum: now.sum ^ tags, settled: settled}
	} else {
		v.forget(name)
	}
	return Change{Lines: lines, registered: registered}
}

// lines reads the tags of all instances. Problems are logged when they are new.
func (v *view) lines(name string, instances []Instance) (lines []Line) {
	var problems []error
	for _, i := range instances {
		of, wrong := i.Lines()
		lines, problems = append(lines, of...), append(problems, wrong...)
	}
	complaint := ""
	if err := errors.Join(problems...); err != nil {
		complaint = err.Error()
	}
	if complaint != "" && complaint != v.complaint[name] {
		v.Log.Warn("a route tag has a problem", "service", name, "error", complaint)
	}
	v.complaint[name] = complaint
	return lines
}

// sameTags compares without order.
func sameTags(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}
