package main

import (
	"context"
	"io"
	"time"
)

// work pretends to take jobs from a queue, one every pause, until ctx ends.
func work(ctx context.Context, pause time.Duration, out io.Writer) error {
	say(out, "waiting for work")
	for job := 1; ; job++ {
		if !sleep(ctx, pause) {
			say(out, "told to stop between two jobs")
			return nil
		}
		say(out, "job=%d done", job)
	}
}

// tick says once every pause that time goes by, until ctx ends. There should be only one clock at a time.
func tick(ctx context.Context, pause time.Duration, out io.Writer) error {
	for n := 1; ; n++ {
		say(out, "tick %d", n)
		if !sleep(ctx, pause) {
			say(out, "told to stop")
			return nil
		}
	}
}

// sleep pauses, and says whether there is reason to go on.
func sleep(ctx context.Context, pause time.Duration) bool {
	select {
	case <-time.After(pause):
		return true
	case <-ctx.Done():
		return false
	}
}
