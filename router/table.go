package router

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/fabiolb/fabio/route"
	"github.com/gobwas/glob"
)

// Table finds the routes for a host and a path. It never changes: an update makes the next one (routes.go).
//
// Fabio walks through all hosts at each request and matches each as a glob pattern. The table gives the same answer from two
// maps: hosts without pattern characters, and patterns of the form *.SUFFIX; only other patterns are walked.
type Table struct {
	exact  map[string]*site // "app.example.com"
	suffix map[string]*site // ".example.com" for the pattern *.example.com
	globs  []*site          // other patterns
	any    *site            // routes without a host
}

// site is all that is routed under one host or pattern of hosts.
type site struct {
	host    string
	reverse string       // the host read backwards: where several patterns match, the greatest comes first, as in Fabio
	glob    glob.Glob    // nil for an exact host
	routes  route.Routes // longest path first
	dynos   map[string]Dyno
	late    bool // its dynos have left Consul (linger.go): they may be gone
}

// newSite gathers lines of one host. The lines of all services go into one Fabio table, because weights are shares among them.
func newSite(host string, lines []Line, late bool) (*site, error) {
	// Fabio's order: the last line comes first. It decides which of two routes that differ in options alone is kept.
	slices.SortFunc(lines, func(a, b Line) int { return cmp.Compare(b.Text, a.Text) })
	s := &site{host: host, reverse: route.ReverseHostPort(host), dynos: map[string]Dyno{}, late: late}
	defs := make([]route.RouteDef, len(lines))
	for i, line := range lines {
		line.Def.Src = host + line.Def.Src[hostLength(line.Def.Src):]
		defs[i] = line.Def
		if line.Dyno != (Dyno{}) {
			s.dynos[dynoKey(line.Def.Service, line.Def.Dst)] = line.Dyno
		}
	}
	table, err := route.NewTableCustom(&defs)
	if err != nil {
		return nil, fmt.Errorf("routes of %q: %w", host, err)
	}
	s.routes = table[host]
	if s.glob, err = compile(host); err != nil {
		return nil, fmt.Errorf("host pattern %q: %w", host, err)
	}
	return s, nil
}

// hostLength is where the path begins in HOST/PATH.
func hostLength(source string) int {
	if i := strings.IndexByte(source, '/'); i >= 0 {
		return i
	}
	return len(source)
}

func dynoKey(service, url string) string { return service + " " + url }

// dyno tells who a target is.
func (s *site) dyno(t *route.Target) Dyno { return s.dynos[dynoKey(t.Service, t.URL.String())] }

// compile gives the glob of a host pattern, nil where the host is no pattern. Fabio's patterns have no separators: a star
// stands for dots too.
func compile(host string) (glob.Glob, error) {
	if !strings.ContainsAny(host, `*?[]{}!\,`) {
		return nil, nil
	}
	return glob.Compile(host)
}

// starSuffix cuts the star off a pattern that has no other special character.
func starSuffix(host string) (string, bool) {
	suffix, ok := strings.CutPrefix(host, "*")
	return suffix, ok && strings.HasPrefix(suffix, ".") && !strings.ContainsAny(suffix, `*?[]{}!\,`)
}

// with returns a table in which these hosts are as given; a nil site takes its host away.
func (t *Table) with(sites map[string]*site) *Table {
	next := &Table{exact: maps.Clone(t.exact), suffix: maps.Clone(t.suffix), globs: slices.Clone(t.globs), any: t.any}
	for host, s := range sites {
		suffix, star := starSuffix(host)
		compiled, _ := compile(host)
		switch {
		case host == "":
			next.any = s
		case star:
			put(next.suffix, suffix, s)
		case compiled != nil:
			next.globs = slices.DeleteFunc(next.globs, func(old *site) bool { return old.host == host })
			if s != nil {
				next.globs = append(next.globs, s)
			}
		default:
			put(next.exact, host, s)
		}
	}
	return next
}

func put(sites map[string]*site, key string, s *site) {
	if s == nil {
		delete(sites, key)
		return
	}
	sites[key] = s
}

// match yields the routes that may serve a request, best first, one a site: with the Host as it is, then without its port,
// then the routes without a host. More than one matters only where a route has no target for this request.
func (t *Table) match(host, path string) iter.Seq2[*site, *route.Route] {
	return func(yield func(*site, *route.Route) bool) {
		host = plainHost(strings.ToLower(host))
		bare := withoutPort(host)
		if !t.visit(host, path, yield) || (bare != host && !t.visit(bare, path, yield)) {
			return
		}
		t.any.serve(path, yield)
	}
}

func (t *Table) visit(host, path string, yield func(*site, *route.Route) bool) bool {
	if len(t.globs) > 0 {
		return t.visitSorted(host, path, yield)
	}
	if !t.exact[host].serve(path, yield) {
		return false
	}
	if len(t.suffix) == 0 {
		return true
	}
	for i := 0; i < len(host); i++ { // from the longest suffix to the shortest, which is Fabio's order of the patterns
		if host[i] == '.' && !t.suffix[host[i:]].serve(path, yield) {
			return false
		}
	}
	return true
}

// visitSorted is visit where patterns of any form may stand between the others.
func (t *Table) visitSorted(host, path string, yield func(*site, *route.Route) bool) bool {
	var sites []*site
	if s := t.exact[host]; s != nil {
		sites = append(sites, s)
	}
	for i := 0; i < len(host); i++ {
		if s := t.suffix[host[i:]]; host[i] == '.' && s != nil {
			sites = append(sites, s)
		}
	}
	for _, s := range t.globs {
		if s.glob.Match(host) {
			sites = append(sites, s)
		}
	}
	slices.SortFunc(sites, func(a, b *site) int { return cmp.Compare(b.reverse, a.reverse) })
	for _, s := range sites {
		if !s.serve(path, yield) {
			return false
		}
	}
	return true
}

// serve yields the site's route with the longest path that the request's path begins with. It is false when the caller has
// had enough.
func (s *site) serve(path string, yield func(*site, *route.Route) bool) bool {
	if s == nil {
		return true
	}
	for _, r := range s.routes {
		if strings.HasPrefix(path, r.Path) {
			return yield(s, r)
		}
	}
	return true
}

// plainHost takes off what does not tell hosts apart: a default port and the dot at the end of an absolute name.
func plainHost(host string) string {
	for _, port := range []string{":80", ":443"} {
		host = strings.TrimSuffix(host, port)
	}
	return strings.TrimSuffix(host, ".")
}

// withoutPort takes off any port. "[::1]:80" is "[::1]".
func withoutPort(host string) string {
	i := strings.LastIndexByte(host, ':')
	if i < 0 || strings.HasSuffix(host, "]") {
		return host
	}
	return strings.TrimSuffix(host[:i], ".")
}
