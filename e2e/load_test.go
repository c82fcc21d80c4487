//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// load sends requests at a fixed rate, whether answers come or not, and accounts for every one.
type load struct {
	end  context.CancelFunc
	done chan struct{}

	mu     sync.Mutex
	result result
}

type result struct {
	sent, failed int
	reasons      map[string]int
}

// startLoad sends perSecond requests a second to a path of an app until stop. Anything but 200 is a failure.
func startLoad(t *testing.T, s *stack, app string, perSecond int, path string) *load {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	l := &load{end: cancel, done: make(chan struct{}), result: result{reasons: map[string]int{}}}
	t.Cleanup(cancel)
	go l.run(ctx, perSecond, func() string { return failure(s.ask(context.WithoutCancel(ctx), http.MethodGet, app, path)) })
	return l
}

func failure(status int, body string, err error) string {
	switch {
	case err != nil:
		return err.Error()
	case status != http.StatusOK:
		line, _, _ := strings.Cut(body, "\n")
		return fmt.Sprintf("%d %.80s", status, line)
	}
	return ""
}

func (l *load) run(ctx context.Context, perSecond int, once func() string) {
	defer close(l.done)
	var pending sync.WaitGroup
	defer pending.Wait()
	tick := time.NewTicker(time.Second / time.Duration(perSecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			pending.Go(func() { l.count(once()) })
		}
	}
}

func (l *load) count(reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.result.sent++
	if reason != "" {
		l.result.failed++
		l.result.reasons[reason]++
	}
}

// stop ends the load and returns its account, when the last answer has come.
func (l *load) stop() result {
	l.end()
	<-l.done
	return l.result
}

func TestNoRequestFailsThroughScaleAndDeploy(t *testing.T) {
	app := "steady"
	shared.app(t, app, shared.source(t, webOnly, webTwo))
	load := startLoad(t, shared, app, 200, "/slow?ms=50")
	began := time.Now()
	for _, step := range [][]string{
		{"ps:scale", "web=4", "-a", app},
		{"deploy", shared.source(t, "web: VERSION=two ./probe web\n", ""), "-a", app, "--all"},
		{"ps:scale", "web=1", "-a", app},
		{"config:set", "A=b", "-a", app},
	} {
		shared.run(t, step...)
		settled(t, app)
		time.Sleep(5 * time.Second) // the old dynos drain for a moment after the new ones serve
	}
	got := load.stop()
	t.Logf("%d requests in %s, %d failed", got.sent, time.Since(began).Round(time.Second), got.failed)
	if got.failed > 0 {
		t.Errorf("%d of %d requests failed: %v", got.failed, got.sent, got.reasons)
	}
	if rate := float64(got.sent) / time.Since(began).Seconds(); rate < 100 {
		t.Errorf("only %.0f requests a second were sent: this proves nothing", rate)
	}
}
