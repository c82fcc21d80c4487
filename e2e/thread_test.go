//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The Procfile and manifest that most tests deploy.
const (
	webOnly = "web: VERSION=one ./probe web\n"
	webTwo  = "process \"web\" {\n  quantity = 2\n}\n"
)

func TestDeployPutsDynosOnBothClientsAndServes(t *testing.T) {
	t.Parallel()
	app := "thread"
	shared.app(t, app, shared.source(t, "web: VERSION=one ./probe web\nworker: ./probe worker\n", webTwo))

	if n := nodes(shared.operator(t).running(t, app)); len(n) != 2 {
		t.Errorf("two web dynos stand on %v, want both clients", n)
	}
	seen := map[string]bool{}
	for range 40 {
		seen[strings.TrimSpace(shared.get(t, app, "/"))] = true
	}
	if !seen["web.1 one"] || !seen["web.2 one"] || len(seen) != 2 {
		t.Errorf("40 requests were answered by %v, want web.1 and web.2", seen)
	}

	shared.run(t, "ps:scale", "web=1", "worker=2", "-a", app)
	eventually(t, time.Minute, "two workers and one web dyno", func() error {
		var dynos []struct{ Name, State string }
		shared.query(t, &dynos, "ps", "-a", app)
		up := map[string]bool{}
		for _, d := range dynos {
			if d.State == "up" {
				up[d.Name] = true
			}
		}
		if len(dynos) != 3 || !up["web.1"] || !up["worker.1"] || !up["worker.2"] {
			return fmt.Errorf("dynos are %v", dynos)
		}
		return nil
	})
}

func TestRestartStartsProcessesAnew(t *testing.T) {
	t.Parallel()
	app := "again"
	shared.app(t, app, shared.source(t, webOnly, webTwo))
	shared.run(t, "ps:restart", "web.1", "-a", app)
	eventually(t, time.Minute, "web.1 started twice, web.2 once, nothing lost", func() error {
		text := shared.run(t, "logs", "-a", app, "-n", "1500")
		first, second := strings.Count(text, "heroku[web.1]: Starting process"), strings.Count(text, "heroku[web.2]: Starting process")
		if first != 2 || second != 1 || !strings.Contains(text, "app[api]: Restart web.1 by") {
			return fmt.Errorf("%d and %d starts in\n%s", first, second, text)
		}
		return answersFrom(t, app, "web.1 one\n", "web.2 one\n")
	})
}

// answersFrom asks until every one of these answers has been seen.
func answersFrom(t *testing.T, app string, want ...string) error {
	t.Helper()
	seen := map[string]bool{}
	for range 30 {
		seen[shared.get(t, app, "/")] = true
	}
	for _, answer := range want {
		if !seen[answer] {
			return fmt.Errorf("answers are %v", seen)
		}
	}
	return nil
}

func TestLogMergesAppRouterAndPlatform(t *testing.T) {
	t.Parallel()
	app := "merged"
	shared.app(t, app, shared.source(t, webOnly, ""))
	shared.get(t, app, "/print?line=marked+line")

	eventually(t, time.Minute, "one log with every source", func() error {
		text := shared.run(t, "logs", "-a", app, "-n", "1500")
		for _, want := range []string{
			"app[web.1]: marked line",
			`heroku[router]: at=info method=GET path="/print?line=marked+line" host=merged.localhost`, "dyno=web.1", "status=200",
			"app[api]: Release v2 created by", "heroku[web.1]: Starting process with command `VERSION=one ./probe web`",
			"heroku[web.1]: State changed from starting to up",
		} {
			if n := strings.Count(text, want); n == 0 {
				return fmt.Errorf("no %q in\n%s", want, text)
			}
		}
		if n := strings.Count(text, "app[web.1]: marked line"); n != 1 {
			return fmt.Errorf("the marked line stands there %d times", n)
		}
		return nil
	})
	if text := shared.run(t, "logs", "-a", app, "-s", "heroku", "-d", "router"); strings.Contains(text, "app[") || !strings.Contains(text, "heroku[router]") {
		t.Errorf("filtered by source and dyno:\n%s", text)
	}
}

func TestTwoAppsSideBySide(t *testing.T) {
	t.Parallel()
	for _, app := range []string{"left", "right"} {
		shared.app(t, app, shared.source(t, "web: VERSION="+app+" ./probe web\n", ""))
	}
	for _, app := range []string{"left", "right"} {
		if got := shared.get(t, app, "/"); got != "web.1 "+app+"\n" {
			t.Errorf("%s answers %q", app, got)
		}
		if log := shared.run(t, "logs", "-a", app); strings.Contains(log, "VERSION="+map[string]string{"left": "right", "right": "left"}[app]) {
			t.Errorf("the log of %s has lines of the other:\n%s", app, log)
		}
	}
}

