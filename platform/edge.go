package platform

import (
	"context"
	"net"
	"strings"
	"time"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
	"github.com/dynomad/dynomad/translator"
)

// EdgeState is what the router needs to know about a host that has no live route.
type EdgeState string

// What stands in the way of a route, or nothing.
const (
	EdgeUnknown     EdgeState = "unknown"     // no app has this host
	EdgeEmpty       EdgeState = "empty"       // nothing was deployed yet
	EdgeOff         EdgeState = "off"         // no web process, or scaled to 0
	EdgeStarting    EdgeState = "starting"    // web dynos start, none serves yet
	EdgeCrashed     EdgeState = "crashed"     // web dynos end or cannot be placed
	EdgeUp          EdgeState = "up"          // serves, as far as Nomad knows
	EdgeMaintenance EdgeState = "maintenance" // on purpose
)

// placing is how long a dyno that should be there may take to appear in Nomad before the app counts as crashed.
const placing = time.Minute

// Edge tells whose host this is and how it stands. The router asks, on behalf of nobody.
func (p *Platform) Edge(ctx context.Context, host string) (EdgeState, dynomad.AppName, error) {
	var app dynomad.App
	var plan dynomad.Blueprint
	var applied store.Applied
	err := p.Store.View(ctx, func(tx *store.Tx) (err error) {
		if app, err = p.appOf(tx, host); err != nil {
			return err
		}
		if plan, err = tx.Blueprint(app.ID); err != nil {
			return err
		}
		applied, err = tx.Applied(app.ID)
		return err
	})
	switch {
	case dynomad.KindOf(err) == dynomad.KindNotFound:
		return EdgeUnknown, "", nil
	case err != nil:
		return "", "", err
	case app.Maintenance:
		return EdgeMaintenance, app.Name, nil
	case len(plan.Processes) == 0:
		return EdgeEmpty, app.Name, nil
	case offered(plan.Formation, plan.Processes).Quantity(dynomad.Web) == 0:
		return EdgeOff, app.Name, nil
	}
	dynos, err := p.Cluster.Dynos(ctx, translator.JobID(app.Name))
	if err != nil {
		return "", "", err
	}
	return webState(dynos, p.since(applied.Registered) < placing), app.Name, nil
}

func webState(dynos []dynomad.Dyno, fresh bool) EdgeState {
	states := map[dynomad.DynoState]bool{}
	for _, d := range dynos {
		if d.Type == dynomad.Web {
			states[d.State] = true
		}
	}
	switch {
	case states[dynomad.DynoUp]:
		return EdgeUp
	case states[dynomad.DynoStarting], !states[dynomad.DynoCrashed] && fresh:
		return EdgeStarting
	}
	return EdgeCrashed
}

// appOf finds the app of a Host header: by its own address under the platform's domain, by a domain of its own, or by a
// wildcard that covers it, the longest first.
func (p *Platform) appOf(tx *store.Tx, host string) (dynomad.App, error) {
	if bare, _, err := net.SplitHostPort(host); err == nil {
		host = bare
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if name, ok := strings.CutSuffix(host, "."+strings.ToLower(p.Target.Domain)); ok {
		return tx.AppByName(dynomad.AppName(name))
	}
	labels := strings.Split(host, ".")
	names := []string{host}
	for i := 1; i < len(labels); i++ {
		names = append(names, "*."+strings.Join(labels[i:], "."))
	}
	for _, name := range names {
		d, err := tx.DomainByHostname(name)
		if dynomad.KindOf(err) == dynomad.KindNotFound {
			continue
		}
		if err != nil {
			return dynomad.App{}, err
		}
		return tx.App(d.App)
	}
	return dynomad.App{}, dynomad.NoSuchApp(host)
}
