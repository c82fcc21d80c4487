package platform

import (
	"context"
	"sync"

	"github.com/dynomad/dynomad"
)

// turns lets one at a time deal with an app's job. Between servers Nomad's check-index decides who was first; within one
// server waiting one's turn is cheaper than losing and starting over. The zero value is ready.
type turns struct {
	mu    sync.Mutex
	taken map[dynomad.AppID]chan struct{} // closed when the turn is over
}

// take waits for the app's turn. Whoever gets it calls the function when done.
func (t *turns) take(ctx context.Context, app dynomad.AppID) (func(), error) {
	for {
		over, busy := t.try(app)
		if over != nil {
			return over, nil
		}
		select {
		case <-busy:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// try gets the turn, or what is closed when the one who has it is done.
func (t *turns) try(app dynomad.AppID) (over func(), busy <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ch, ok := t.taken[app]; ok {
		return nil, ch
	}
	if t.taken == nil {
		t.taken = map[dynomad.AppID]chan struct{}{}
	}
	mine := make(chan struct{})
	t.taken[app] = mine
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.taken, app)
		close(mine)
	}, nil
}
