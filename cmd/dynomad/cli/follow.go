package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/dynomad/dynomad"
)

// patience bounds how long following survives a control plane that is away: it may be restarting.
const patience = time.Minute

// pause is how long to wait before trying again, glance before looking whether something has ended that has no more to say.
const (
	pause  = time.Second
	glance = 200 * time.Millisecond
)

// follow prints the output of a build or a release until look says that it has ended. look tells the state from the
// API: ended or not, and the URL of its output. Where the connection breaks it goes on after what was printed.
func follow(ctx context.Context, ui *UI, api *Client, look func() (ended bool, stream string, err error)) error {
	printed := &lines{ui: ui}
	lastHeard := time.Now()
	for {
		ended, stream, err := look()
		if err == nil && stream != "" {
			err = api.copyFrom(ctx, stream, printed)
		}
		wait := glance
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil && ended:
			printed.flush()
			return nil
		case err == nil:
			lastHeard = time.Now()
		case dynomad.KindOf(err) != dynomad.KindUnavailable, time.Since(lastHeard) > patience:
			return err
		default:
			wait = pause
		}
		if !sleep(ctx, wait) {
			return ctx.Err()
		}
	}
}

// copyFrom prints what a stream holds beyond what was printed before.
func (c *Client) copyFrom(ctx context.Context, stream string, printed *lines) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, stream, nil) // a capability: it needs no token
	if err != nil {
		return fmt.Errorf("read the output: %w", err)
	}
	req.Header.Set("User-Agent", c.agent)
	resp, err := c.http.Do(req)
	if err != nil {
		return c.unreachable(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return refused(resp)
	}
	in := bufio.NewReader(resp.Body)
	if _, err := io.CopyN(io.Discard, in, printed.bytes); err != nil {
		return c.broken(ctx, err)
	}
	if _, err := io.Copy(printed, in); err != nil {
		return c.broken(ctx, err)
	}
	return nil
}

func (c *Client) broken(ctx context.Context, err error) error {
	if errors.Is(err, io.EOF) {
		return nil // shorter than before: what is there was printed
	}
	return c.unreachable(ctx, err)
}

// lines prints what is written to it, a line at a time, and counts its bytes.
type lines struct {
	ui      *UI
	bytes   int64
	partial []byte
}

func (l *lines) Write(text []byte) (int, error) {
	l.bytes += int64(len(text))
	for _, b := range text {
		if b != '\n' {
			l.partial = append(l.partial, b)
			continue
		}
		l.ui.Note("%s", l.partial)
		l.partial = l.partial[:0]
	}
	return len(text), nil
}

// flush prints a last line that has no end.
func (l *lines) flush() {
	if len(l.partial) > 0 {
		l.ui.Note("%s", l.partial)
	}
	l.partial = nil
}

// sleep pauses; false says that ctx has ended.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