func TestConfigChangeReachesDynosAndNothingElse(t *testing.T) {
	t.Parallel()
	app := "configured"
	shared.app(t, app, shared.source(t, "web: ./probe web\n", ""))
	secret := "s3cret-needle-" + fmt.Sprint(time.Now().UnixNano())
	shared.run(t, "config:set", "SECRET="+secret, "VERSION=two", "QUOTED=a 'b' \"c\" $d `e` ${f} %{g}\nsecond", "-a", app)
	eventually(t, time.Minute, "the new value in the dyno", func() error {
		return answers(t, app, "web.1 two\n")
	})
	if got := shared.get(t, app, "/env?name=SECRET"); got != secret {
		t.Errorf("the dyno sees %q, want %q", got, secret)
	}
	if got, want := shared.get(t, app, "/env?name=QUOTED"), "a 'b' \"c\" $d `e` ${f} %{g}\nsecond"; got != want {
		t.Errorf("the dyno sees %q, want %q", got, want)
	}
	for _, found := range shared.grep(t, app, secret) {
		t.Errorf("the config value stands in %s", found)
	}
	if out, err := shared.try("config:set", "PORT=1", "-a", app); err == nil || !strings.Contains(out, "reserved") {
		t.Errorf("PORT was accepted: %s", out)
	}
	shared.run(t, "config:unset", "VERSION", "-a", app)
	eventually(t, time.Minute, "the value gone", func() error {
		return answers(t, app, "web.1 \n")
	})
}

func TestCrashIsToldAndMended(t *testing.T) {
	t.Parallel()
	app := "crashing"
	shared.app(t, app, shared.source(t, webOnly, ""))
	_, _, _ = shared.ask(t.Context(), http.MethodPost, app, "/exit?code=7")
	eventually(t, time.Minute, "the crash in the log", func() error {
		text := shared.run(t, "logs", "-a", app)
		if !strings.Contains(text, "heroku[web.1]: Process exited with status 7") {
			return errors.New(text)
		}
		return nil
	})
	back := func() error {
		status, body, err := shared.ask(t.Context(), http.MethodGet, app, "/")
		if err != nil || status != http.StatusOK {
			return fmt.Errorf("%d %s %w", status, body, err)
		}
		return nil
	}
	eventually(t, time.Minute, "the dyno back at once", back)

	// A second crash soon after the first is followed by a pause, in which the page tells what happened.
	_, _, _ = shared.ask(t.Context(), http.MethodPost, app, "/exit?code=7")
	eventually(t, time.Minute, "the page of a crashed app", func() error {
		status, body, err := shared.ask(t.Context(), http.MethodGet, app, "/")
		if err != nil || status != http.StatusServiceUnavailable || !strings.Contains(body, "crashed") {
			return fmt.Errorf("%d %w %s", status, err, body)
		}
		return nil
	})
	eventually(t, 2*time.Minute, "the dyno back after the pause", back)
}

func TestPagesOfAppsThatDoNotServe(t *testing.T) {
	t.Parallel()
	status, body, err := shared.ask(t.Context(), http.MethodGet, "nobody-has-this", "/")
	if err != nil || status != http.StatusNotFound || !strings.Contains(body, "o app at this address") {
		t.Errorf("unknown app: %d %v\n%s", status, err, body)
	}
	app := "quiet-one"
	shared.run(t, "create", app)
	t.Cleanup(func() { _, _ = shared.try("destroy", "-a", app, "--confirm", app) })
	if _, body, err := shared.ask(t.Context(), http.MethodGet, app, "/"); err != nil || !strings.Contains(body, "deploy") {
		t.Errorf("empty app: %v\n%s", err, body)
	}
	shared.run(t, "deploy", shared.source(t, webOnly, ""), "-a", app, "--all")
	shared.run(t, "ps:scale", "web=0", "-a", app)
	eventually(t, time.Minute, "the page of an app without web dynos", func() error {
		status, body, err := shared.ask(t.Context(), http.MethodGet, app, "/")
		if err != nil || status != http.StatusServiceUnavailable || !strings.Contains(body, "ps:scale") {
			return fmt.Errorf("%d %w %s", status, err, body)
		}
		return nil
	})
}

func TestDestroyLeavesNothing(t *testing.T) {
	t.Parallel()
	app := "doomed"
	shared.app(t, app, shared.source(t, webOnly, ""))
	shared.run(t, "config:set", "A=b", "-a", app)
	shared.run(t, "destroy", "-a", app, "--confirm", app)
	eventually(t, time.Minute, "Nomad and Consul without a trace", func() error {
		if left := shared.operator(t).traces(t, app); len(left) > 0 {
			return errors.New(strings.Join(left, ", "))
		}
		return nil
	})
	eventually(t, time.Minute, "the store and the logs without a trace", func() error {
		if left := shared.rows(t, app); len(left) > 0 {
			return errors.New(strings.Join(left, ", "))
		}
		return nil
	})
	if out, err := shared.try("info", "-a", app); err == nil {
		t.Errorf("the app is still there: %s", out)
	}
}
