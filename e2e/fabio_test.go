//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Stock Fabio in front, from the same tags: a team that runs it already needs no other edge for apps that serve.
func TestStockFabioRoutesFromTheSameTags(t *testing.T) {
	t.Parallel()
	app := "fabulous"
	shared.app(t, app, shared.source(t, webOnly, webTwo))
	shared.run(t, "domains:add", "www.fabulous.test", "-a", app)

	port := portBase + 990
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	c := shared.cluster(t) // stock Fabio asks its agent who it is, which our own edge need not
	ctx, cancel := context.WithCancel(t.Context())
	fabio := exec.CommandContext(ctx, shared.fabio(t),
		"-registry.consul.addr", strings.TrimPrefix(c.ConsulAddr(), "http://"), "-registry.consul.token", c.Tokens.ConsulServer,
		"-registry.consul.register.enabled=false", "-proxy.addr", addr, "-ui.addr", fmt.Sprintf("127.0.0.1:%d", port+1))
	var out strings.Builder
	fabio.Stdout, fabio.Stderr = &out, &out
	if err := fabio.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = fabio.Wait()
		if t.Failed() {
			t.Log(out.String())
		}
	})

	// Browsers send the port of a host unless it is 80: the tags carry the edge's, as for stock Fabio on the edge's port.
	for _, host := range []string{
		app + ".localhost", fmt.Sprintf("%s.localhost:%d", app, shared.ports.Router),
		"www.fabulous.test", fmt.Sprintf("www.fabulous.test:%d", shared.ports.Router),
	} {
		eventually(t, time.Minute, "both dynos behind "+host, func() error {
			seen := map[string]bool{}
			for range 20 {
				status, body, err := askAt(t.Context(), addr, http.MethodGet, host, "/")
				if err != nil || status != http.StatusOK {
					return fmt.Errorf("%d %w %s", status, err, body)
				}
				seen[body] = true
			}
			if len(seen) != 2 {
				return fmt.Errorf("answers come from %v", seen)
			}
			return nil
		})
	}
	// Our own edge has the domain, too.
	eventually(t, time.Minute, "the domain at our edge", func() error {
		if status, _, err := askAt(t.Context(), shared.edge(), http.MethodGet, "WWW.Fabulous.test", "/"); err != nil || status != http.StatusOK {
			return errors.Join(err, fmt.Errorf("%d", status))
		}
		return nil
	})
}

// fabio is the path of the stock program, built from its pinned module where it is not installed.
func (s *stack) fabio(t *testing.T) string {
	t.Helper()
	out, err := s.command(t.Context(), "dev", "tools", "fabio").Output()
	if err != nil {
		t.Fatalf("dev tools fabio: %v", err)
	}
	return strings.TrimSpace(string(out))
}
