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

// ticking is a manifest with a cron that is due every five seconds.
const ticking = `
cron "tick" {
  schedule = ["*/5 * * * * * *"]
  command  = "echo ticked on $DYNO, $VERSION"
}
`

func TestACronRunsUntilADeployWithoutIt(t *testing.T) {
	t.Parallel()
	app := "ticker"
	shared.app(t, app, shared.source(t, webOnly, ticking))
	shared.run(t, "config:set", "VERSION=three", "-a", app)

	eventually(t, time.Minute, "its run in the log, with its name", func() error {
		text := shared.run(t, "logs", "-a", app, "-n", "1500")
		for _, want := range []string{
			"app[tick.1]: ticked on tick.1, three", "heroku[tick.1]: Starting process with command `echo ticked on $DYNO, $VERSION`",
			"heroku[tick.1]: Process exited with status 0", "heroku[tick.1]: State changed from up to complete",
		} {
			if !strings.Contains(text, want) {
				return fmt.Errorf("no %q in\n%s", want, text)
			}
		}
		return nil
	})
	if text := shared.run(t, "logs", "-a", app, "-d", "tick"); strings.Contains(text, "[web.1]") || !strings.Contains(text, "app[tick.1]") {
		t.Errorf("its log alone:\n%s", text)
	}
	if out, err := shared.try("ps:scale", "tick=2", "-a", app); err == nil || !strings.Contains(out, "tick runs by its schedule") {
		t.Errorf("ps:scale of a cron: %v\n%s", err, out)
	}
	if out := shared.run(t, "ps:scale", "-a", app); strings.Contains(out, "tick") {
		t.Errorf("the formation offers the cron:\n%s", out)
	}
	if got := shared.get(t, app, "/"); got != "web.1 one\n" {
		t.Errorf("the app answers %q", got)
	}

	shared.run(t, "deploy", shared.source(t, webOnly, ""), "-a", app, "--all")
	eventually(t, time.Minute, "nothing left of the cron", func() error {
		var left []string
		for _, trace := range shared.operator(t).traces(t, app) {
			if strings.Contains(trace, app+"~") {
				left = append(left, trace)
			}
		}
		if len(left) > 0 {
			return errors.New(strings.Join(left, ", "))
		}
		return nil
	})
}

func TestAManifestsDomainsLeadToTheApp(t *testing.T) {
	t.Parallel()
	app, host := "named", "www.named.example.com"
	shared.app(t, app, shared.source(t, webOnly, `domains = ["`+host+`"]`+"\n"))
	eventually(t, time.Minute, "the route of the manifest's host name", func() error {
		status, body, err := askAt(t.Context(), shared.edge(), http.MethodGet, fmt.Sprintf("%s:%d", host, shared.ports.Router), "/")
		if err != nil || status != http.StatusOK || body != "web.1 one\n" {
			return fmt.Errorf("%d %w %s", status, err, body)
		}
		return nil
	})
	if out := shared.run(t, "domains", "-a", app); !strings.Contains(out, host) {
		t.Errorf("the app's domains are\n%s", out)
	}

	other := "unnamed"
	shared.run(t, "create", other)
	t.Cleanup(func() { _, _ = shared.try("destroy", "-a", other, "--confirm", other) })
	out, err := shared.try("deploy", shared.source(t, webOnly, `domains = ["`+host+`"]`+"\n"), "-a", other, "--all")
	if err == nil || !strings.Contains(out, host+" is taken") || !strings.Contains(out, "dynomad.hcl:1") {
		t.Errorf("a host name that another app has: %v\n%s", err, out)
	}

	out = shared.run(t, "deploy", shared.source(t, webOnly, ""), "-a", app, "--all")
	if !strings.Contains(out, "domains:remove "+host) {
		t.Errorf("nothing is said of the host name that the manifest has no more:\n%s", out)
	}
}
