//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestFailedDeployLeavesThePreviousReleaseServing(t *testing.T) {
	t.Parallel()
	app := "fails"
	shared.app(t, app, shared.source(t, webOnly, webTwo))

	load := startLoad(t, shared, app, 50, "/")
	out, err := shared.try("deploy", shared.source(t, "web: echo cannot start >&2; exit 3\n", ""), "-a", app, "--all")
	if err == nil {
		t.Errorf("the deploy of a release that crashes succeeded:\n%s", out)
	}
	if !strings.Contains(out, "exit") || !strings.Contains(out, "status 3") {
		t.Errorf("the deploy does not say why it failed:\n%s", out)
	}
	if result := load.stop(); result.failed > 0 {
		t.Errorf("%d of %d requests failed: %v", result.failed, result.sent, result.reasons)
	}
	if got := shared.get(t, app, "/"); !strings.HasSuffix(got, " one\n") {
		t.Errorf("the app answers %q", got)
	}
	eventually(t, time.Minute, "release v2 current, v3 failed", func() error {
		var releases []struct {
			Version int
			Status  string
			Current bool
		}
		shared.query(t, &releases, "releases", "-a", app)
		for _, r := range releases {
			if r.Version == 2 && !r.Current || r.Version == 3 && (r.Status != "failed" || r.Current) {
				return fmt.Errorf("%+v", releases)
			}
		}
		return nil
	})
	// The failed release leaves nothing that the sweep and Nomad would fight about.
	before := ids(shared.operator(t).running(t, app))
	time.Sleep(5 * time.Second)
	if after := ids(shared.operator(t).running(t, app)); fmt.Sprint(before) != fmt.Sprint(after) || len(after) != 2 {
		t.Errorf("dynos were %v, are %v", before, after)
	}
}

func TestFirstDeployThatFailsEndsStopped(t *testing.T) {
	t.Parallel()
	app := "stillborn"
	shared.run(t, "create", app)
	t.Cleanup(func() { _, _ = shared.try("destroy", "-a", app, "--confirm", app) })
	out, err := shared.try("deploy", shared.source(t, "web: sleep 1000\n", ""), "-a", app, "--all")
	if err == nil || !strings.Contains(out, "$PORT") {
		t.Errorf("a web dyno that never listens: %v\n%s", err, out)
	}
	eventually(t, time.Minute, "nothing running", func() error {
		if n := len(shared.operator(t).running(t, app)); n > 0 {
			return fmt.Errorf("%d dynos run", n)
		}
		return nil
	})
	shared.run(t, "deploy", shared.source(t, webOnly, ""), "-a", app, "--all")
	if got := shared.get(t, app, "/"); got != "web.1 one\n" {
		t.Errorf("after a good deploy the app answers %q", got)
	}
}

func TestRollbackBringsBackSlugAndConfig(t *testing.T) {
	t.Parallel()
	app := "backward"
	shared.app(t, app, shared.source(t, "web: ./probe web\n", "")) // v2
	shared.run(t, "config:set", "VERSION=three", "-a", app)        // v3
	settled(t, app)                                                // a release that never came to run is none to go back to
	shared.run(t, "config:set", "VERSION=four", "-a", app)         // v4
	settled(t, app)
	eventually(t, time.Minute, "the values of v4", func() error { return answers(t, app, "web.1 four\n") })

	out := shared.run(t, "rollback", "v3", "-a", app)
	if !strings.Contains(out, "v5") {
		t.Errorf("rollback says\n%s", out)
	}
	eventually(t, time.Minute, "the values of v3", func() error { return answers(t, app, "web.1 three\n") })
	if config := shared.run(t, "config", "-a", app); !strings.Contains(config, "three") {
		t.Errorf("config after the rollback:\n%s", config)
	}
	if out, err := shared.try("rollback", "v99", "-a", app); err == nil {
		t.Errorf("a rollback to a release that never was: %s", out)
	}
}

func answers(t *testing.T, app, want string) error {
	t.Helper()
	if got := shared.get(t, app, "/"); got != want {
		return errors.New(got)
	}
	return nil
}

// settled waits until no release of the app is pending.
func settled(t *testing.T, app string) {
	t.Helper()
	eventually(t, 2*time.Minute, "releases settled", func() error {
		var releases []struct {
			Version int
			Status  string
		}
		shared.query(t, &releases, "releases", "-a", app)
		for _, r := range releases {
			if r.Status == "pending" {
				return fmt.Errorf("v%d is pending", r.Version)
			}
		}
		return nil
	})
}

func TestBadSourcesAreRefusedWithWords(t *testing.T) {
	t.Parallel()
	app := "refused"
	shared.run(t, "create", app)
	t.Cleanup(func() { _, _ = shared.try("destroy", "-a", app, "--confirm", app) })
	for name, tt := range map[string]struct{ procfile, manifest, want string }{
		"no process":      {"# nothing\n", "", "Procfile"},
		"no colon":        {"web ./probe\n", "", "Procfile:1"},
		"unknown setting": {webOnly, "process \"web\" {\n  quantty = 2\n}\n", "quantity"},
		"bad manifest":    {webOnly, "process web\n", "dynomad.hcl:1"},
	} {
		out, err := shared.try("deploy", shared.source(t, tt.procfile, tt.manifest), "-a", app, "--all")
		if err == nil || !strings.Contains(out, tt.want) {
			t.Errorf("%s: %v, want %q in\n%s", name, err, tt.want, out)
		}
	}
}
