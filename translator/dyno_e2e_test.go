//go:build e2e

package translator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	consul "github.com/hashicorp/consul/api"
	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

// TestDynoKnowsItself: two web dynos read their names, ports and home, and Consul tells the router the same of them.
func TestDynoKnowsItself(t *testing.T) {
	client := nomad(t)
	registry, err := consul.NewClient(consul.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	eachDriver(t, func(t *testing.T, to translator.Target) {
		command := `touch here && [ "$PWD" = "$HOME" ] && echo "$DYNO $PORT"; exec sleep 600`
		id := run(t, client, dynomad.Blueprint{
			Release:   dynomad.Release{Version: 1},
			Processes: []dynomad.Process{{Type: dynomad.Web, Command: command, Settings: small()}},
			Formation: dynomad.Formation{{Type: dynomad.Web, Quantity: 2}},
		}, to)
		app, _ := translator.AppOf(id)
		ports := map[string]int{}
		for i, alloc := range started(t, client, id, 2) {
			full, _, err := client.Allocations().Info(alloc.ID, nil)
			if err != nil {
				t.Fatal(err)
			}
			ports[fmt.Sprint(i)] = full.AllocatedResources.Shared.Ports[0].Value
			output(t, client, alloc, fmt.Sprintf("web.%d %d", i+1, ports[fmt.Sprint(i)]))
			if _, kind, index, ok := translator.DynoOf(alloc.Name); !ok || kind != dynomad.Web || index != i+1 {
				t.Errorf("the allocation %q is read as %s.%d", alloc.Name, kind, index)
			}
		}
		var services []*consul.CatalogService
		until(t, "both dynos are in Consul", func() bool {
			services, _, err = registry.Catalog().Service(translator.Service(app, dynomad.Web), "", nil)
			return err == nil && len(services) == 2
		})
		for _, s := range services {
			index := s.ServiceMeta[translator.ServiceIndex]
			want := map[string]string{"app": id, "type": "web", "index": index, "release": "v1", "external-source": "nomad"}
			if diff := cmp.Diff(want, s.ServiceMeta); diff != "" || ports[index] != s.ServicePort {
				t.Errorf("Consul has %s at port %d, Nomad at %d (-want +got):\n%s", index, s.ServicePort, ports[index], diff)
			}
			wantTags := []string{"urlprefix-" + id + ".localhost/", "urlprefix-" + id + ".localhost:8080/"}
			if diff := cmp.Diff(wantTags, s.ServiceTags); diff != "" {
				t.Errorf("the tags (-want +got):\n%s", diff)
			}
		}
	})
}

// TestDynoIsToldToEnd: whatever runs in a dyno gets the signal and may say a last word; what handles no signal ends at once
// and not by being killed half a minute later.
func TestDynoIsToldToEnd(t *testing.T) {
	client := nomad(t)
	const polite = `sh -c 'trap "echo bye; exit 0" %s; echo up; while :; do sleep 0.1; done'`
	for _, c := range []struct{ name, command, signal, want string }{
		{"a program without a handler", `echo up; sleep 600`, "SIGTERM", "up"},
		{"a pipe", `echo up; sleep 600 | cat`, "SIGTERM", "up"},
		{"a program with a handler", "exec " + fmt.Sprintf(polite, "TERM"), "SIGTERM", "up\nbye"},
		{"a program under a script", fmt.Sprintf(polite, "TERM") + "; echo after", "SIGTERM", "up\nbye"},
		{"a program that takes its time under a script", strings.Replace(fmt.Sprintf(polite, "TERM"), "echo bye", "sleep 2; echo bye", 1) + "; true", "SIGTERM", "up\nbye"},
		{"another signal", fmt.Sprintf(polite, "USR1"), "SIGUSR1", "up\nbye"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			eachDriver(t, func(t *testing.T, to translator.Target) {
				s := small()
				s.KillSignal = new(c.signal)
				id := run(t, client, dynomad.Blueprint{
					Release:   dynomad.Release{Version: 1},
					Processes: []dynomad.Process{{Type: "worker", Command: c.command, Settings: s}},
					Formation: dynomad.Formation{{Type: "worker", Quantity: 1}},
				}, to)
				alloc := started(t, client, id, 1)[0]
				output(t, client, alloc, "up")
				asked := time.Now()
				if _, _, err := client.Jobs().Deregister(id, false, nil); err != nil {
					t.Fatal(err)
				}
				until(t, "the dyno has ended", func() bool { return allocations(t, client, id)[0].ClientStatus == api.AllocClientStatusComplete })
				if took := time.Since(asked); took > 25*time.Second {
					t.Errorf("it ended after %v, so it was killed", took)
				}
				output(t, client, alloc, c.want)
			})
		})
	}
}

// TestDynoExits: the status with which a command ends is the dyno's.
func TestDynoExits(t *testing.T) {
	client := nomad(t)
	eachDriver(t, func(t *testing.T, to translator.Target) {
		commands := map[string]string{"0": "true", "3": "exit 3", "127": "./absent", "137": "kill -9 $$"}
		bp := dynomad.Blueprint{Release: dynomad.Release{Version: 1}}
		for status, command := range commands {
			name := dynomad.ProcessType("exits-" + status)
			bp.Processes = append(bp.Processes, dynomad.Process{Type: name, Command: command, Settings: small()})
			bp.Formation = append(bp.Formation, dynomad.FormationEntry{Type: name, Quantity: 1})
		}
		id := run(t, client, bp, to)
		for _, alloc := range started(t, client, id, len(commands)) {
			status := ""
			until(t, alloc.Name+" has ended once", func() bool { status = exitOf(t, client, alloc); return status != "" })
			if "exits-"+status != alloc.TaskGroup {
				t.Errorf("%s ended with %s", alloc.TaskGroup, status)
			}
		}
	})
}

func exitOf(t *testing.T, client *api.Client, alloc *api.AllocationListStub) string {
	t.Helper()
	full, _, err := client.Allocations().Info(alloc.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	main := full.TaskStates[translator.Task(1)]
	if main == nil {
		return ""
	}
	for _, e := range main.Events {
		if e.Type == api.TaskTerminated {
			return e.Details["exit_code"]
		}
	}
	return ""
}
