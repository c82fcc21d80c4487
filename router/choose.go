package router

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"

	"github.com/fabiolb/fabio/route"

	"github.com/dynomad/dynomad"
)

// find looks up the route and chooses a target. A redirect to the very address that was asked for would go round for ever; as
// in Fabio, the next best route serves instead.
func (x *exchange) find() (redirect *url.URL, found bool) {
	for s, r := range x.Routes.Table().match(x.req.Host, x.req.URL.Path) {
		target := x.pick(r)
		if target == nil {
			continue
		}
		if target.RedirectCode != 0 {
			redirect = redirectURL(target, x.req)
			if redirect.Scheme == x.origin.proto && redirect.Host == x.req.Host && redirect.Path == x.req.URL.Path {
				redirect = nil
				continue
			}
		}
		x.site, x.route, x.target = s, r, target
		x.app = dynomad.AppName(s.dyno(target).App)
		return redirect, true
	}
	return nil, false
}

// redirectURL works on copies: Fabio keeps the URL in the target and the host in the request.
func redirectURL(target *route.Target, req *http.Request) *url.URL {
	t, from := *target, *req.URL
	from.Host = req.Host
	t.BuildRedirectURL(&from)
	return t.RedirectURL
}

// pick chooses one of the route's targets by chance, each by its weight. Targets that this request was tried on already are
// out; those in quarantine are chosen only where there are no others.
func (x *exchange) pick(r *route.Route) *route.Target {
	if len(r.Targets) == 1 && len(x.tried) == 0 {
		return r.Targets[0]
	}
	chosen := x.draw(r, func(addr string) bool { return x.sick.has(addr, x.start) })
	if chosen == nil {
		chosen = x.draw(r, func(string) bool { return false })
	}
	return chosen
}

func (x *exchange) draw(r *route.Route, avoid func(addr string) bool) (chosen *route.Target) {
	sum := 0.0
	for _, t := range r.Targets {
		if t.Weight <= 0 || slices.Contains(x.tried, t.URL.Host) || avoid(t.URL.Host) {
			continue
		}
		sum += t.Weight
		// Each is kept with its share of the sum so far.
		if rand.Float64()*sum < t.Weight { //nolint:gosec // spreads load, keeps no secret
			chosen = t
		}
	}
	return chosen
}
