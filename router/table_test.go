package router

import (
	"fmt"
	"iter"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/fabiolb/fabio/route"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// routesOf makes a table of instances; every tag must be good.
func routesOf(t testing.TB, instances ...Instance) *Routes {
	t.Helper()
	changes := map[string][]Line{}
	for _, i := range instances {
		lines, problems := i.Lines()
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		changes[i.Service] = append(changes[i.Service], lines...)
	}
	routes := NewRoutes()
	if problems := set(routes, changes); len(problems) > 0 {
		t.Fatal(problems)
	}
	return routes
}

// set replaces the lines of services. Lines that are gone have left with their instances.
func set(routes *Routes, lines map[string][]Line) []error {
	changes := map[string]Change{}
	for service, of := range lines {
		changes[service] = Change{Lines: of}
	}
	return routes.Set(changes, time.Now())
}

// servedBy is the service of the best route, or "".
func servedBy(routes *Routes, host, path string) string {
	for _, r := range routes.Table().match(host, path) {
		return r.Targets[0].Service
	}
	return ""
}

func TestBestRouteFirst(t *testing.T) {
	routes := routesOf(t,
		instance("exact", "h:1", "urlprefix-app.example.com/"),
		instance("long", "h:2", "urlprefix-app.example.com/api"),
		instance("star", "h:3", "urlprefix-*.example.com/"),
		instance("deep", "h:4", "urlprefix-*.eu.example.com/"),
		instance("ported", "h:5", "urlprefix-app.example.com:9000/"),
		instance("odd", "h:6", "urlprefix-{x,y}.example.org/"),
		instance("rest", "h:7", "urlprefix-/common"),
	)
	for _, c := range []struct{ host, path, want string }{
		{"app.example.com", "/", "exact"},
		{"App.Example.COM", "/", "exact"},
		{"app.example.com.", "/", "exact"},
		{"app.example.com:80", "/", "exact"},
		{"app.example.com:8080", "/", "exact"}, // wherever the edge listens
		{"app.example.com", "/apis", "long"},   // prefixes of text, as Fabio's
		{"app.example.com:9000", "/", "ported"},
		{"other.example.com", "/", "star"},
		{"a.b.example.com:1", "/", "star"},
		{"x.eu.example.com", "/", "deep"},
		{"x.example.org", "/", "odd"},
		{"z.example.org", "/", ""},
		{"z.example.org", "/common/x", "rest"},
		{"[::1]:8080", "/common", "rest"},
		{"", "/", ""},
	} {
		if got := servedBy(routes, c.host, c.path); got != c.want {
			t.Errorf("%s%s is served by %q, want %q", c.host, c.path, got, c.want)
		}
	}
}

// The same question to Fabio's own table and to ours, over hosts, patterns and paths of all forms.
func TestTableAgreesWithFabios(t *testing.T) {
	hosts := []string{
		"a.b", "x.a.b", "y.x.a.b", "*.a.b", "*.x.a.b", "*", "?.a.b", "{x,z}.a.b", "[xy].a.b", "a.b:8080", "*.b:8080", "x*.a.b", "*a.b", "", "z.a.b",
	}
	paths := []string{"/", "/p", "/p/q", "/pq"}
	cache := route.NewGlobCache(1000)
	rapid.Check(t, func(t *rapid.T) {
		var instances []Instance
		var defs []route.RouteDef
		for i, host := range rapid.SliceOfNDistinct(rapid.SampledFrom(hosts), 1, 8, rapid.ID).Draw(t, "hosts") {
			path := rapid.SampledFrom(paths).Draw(t, "path")
			instances = append(instances, instance(fmt.Sprint("s", i), "h:1", tagPrefix+host+path))
		}
		changes := map[string][]Line{}
		for _, i := range instances {
			lines, _ := i.Lines()
			changes[i.Service] = lines
			for _, l := range lines {
				defs = append(defs, l.Def)
			}
		}
		routes := NewRoutes()
		set(routes, changes)
		fabio, err := route.NewTableCustom(&defs)
		if err != nil {
			t.Fatal(err)
		}
		host := rapid.SampledFrom([]string{"a.b", "x.a.b", "y.x.a.b", "z.a.b", "xx.a.b", "A.b:80", "a.b:8080", "q"}).Draw(t, "host")
		path := rapid.SampledFrom(append(paths, "/p/q/r", "/z")).Draw(t, "asked")
		want := ""
		req := &http.Request{Host: host, URL: &url.URL{Path: path}, Header: http.Header{}}
		if target := fabio.Lookup(req, route.Picker["rnd"], route.Matcher["prefix"], cache, false); target != nil {
			want = target.Service
		}
		got := servedBy(routes, host, path)
		if want == "" && withoutPort(host) != host {
			return // we look again without the port
		}
		if got != want {
			t.Fatalf("%s%s: %q, Fabio %q", host, path, got, want)
		}
	})
}

// Incremental updates in any order end in the table that one update makes, once nothing lingers any more.
func TestUpdatesAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		routes, all := NewRoutes(), map[string][]Line{}
		for range rapid.IntRange(1, 12).Draw(t, "updates") {
			service := rapid.SampledFrom([]string{"s1", "s2", "s3"}).Draw(t, "service")
			var lines []Line
			for _, host := range rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "*.c", "{d,e}", ""}), 0, 3).Draw(t, "hosts") {
				of, _ := instance(service, rapid.SampledFrom([]string{"h:1", "h:2"}).Draw(t, "at"), tagPrefix+host+"/").Lines()
				lines = append(lines, of...)
			}
			all[service] = lines
			set(routes, map[string][]Line{service: lines})
		}
		routes.Set(nil, time.Now().Add(linger))
		once := NewRoutes()
		set(once, all)
		if diff := cmp.Diff(dump(once.Table()), dump(routes.Table())); diff != "" {
			t.Fatal(diff)
		}
		if routes.Hosts() != once.Hosts() {
			t.Fatalf("%d hosts, want %d", routes.Hosts(), once.Hosts())
		}
	})
}

