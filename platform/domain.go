package platform

import (
	"context"
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
)

// Domains tells an app's domains besides its own APP.DOMAIN, by host name.
func (p *Platform) Domains(ctx context.Context, actor dynomad.Actor, ref string) (domains []dynomad.Domain, err error) {
	_, err = p.view(ctx, actor, ref, func(tx *store.Tx, app dynomad.App) error {
		domains, err = tx.Domains(app.ID)
		return err
	})
	return domains, err
}

// AddDomain gives an app another host name, perhaps with a leading "*.". One host name belongs to one app.
func (p *Platform) AddDomain(ctx context.Context, actor dynomad.Actor, ref, hostname string) (d dynomad.Domain, err error) {
	name, err := dynomad.ParseHostname(hostname)
	if err != nil {
		return d, err
	}
	if err := p.notOurs(name); err != nil {
		return d, err
	}
	app, err := p.edit(ctx, actor, ref, func(tx *store.Tx, app dynomad.App) error {
		if err := mayClaim(tx, app, name); err != nil {
			return err
		}
		d = dynomad.Domain{ID: p.NewID(), App: app.ID, Hostname: name, CreatedAt: p.now(), UpdatedAt: p.now()}
		if err := tx.PutDomain(d); err != nil {
			return err
		}
		if err := tx.ReviseApp(app.ID, p.now()); err != nil {
			return err
		}
		return p.tell(tx, app, actor, "Add domain "+name+" by "+actor.Email)
	})
	if err == nil {
		p.hurry(ctx, app)
	}
	return d, err
}

// RemoveDomain takes a host name away from an app, by the name or the domain's id.
func (p *Platform) RemoveDomain(ctx context.Context, actor dynomad.Actor, ref, domain string) (d dynomad.Domain, err error) {
	app, err := p.edit(ctx, actor, ref, func(tx *store.Tx, app dynomad.App) error {
		if d, err = findDomain(tx, app, domain); err != nil {
			return err
		}
		if err := tx.DeleteDomain(d.ID); err != nil {
			return err
		}
		if err := tx.ReviseApp(app.ID, p.now()); err != nil {
			return err
		}
		return p.tell(tx, app, actor, "Remove domain "+d.Hostname+" by "+actor.Email)
	})
	if err == nil {
		p.hurry(ctx, app)
	}
	return d, err
}

// notOurs keeps the platform's own addresses out of reach: APP.DOMAIN belongs to the app of that name for ever.
func (p *Platform) notOurs(name string) error {
	base, wild := strings.CutPrefix(name, "*.")
	ours := strings.ToLower(p.Target.Domain)
	under := base == ours || strings.HasSuffix(base, "."+ours)
	covers := wild && strings.HasSuffix(ours, "."+base)
	if under || covers {
		return dynomad.Errorf(dynomad.KindInvalid, "%s is among the platform's own addresses", name).
			WithHint("every app is reached at APP.%s already; add a host name of your own", ours)
	}
	return nil
}

// mayClaim refuses a host name that another app has, or that falls under another owner's wildcard.
func mayClaim(tx *store.Tx, app dynomad.App, name string) error {
	names := []string{name}
	if _, parent, ok := strings.Cut(name, "."); ok && !strings.HasPrefix(name, "*.") {
		names = append(names, "*."+parent)
	}
	for i, hostname := range names {
		d, err := tx.DomainByHostname(hostname)
		if dynomad.KindOf(err) == dynomad.KindNotFound {
			continue
		}
		if err != nil {
			return err
		}
		other, err := tx.App(d.App)
		if err != nil {
			return err
		}
		if i == 0 || other.Owner != app.Owner {
			return dynomad.Errorf(dynomad.KindConflict, "%s is taken", name).
				WithHint("one host name leads to one app: remove it there first")
		}
	}
	return nil
}

func findDomain(tx *store.Tx, app dynomad.App, ref string) (dynomad.Domain, error) {
	domains, err := tx.Domains(app.ID)
	if err != nil {
		return dynomad.Domain{}, err
	}
	for _, d := range domains {
		if d.ID == ref || d.Hostname == strings.ToLower(ref) {
			return d, nil
		}
	}
	return dynomad.Domain{}, dynomad.Errorf(dynomad.KindNotFound, "%s has no domain %q", app.Name, ref).
		WithHint("`dynomad domains -a %s` lists them", app.Name)
}
