package router

import (
	"fmt"
	"io/fs"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad/templates"
)

// lineOf is the route of an instance that is named by its address.
func lineOf(t testing.TB, host, address string) Line {
	t.Helper()
	i := instance("s", address, tagPrefix+host+"/")
	i.id = instanceID{"n", address}
	lines, problems := i.Lines()
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return lines[0]
}

// moment is a time and what is new in Consul then.
type moment struct {
	at       int                        // in milliseconds
	services map[string]map[string]bool // each with its instances, by whether they have lines; others have left Consul
	want     string                     // who serves then
}

func TestLingering(t *testing.T) {
	type seen = map[string]map[string]bool
	for name, moments := range map[string][]moment{
		"the last to leave lingers, to the millisecond": {
			{0, seen{"s": {"h:1": true}}, "h:1"}, {100, seen{"s": {}}, "h:1 late"}, {1599, nil, "h:1 late"}, {1600, nil, ""},
		},
		"a gap is bridged, and the successor replaces at once": {
			{0, seen{"s": {"h:1": true, "h:2": false}}, "h:1"},
			{100, seen{"s": {"h:2": false}}, "h:1 late"},
			{200, seen{"s": {"h:2": true}}, "h:2"},
			{5000, nil, "h:2"},
		},
		"without a gap nothing lingers": {
			{0, seen{"s": {"h:1": true}}, "h:1"}, {100, seen{"s": {"h:1": true, "h:2": true}}, "h:1 h:2"}, {200, seen{"s": {"h:2": true}}, "h:2"},
		},
		"who is still registered was meant to go": {
			{0, seen{"s": {"h:1": true}}, "h:1"}, {100, seen{"s": {"h:1": false}}, ""},
		},
		"of two only the one that left lingers": {
			{0, seen{"s": {"h:1": true, "h:2": true}}, "h:1 h:2"}, {100, seen{"s": {"h:2": false}}, "h:1 late"}, {1600, nil, ""},
		},
		"who left while another served does not come back": {
			{0, seen{"s": {"h:1": true, "h:2": true}}, "h:1 h:2"}, {100, seen{"s": {"h:2": true}}, "h:2"}, {200, seen{"s": {"h:2": false}}, ""},
		},
		"what was replaced does not come back": {
			{0, seen{"s": {"h:1": true}}, "h:1"},
			{100, seen{"s": {}}, "h:1 late"},
			{200, seen{"s": {"h:2": true}}, "h:2"},
			{300, seen{"s": {"h:2": false}}, ""},
		},
		"whoever leaves and comes back serves as before": {
			{0, seen{"s": {"h:1": true}}, "h:1"}, {100, seen{"s": {}}, "h:1 late"}, {200, seen{"s": {"h:1": true}}, "h:1"}, {5000, nil, "h:1"},
		},
		"each time has its own time": {
			{0, seen{"s": {"h:1": true}}, "h:1"},
			{100, seen{"s": {}}, "h:1 late"},
			{1000, seen{"s": {"h:1": true}}, "h:1"},
			{1500, seen{"s": {}}, "h:1 late"},
			{2999, nil, "h:1 late"},
			{3000, nil, ""},
		},
		"another service keeps the host": {
			{0, seen{"s": {"h:1": true}, "other": {"h:9": true}}, "h:1 h:9"}, {100, seen{"s": {}}, "h:9"},
		},
		"another service takes the host over": {
			{0, seen{"s": {"h:1": true}}, "h:1"}, {100, seen{"s": {}}, "h:1 late"}, {200, seen{"other": {"h:9": true}}, "h:9"},
		},
		"all of the services that leave at once linger": {
			{0, seen{"s": {"h:1": true}, "other": {"h:9": true}}, "h:1 h:9"}, {100, seen{"s": {}, "other": {}}, "h:1 h:9 late"}, {1600, nil, ""},
		},
		"news of nobody does not prolong it": {
			{0, seen{"s": {"h:1": true}}, "h:1"}, {100, seen{"s": {}}, "h:1 late"}, {1000, seen{"s": {}}, "h:1 late"}, {1600, seen{"s": {}}, ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			routes, start := NewRoutes(), time.Now()
			for _, m := range moments {
				changes := map[string]Change{}
				for service, instances := range m.services {
					change := Change{registered: map[instanceID]bool{}}
					for address, serves := range instances {
						line := lineOf(t, "a", address)
						change.registered[line.from] = true
						if serves {
							change.Lines = append(change.Lines, line)
						}
					}
					changes[service] = change
				}
				if problems := routes.Set(changes, start.Add(time.Duration(m.at)*time.Millisecond)); len(problems) > 0 {
					t.Fatal(problems)
				}
				if diff := cmp.Diff(m.want, serving(routes, "a")); diff != "" {
					t.Fatalf("after %d ms (-want +got):\n%s", m.at, diff)
				}
			}
		})
	}
}

