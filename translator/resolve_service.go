package translator

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dynomad/dynomad"
)

type check struct {
	Kind, Path, GRPCService, Command string
	Interval, Timeout, Grace         time.Duration
	Failures                         int // 0: however many, it stays
}

const (
	minCheck = time.Second // the shortest interval and timeout that Nomad takes
	maxPort  = 65535
)

var checks = []string{"tcp", "http", "grpc", "script"}

// service decides whether requests reach a process, by what paths, and how it is checked. What a template says of a service
// counts only where there is one.
func (r *resolver) service(p *process, said, s dynomad.Settings) {
	p.Service = value(s.Service) && !p.ends()
	if !p.Service {
		p.Drain = value(said.DrainDelay)
		r.atLeast("drain_delay", p.Drain, 0)
		if !p.ends() {
			r.idle(said)
		}
		return
	}
	p.Drain = need(r, "drain_delay", s.DrainDelay)
	r.atLeast("drain_delay", p.Drain, 0)
	r.port(p, s)
	p.Routes = r.routesOf(p, s.Routes)
	if need(r, "check", s.Check); s.Check != nil {
		r.check(p, *s.Check)
	}
}

// idle refuses what only a service has, in the manifest of a process that is none.
func (r *resolver) idle(said dynomad.Settings) {
	const hint = "say service = true as well: it then has a $PORT, a check and a Consul service"
	if said.Check != nil {
		r.fail("nothing would look at it; "+hint, "has a check and is no service", "check")
	}
	if len(said.Routes) > 0 {
		r.fail(hint, "has a route and is no service", "route", said.Routes[0].Path)
	}
	if said.Port != nil {
		r.fail(hint, "has a port and is no service", "port")
	}
}

func (r *resolver) port(p *process, s dynomad.Settings) {
	if s.Port == nil {
		return
	}
	p.Port = *s.Port
	switch {
	case p.Port < 1 || p.Port > maxPort:
		r.fail("use 1 to "+strconv.Itoa(maxPort), fmt.Sprintf("has the port %d", p.Port), "port")
	case p.Image == "":
		r.fail("let it listen on $PORT, which Nomad chooses", "has a port, which only a process with an image can choose", "port")
	}
}

// routePath is what Fabio reads as one path: a space would begin an option, a star or bracket a pattern.
var routePath = regexp.MustCompile(`^/[A-Za-z0-9._~@:+%/-]*$`)

// routesOf are the paths of a process, in the order of their texts. No two processes of an app have the same one.
func (r *resolver) routesOf(p *process, routes []dynomad.Route) []dynomad.Route {
	out := slices.Clone(routes)
	slices.SortFunc(out, func(a, b dynomad.Route) int { return strings.Compare(a.Path, b.Path) })
	for _, route := range out {
		owner, taken := r.routes[route.Path]
		switch {
		case !routePath.MatchString(route.Path):
			r.fail("begin it with a slash and use letters, digits and . _ ~ @ : + % - /", fmt.Sprintf("has the route %q, which is no path", route.Path), "route", route.Path)
		case taken && owner == p.Type:
			r.fail("remove one of them", fmt.Sprintf("has the route %q twice", route.Path), "route", route.Path)
		case taken:
			r.fail("give one of them another path", fmt.Sprintf("has the route %q, which process %q has as well", route.Path, string(owner)), "route", route.Path)
		}
		if r.routes == nil {
			r.routes = map[string]dynomad.ProcessType{}
		}
		r.routes[route.Path] = p.Type
	}
	return out
}

// check takes over a service's check, and refuses what its kind does not heed.
func (r *resolver) check(p *process, c dynomad.Check) {
	p.Check = check{
		Kind: need(r, "check.kind", c.Kind), Interval: need(r, "check.interval", c.Interval), Timeout: need(r, "check.timeout", c.Timeout),
		Failures: value(c.Failures), Grace: value(c.Grace),
	}
	if c.Kind == nil {
		return
	}
	kind := p.Check.Kind
	if !slices.Contains(checks, kind) {
		r.fail("use "+strings.Join(checks, ", "), fmt.Sprintf("has a check of the kind %q, which there is not", kind), "check", "kind")
		return
	}
	p.Check.Path = r.only("http", "path", kind, c.Path)
	p.Check.GRPCService = r.only("grpc", "grpc_service", kind, c.GRPCService)
	p.Check.Command = r.only("script", "command", kind, c.Command)
	switch {
	case kind == "http" && !strings.HasPrefix(p.Check.Path, "/"):
		r.fail(`say path = "/" or another path that answers 200`, "has an http check without a path", "check")
	case kind == "script" && p.Check.Command == "":
		r.fail(`say command = "…", which ends with 0 while the dyno serves`, "has a script check without a command", "check")
	}
	r.atLeast("check.interval", p.Check.Interval, minCheck)
	r.atLeast("check.timeout", p.Check.Timeout, minCheck)
	r.atLeast("check.grace", p.Check.Grace, 0)
	if p.Check.Failures < 0 {
		r.fail("use 0 or more; 0: it is never started anew for them", fmt.Sprintf("has check.failures of %d", p.Check.Failures), "check", "failures")
	}
}

// only is a value that one kind of check has and no other.
func (r *resolver) only(owner, name, kind string, text *string) string {
	if text != nil && kind != owner {
		r.fail(fmt.Sprintf("say kind = %q as well", owner), fmt.Sprintf("has a check with a %s that is not of the kind %s", name, owner), "check", name)
	}
	return value(text)
}
