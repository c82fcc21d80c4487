package agent

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/dynomad/dynomad/logplex/frame"
)

const (
	// requestTime bounds one attempt.
	requestTime = 30 * time.Second
	// firstDelay is the pause after a failed attempt; it doubles up to lastDelay, and a random half of it is left out.
	firstDelay = 100 * time.Millisecond
	lastDelay  = 5 * time.Second
	// maxAnswer bounds what is read of an answer.
	maxAnswer = 256 << 10
)

// newClient makes a client of one connection that follows nobody elsewhere: the environment's proxies are not meant for it.
func newClient() *http.Client {
	return &http.Client{
		Timeout:       requestTime,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 1, DisableCompression: true, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// send posts the batch until it is acknowledged; only ctx ends it otherwise. A failure is told when it begins and when it is
// over.
func (a *Agent) send(ctx context.Context) error {
	failing := time.Time{}
	for delay := firstDelay; ; delay = min(2*delay, lastDelay) {
		err := a.post(ctx)
		if err == nil {
			if !failing.IsZero() {
				a.log.Info("logplex takes lines again", "after", a.now().Sub(failing).Round(time.Millisecond))
			}
			return nil
		}
		if failing.IsZero() {
			failing = a.now()
			a.log.Warn("logplex does not take lines; trying again until it does", "error", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(delay/2 + rand.N(delay/2)): //nolint:gosec // spreading retries takes no secret randomness
		}
	}
}

// post sends the batch once and checks that all of it was acknowledged.
func (a *Agent) post(ctx context.Context) error {
	token, err := os.ReadFile(a.config.Token)
	if err != nil {
		return fmt.Errorf("reading the identity token: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.config.Logplex+"/logplex/chunks", bytes.NewReader(a.batch.body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	request.Header.Set("Content-Type", frame.ContentType)
	response, err := a.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("logplex answered %s: %.200s", response.Status, answer)
	}
	return a.acknowledged(answer)
}

// acknowledged checks that the answer covers the whole batch.
func (a *Agent) acknowledged(answer []byte) error {
	acks, err := frame.ParseAcks(answer)
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	stored := map[frame.Source]frame.Position{}
	for _, ack := range acks {
		stored[ack.Source] = ack.Position
	}
	for s, end := range a.batch.ends {
		at, ok := stored[frame.Source{Alloc: a.config.Alloc, Task: s.task, Stream: s.stream}]
		if !ok || at.Compare(end) < 0 {
			return fmt.Errorf("logplex stored %s.%s up to %v, not %v", s.task, s.stream, at, end)
		}
	}
	return nil
}
