package reconcile

import (
	"context"
	"time"
)

// bell wakes one waiting loop. Rings while nobody waits are kept, but only one.
type bell struct{ rung chan struct{} }

func newBell() *bell { return &bell{rung: make(chan struct{}, 1)} }

func (b *bell) ring() {
	select {
	case b.rung <- struct{}{}:
	default: // one is kept already
	}
}

// wait ends after the pause, at a ring, or with ctx, when it is false. A nil bell never rings.
func (b *bell) wait(ctx context.Context, pause time.Duration) bool {
	var rung chan struct{}
	if b != nil {
		rung = b.rung
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
	case <-rung:
	}
	return true
}
