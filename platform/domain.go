package platform

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
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
		if d, err = p.claim(tx, actor, app, name); err != nil {
			return err
		}
		return tx.ReviseApp(app.ID, p.now())
	})
	if err == nil {
		p.hurry(ctx, app)
	}
	return d, err
}

// claim writes a host name that the app may have.
func (p *Platform) claim(tx *store.Tx, actor dynomad.Actor, app dynomad.App, name string) (dynomad.Domain, error) {
	d := dynomad.Domain{ID: p.NewID(), App: app.ID, Hostname: name, CreatedAt: p.now(), UpdatedAt: p.now()}
	if err := tx.PutDomain(d); err != nil {
		return d, err
	}
	return d, p.tell(tx, app, actor, "Add domain "+name+" by "+actor.Email)
}

// wantedDomains are the host names that a slug's manifest wants and the app does not have yet, and as problems those that it
// cannot have.
func (p *Platform) wantedDomains(
	tx *store.Tx, app dynomad.App, slug dynomad.Slug,
) (missing []string, unfit dynomad.Problems, err error) {
	for i, hostname := range slug.Domains {
		name, err := dynomad.ParseHostname(hostname)
		if err == nil {
			err = p.notOurs(name)
		}
		if err == nil {
			d, none := tx.DomainByHostname(name)
			if none == nil && d.App == app.ID || slices.Contains(missing, name) {
				continue
			}
			err = mayClaim(tx, app, name)
		}
		switch dynomad.KindOf(err) {
		case "":
			missing = append(missing, name)
		case dynomad.KindInvalid, dynomad.KindConflict:
			unfit = append(unfit, dynomad.Problem{
				Message: err.Error(), Hint: dynomad.HintOf(err), Setting: []string{"domains", strconv.Itoa(i)},
			})
		default:
			return nil, nil, err
		}
	}
	return missing, unfit, nil
}

// settleDomains gives an app the host names that the manifest of a slug wants. It takes none away: a name may have been in use
// for years before a manifest mentioned it. Those that only the manifest before mentioned are told.
func (p *Platform) settleDomains(
	tx *store.Tx, actor dynomad.Actor, app dynomad.App, before dynomad.Release, slug dynomad.Slug,
) (notes []string, err error) {
	missing, unfit, err := p.wantedDomains(tx, app, slug)
	if err := cmp.Or(err, unfit.Err()); err != nil {
		return nil, err
	}
	for _, name := range missing {
		if _, err := p.claim(tx, actor, app, name); err != nil {
			return nil, err
		}
		notes = append(notes, "-----> Added the domain "+name)
	}
	had, err := tx.Slug(before.Slug)
	if err != nil {
		return notes, ignoreNotFound(err) // the first deploy
	}
	for _, name := range had.Domains {
		d, gone := findDomain(tx, app, name)
		wanted := slices.ContainsFunc(slug.Domains, func(other string) bool { return strings.EqualFold(name, other) })
		if gone == nil && !wanted {
			notes = append(notes, fmt.Sprintf("       %[1]s is not in the manifest any more and stays the app's; "+
				"`dynomad domains:remove %[1]s` removes it", d.Hostname))
		}
	}
	return notes, nil
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
