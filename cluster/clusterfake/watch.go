package clusterfake

import (
	"context"
	"maps"
	"slices"
)

// watcher gathers what changed since its reader last looked. A job that changed twice is told once.
type watcher struct {
	pending map[string]bool
	wake    chan struct{} // holds one element while there is something to read
	broken  bool
}

// changed tells every watcher about a job. Whoever calls it holds the lock.
func (c *Cluster) changed(jobID string) {
	for w := range c.watchers {
		w.pending[jobID] = true
		w.rouse()
	}
}

func (w *watcher) rouse() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *watcher) breakOff() {
	w.broken = true
	w.rouse()
}

// Watch tells which jobs change. It starts with "", since what happened before it is not told.
func (c *Cluster) Watch(ctx context.Context, changed func(jobID string)) error {
	w := &watcher{pending: map[string]bool{"": true}, wake: make(chan struct{}, 1)}
	w.rouse()
	c.mu.Lock()
	err := c.enter(ctx, "Watch")
	if err == nil {
		c.watchers[w] = struct{}{}
	}
	c.mu.Unlock()
	if err != nil {
		return err
	}
	defer c.forget(w)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.wake:
		}
		ids, broken := c.take(w)
		if broken {
			return unavailable()
		}
		for _, id := range ids {
			changed(id)
		}
	}
}

func (c *Cluster) take(w *watcher) (ids []string, broken bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ids = slices.Sorted(maps.Keys(w.pending))
	clear(w.pending)
	return ids, w.broken
}

func (c *Cluster) forget(w *watcher) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.watchers, w)
}
