package httpapi

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/google/uuid"
	heroku "github.com/heroku/heroku-go/v6"

	"github.com/dynomad/dynomad"
)

// domains answers the app's own address, of kind "heroku" as clients know it, and those that were added.
func (a *API) domains(c *call) (any, error) {
	shown, err := a.listDomains(c)
	if err != nil {
		return nil, err
	}
	return page(c, shown, field[heroku.Domain]{"hostname", func(d heroku.Domain) string { return d.Hostname }},
		field[heroku.Domain]{"id", func(d heroku.Domain) string { return d.ID }})
}

func (a *API) domain(c *call) (any, error) {
	shown, err := a.listDomains(c)
	if err != nil {
		return nil, err
	}
	ref := c.r.PathValue("domain")
	at := slices.IndexFunc(shown, func(d heroku.Domain) bool { return d.ID == ref || strings.EqualFold(d.Hostname, ref) })
	if at < 0 {
		return nil, dynomad.Errorf(dynomad.KindNotFound, "the app has no domain %q", ref)
	}
	return shown[at], nil
}

func (a *API) addDomain(c *call) (any, error) {
	var in struct {
		Hostname    string          `json:"hostname"`
		SNIEndpoint json.RawMessage `json:"sni_endpoint"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.Hostname == "" {
		return nil, missing("hostname", `{"hostname": "www.example.com"}`)
	}
	if len(in.SNIEndpoint) > 0 && string(in.SNIEndpoint) != "null" {
		return nil, dynomad.Errorf(dynomad.KindInvalid, "there are no SNI endpoints here").WithHint("send null")
	}
	app, err := a.Platform.App(c.ctx(), c.actor, c.app())
	if err != nil {
		return nil, err
	}
	d, err := a.Platform.AddDomain(c.ctx(), c.actor, c.app(), in.Hostname)
	return a.showDomain(app, d), err
}

func (a *API) removeDomain(c *call) (any, error) {
	app, err := a.Platform.App(c.ctx(), c.actor, c.app())
	if err != nil {
		return nil, err
	}
	ref := c.r.PathValue("domain")
	if own := a.ownDomain(app); ref == own.ID || strings.EqualFold(ref, own.Hostname) {
		return nil, dynomad.Errorf(dynomad.KindForbidden, "%s is the app's own address", own.Hostname).WithHint("it goes with the app")
	}
	d, err := a.Platform.RemoveDomain(c.ctx(), c.actor, c.app(), ref)
	return a.showDomain(app, d), err
}

func (a *API) listDomains(c *call) ([]heroku.Domain, error) {
	app, err := a.Platform.App(c.ctx(), c.actor, c.app())
	if err != nil {
		return nil, err
	}
	added, err := a.Platform.Domains(c.ctx(), c.actor, c.app())
	if err != nil {
		return nil, err
	}
	shown := []heroku.Domain{a.ownDomain(app)}
	for _, d := range added {
		shown = append(shown, a.showDomain(app, d))
	}
	return shown, nil
}

// ownDomain is an app's address without any domain added. It is no row, so that its id is made of the app's.
func (a *API) ownDomain(app dynomad.App) heroku.Domain {
	own := a.showDomain(app, dynomad.Domain{Hostname: a.host(app.Name), CreatedAt: app.CreatedAt, UpdatedAt: app.CreatedAt})
	own.ID = uuid.NewSHA1(uuid.MustParse(stackID), []byte("domain of "+app.ID)).String()
	own.Kind, own.CName = "heroku", nil
	return own
}

func (a *API) showDomain(app dynomad.App, d dynomad.Domain) heroku.Domain {
	shown := heroku.Domain{
		ID: d.ID, Hostname: d.Hostname, Kind: "custom", CName: text(a.host(app.Name)), Status: "none",
		CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt,
	}
	shown.App.ID, shown.App.Name = string(app.ID), string(app.Name)
	return shown
}