// serving tells who serves a host, and whether they are late.
func serving(routes *Routes, host string) string {
	var words []string
	for s, r := range routes.Table().match(host, "/") {
		for _, target := range r.Targets {
			words = append(words, target.URL.Host)
		}
		slices.Sort(words)
		if s.late {
			words = append(words, "late")
		}
	}
	return strings.Join(words, " ")
}

// A host keeps the routes that it had where new ones do not fit. What lingers is not kept so: it would never end.
func TestLingeringEndsWhereNewLinesDoNotFit(t *testing.T) {
	routes, start := NewRoutes(), time.Now()
	good, bad := lineOf(t, "a", "h:1"), lineOf(t, "a", "h:2")
	bad.Def.Dst = "http://["
	routes.Set(map[string]Change{"s": {Lines: []Line{good}}}, start)
	routes.Set(map[string]Change{"s": {}}, start)
	if problems := routes.Set(map[string]Change{"s": {Lines: []Line{bad}}}, start); len(problems) != 1 {
		t.Fatal(problems)
	}
	if got := serving(routes, "a"); got != "" || routes.Lingered() != nil {
		t.Errorf("still served by %s", got)
	}
}

// The successor of an instance at the same address has the same line, but its own check.
func TestLineOfASuccessorAtTheSameAddress(t *testing.T) {
	routes, start := NewRoutes(), time.Now()
	first := lineOf(t, "a", "h:1")
	second := first
	second.from = instanceID{"n", "second"}
	registered := map[instanceID]bool{second.from: true}
	routes.Set(map[string]Change{"s": {Lines: []Line{first}}}, start)
	routes.Set(map[string]Change{"s": {Lines: []Line{second}, registered: registered}}, start)
	routes.Set(map[string]Change{"s": {registered: registered}}, start)
	if got := serving(routes, "a"); got != "" {
		t.Errorf("%s, though only a check failed", got)
	}
}

// A dyno serves for drain_delay after it has left Consul. What lingers longer would lead to nobody.
func TestLingerIsShorterThanTheDrainDelay(t *testing.T) {
	text, err := fs.ReadFile(templates.Process(), "web.hcl")
	if err != nil {
		t.Fatal(err)
	}
	said := regexp.MustCompile(`(?m)^\s*drain_delay\s*=\s*"(.+)"`).FindSubmatch(text)
	if said == nil {
		t.Fatal("web.hcl says no drain_delay")
	}
	if delay, err := time.ParseDuration(string(said[1])); err != nil || delay <= linger {
		t.Errorf("drain_delay %v, linger %v: %v", delay, linger, err)
	}
}

// A dyno that has left and accepts no connection was no route: its requests get the page of a host without one.
func TestLateDynos(t *testing.T) {
	alive := dyno(t, "0", "urlprefix-hello/", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("still here")) })
	dead := instance("hello-web", deadAddress(t), "urlprefix-hello/")
	dead.Meta = alive.Meta
	for _, c := range []struct {
		name string
		last []Instance
		want string
		body string
	}{
		{"serves on", []Instance{alive}, "200 code= dyno=web.1", "still here"},
		{"one of two serves on", []Instance{alive, dead}, "200 code= dyno=web.1", "still here"},
		{"has crashed", []Instance{dead}, "503 code=H10 dyno=", "The app was started, but ended"},
	} {
		t.Run(c.name, func(t *testing.T) {
			routes := routesOf(t, c.last...)
			e := newEdge(t, routes, func(o *Options) { o.Apps = fixedApps{"hello": StateCrashed} })
			routes.Set(map[string]Change{"hello-web": {}}, time.Now())
			for range 10 {
				res, body := e.get(t, "hello", "/", "Accept", "application/json")
				r := e.record(t)
				if got := fmt.Sprintf("%d code=%s dyno=%s", res.StatusCode, r.Code, r.Dyno); got != c.want || !strings.Contains(body, c.body) {
					t.Fatalf("%s: %s", got, body)
				}
			}
			routes.Set(nil, time.Now().Add(linger))
			if res, _ := e.get(t, "hello", "/"); res.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("%d when its time was up", res.StatusCode)
			}
		})
	}
}
