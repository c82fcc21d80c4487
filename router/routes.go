package router

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Routes holds the lines of every service and the Table made of them. Readers never wait: an update makes only those sites
// anew whose lines changed, and swaps the whole table in.
type Routes struct {
	mu    sync.Mutex                   // one update at a time
	lines map[string]map[string][]Line // by host, then by service
	hosts map[string][]string          // the hosts that a service has lines for, by service
	late  lingering                    // hosts without lines, which dynos that have left Consul still serve
	table atomic.Pointer[Table]
}

// Change is a service as it is now. The zero value is one that Consul knows no more.
type Change struct {
	Lines      []Line
	registered map[instanceID]bool // its instances in Consul, whether they serve or not
}

// left picks those of a service's former lines whose instances have left Consul.
func (c Change) left(former []Line) (left []Line) {
	for _, line := range former {
		if !c.registered[line.from] {
			left = append(left, line)
		}
	}
	return left
}

// NewRoutes returns an empty table.
func NewRoutes() *Routes {
	r := &Routes{lines: map[string]map[string][]Line{}, hosts: map[string][]string{}, late: lingering{}}
	r.table.Store(&Table{exact: map[string]*site{}, suffix: map[string]*site{}})
	return r
}

// Table is the newest table.
func (r *Routes) Table() *Table { return r.table.Load() }

// Hosts counts the hosts and patterns that have a route.
func (r *Routes) Hosts() int {
	t := r.Table()
	n := len(t.exact) + len(t.suffix) + len(t.globs)
	if t.any != nil {
		n++
	}
	return n
}

// Set replaces all lines of each named service, and ends what has lingered long enough. A host whose lines do not fit together
// keeps the routes that it had, and is named by an error.
func (r *Routes) Set(changes map[string]Change, now time.Time) (problems []error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	touched := map[string][]Line{}
	for _, host := range r.late.over(now) {
		touched[host] = nil
	}
	for service, change := range changes {
		r.file(service, change, touched)
	}
	if len(touched) == 0 {
		return nil
	}
	sites := make(map[string]*site, len(touched))
	for host, left := range touched {
		_, lingered := r.late[host]
		s, err := r.site(host, left, now)
		if err != nil {
			problems = append(problems, err)
		}
		if err == nil || lingered { // what lingered is nothing to keep
			sites[host] = s
		}
	}
	r.table.Store(r.Table().with(sites))
	return problems
}

// Lingered tells once some lines have lingered long enough, so that Set can end them. While none linger it never tells.
func (r *Routes) Lingered() <-chan time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := r.late.next()
	if next.IsZero() {
		return nil
	}
	return time.After(time.Until(next))
}

// site is a host's site as its lines have it, or where it has none, those that linger; nil without either. left are the lines
// that went with their instances just now.
func (r *Routes) site(host string, left []Line, now time.Time) (*site, error) {
	live := slices.Concat(slices.Collect(maps.Values(r.lines[host]))...)
	if len(live) == 0 {
		delete(r.lines, host)
	}
	late := r.late.after(host, live, left, now)
	if len(live)+len(late) == 0 {
		return nil, nil
	}
	return newSite(host, append(live, late...), len(late) > 0) // there are never both
}

// file puts the service's lines in the place of those before, and notes the hosts for which that changes something, with
// those of their former lines that went with their instances.
func (r *Routes) file(service string, change Change, touched map[string][]Line) {
	touch := func(host string) {
		touched[host] = append(touched[host], change.left(r.lines[host][service])...)
	}
	next := map[string][]Line{}
	for _, line := range change.Lines {
		next[line.Host] = append(next[line.Host], line)
	}
	for _, host := range r.hosts[service] {
		if len(next[host]) == 0 {
			touch(host)
			delete(r.lines[host], service)
		}
	}
	delete(r.hosts, service)
	for host, lines := range next {
		r.hosts[service] = append(r.hosts[service], host)
		if slices.EqualFunc(r.lines[host][service], lines, sameLine) {
			continue
		}
		touch(host)
		if r.lines[host] == nil {
			r.lines[host] = map[string][]Line{}
		}
		r.lines[host][service] = lines
	}
}

// sameLine compares what can differ: the text says all that the definition does.
func sameLine(a, b Line) bool { return a.Text == b.Text && a.Dyno == b.Dyno && a.from == b.from }
