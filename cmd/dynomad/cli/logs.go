package cli

import (
	"context"
	"net/http"
	"regexp"
	"time"

	heroku "github.com/heroku/heroku-go/v6"

	"github.com/dynomad/dynomad"
)

// LogsCmd shows the merged log of an app's dynos, its requests and the platform's own lines.
type LogsCmd struct {
	AppFlag
	Tail   bool   `short:"t" help:"Go on with what comes, until Ctrl-C."`
	Num    int    `short:"n" default:"100" help:"How many lines of history, at most 1500."`
	Source string `short:"s" enum:",app,heroku" default:"" help:"Only lines of the dynos (app) or of the platform (heroku)."`
	Dyno   string `short:"d" help:"Only this process type or dyno: web, web.1, router, api."`
}

// Run is `dynomad logs`.
func (c *LogsCmd) Run(ctx context.Context, ui *UI, api *Client, here Here) error {
	name, err := c.in(here.Dir)
	if err != nil {
		return err
	}
	if c.Num < 1 || c.Num > 1500 {
		return dynomad.Errorf(dynomad.KindInvalid, "%d is not a number of lines from 1 to 1500", c.Num)
	}
	tail := &tail{api: api, ui: ui, app: name, request: logRequest{Dyno: c.Dyno, Source: c.Source, Lines: c.Num, Tail: c.Tail}}
	return tail.run(ctx)
}

// tail reads one log session after the other, without a gap or a line twice.
type tail struct {
	api     *Client
	ui      *UI
	app     string
	request logRequest

	url   string        // of the session that is open
	last  string        // the id of the last line that was printed
	retry time.Duration // how long to wait before going on
	told  bool          // that the connection was lost
}

// run prints lines until the history is told or, for a tail, until ctx ends. A tail outlives restarts of the control
// plane; what cannot be read from the start is an error.
func (t *tail) run(ctx context.Context) error {
	if err := t.open(ctx); err != nil {
		return err
	}
	lastHeard := time.Now()
	for {
		err := t.read(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil && !t.request.Tail:
			return nil
		case err == nil:
			lastHeard = time.Now()
		case dynomad.KindOf(err) == dynomad.KindNotFound, dynomad.KindOf(err) == dynomad.KindForbidden:
			// The session's time is over: a new one goes on after the last line. If the app is gone, this says so.
			if err := t.open(ctx); err != nil && dynomad.KindOf(err) != dynomad.KindUnavailable {
				return err
			}
		case dynomad.KindOf(err) != dynomad.KindUnavailable, !t.request.Tail && time.Since(lastHeard) > patience:
			return err
		case !t.told:
			t.told = true
			t.ui.Warn("the log cannot be read now; it goes on where it stopped when the control plane is back")
		}
		if !sleep(ctx, max(t.retry, pause)) {
			return ctx.Err()
		}
	}
}

// open asks for a session.
func (t *tail) open(ctx context.Context) error {
	var session heroku.LogSession
	if err := t.api.post(ctx, at("apps", t.app, "log-sessions"), t.request, &session); err != nil {
		return err
	}
	t.url = session.LogplexURL
	return nil
}

// read prints a session's lines until the connection ends.
func (t *tail) read(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.url, nil) // a capability: it needs no token
	if err != nil {
		return dynomad.Errorf(dynomad.KindInternal, "the address of the log cannot be read: %w", err)
	}
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("User-Agent", t.api.agent)
	if t.last != "" {
		req.Header.Set("Last-Event-ID", t.last)
	}
	resp, err := t.api.http.Do(req)
	if err != nil {
		return t.api.unreachable(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return refused(resp)
	}
	t.told = false
	for event, err := range events(resp.Body) {
		if err != nil {
			return t.api.unreachable(ctx, err)
		}
		if event.retry > 0 {
			t.retry = event.retry
		}
		if event.id != "" {
			t.last = event.id
		}
		for _, line := range event.data {
			if err := t.print(line); err != nil {
				return err
			}
		}
	}
	return nil
}

// logLine is a line's time, source, process and text.
var logLine = regexp.MustCompile(`(?s)^(\S+) ([a-z]+)\[([^\]]*)\]: (.*)$`)

func (t *tail) print(line string) error {
	if !t.ui.JSON() {
		t.ui.Log(line)
		return nil
	}
	m := logLine.FindStringSubmatch(line)
	if m == nil {
		return t.ui.Object(map[string]string{"text": line})
	}
	return t.ui.Object(struct {
		Time   string `json:"time"`
		Source string `json:"source"`
		Ps     string `json:"ps"`
		Text   string `json:"text"`
	}{m[1], m[2], m[3], m[4]})
}