// sites walks through a whole table.
func (t *Table) sites() iter.Seq[*site] {
	all := slices.Concat(slices.Collect(maps.Values(t.exact)), slices.Collect(maps.Values(t.suffix)), t.globs)
	if t.any != nil {
		all = append(all, t.any)
	}
	return slices.Values(all)
}

func dump(table *Table) (out []string) {
	for s := range table.sites() {
		for _, r := range s.routes {
			for _, target := range r.Targets {
				out = append(out, r.TargetConfig(target, true))
			}
		}
	}
	slices.Sort(out)
	return out
}

func TestTrafficFollowsWeights(t *testing.T) {
	routes := routesOf(t,
		instance("a", "h:1", "urlprefix-x/ weight=0.2"), instance("b", "h:2", "urlprefix-x/"), instance("b", "h:3", "urlprefix-x/"),
	)
	x, got := &exchange{Router: &Router{}}, map[string]int{}
	const n = 20000
	for _, r := range routes.Table().match("x", "/") {
		for range n {
			got[x.pick(r).URL.Host]++
		}
	}
	for addr, share := range map[string]float64{"h:1": 0.2, "h:2": 0.4, "h:3": 0.4} {
		if math.Abs(float64(got[addr])/n-share) > 0.03 {
			t.Errorf("%s got %d of %d, want a share of %.1f", addr, got[addr], n, share)
		}
	}
}

func TestQuarantineIsLeftWhenAllAreIn(t *testing.T) {
	routes := routesOf(t, instance("a", "h:1", "urlprefix-x/"), instance("a", "h:2", "urlprefix-x/"))
	x := &exchange{Router: &Router{}}
	for _, r := range routes.Table().match("x", "/") {
		x.sick.add("h:1", x.start)
		for range 50 {
			if got := x.pick(r).URL.Host; got != "h:2" {
				t.Fatalf("picked %s", got)
			}
		}
		x.sick.add("h:2", x.start)
		if x.pick(r) == nil {
			t.Fatal("picked none")
		}
		x.start = x.start.Add(2 * quarantineTime)
		if x.sick.has("h:1", x.start) || x.sick.size.Load() != 1 {
			t.Fatal("quarantine does not end")
		}
	}
}
