package httpapi

import (
	"strconv"
	"time"

	heroku "github.com/heroku/heroku-go/v6"

	"github.com/dynomad/dynomad"
)

// release is Heroku's release and, if it failed, the reason.
type release struct {
	heroku.Release
	Reason string `json:"reason"` // in words; "" unless it failed
}

func (a *API) releases(c *call) (any, error) {
	app, err := a.Platform.App(c.ctx(), c.actor, c.app())
	if err != nil {
		return nil, err
	}
	releases, err := a.Platform.Releases(c.ctx(), c.actor, c.app())
	if err != nil {
		return nil, err
	}
	shown := make([]release, len(releases))
	for i, r := range releases {
		shown[i] = a.showRelease(app, r)
	}
	return page(c, shown,
		field[release]{"version", func(r release) string { return strconv.Itoa(r.Version) }},
		field[release]{"id", func(r release) string { return r.ID }})
}

func (a *API) release(c *call) (any, error) {
	r, err := a.Platform.Release(c.ctx(), c.actor, c.app(), c.r.PathValue("release"))
	return a.releaseAnswer(c, r, err)
}

// createRelease releases a slug again, or rolls back to an earlier release.
func (a *API) createRelease(c *call) (any, error) {
	var in struct {
		Release     string `json:"release"`
		Slug        string `json:"slug"`
		Description string `json:"description"`
		Image       string `json:"oci_image"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := label("description", in.Description); err != nil {
		return nil, err
	}
	switch {
	case in.Image != "":
		return nil, dynomad.Errorf(dynomad.KindInvalid, "container images cannot be released here").WithHint("release a slug")
	case in.Release != "" && in.Slug != "":
		return nil, dynomad.Errorf(dynomad.KindInvalid, "the request names a release and a slug").WithHint("name one of them")
	case in.Slug != "":
		r, err := a.Platform.ReleaseSlug(c.ctx(), c.actor, c.app(), dynomad.SlugID(in.Slug), in.Description)
		return a.releaseAnswer(c, r, err)
	case in.Release != "":
		r, err := a.Platform.Rollback(c.ctx(), c.actor, c.app(), in.Release)
		return a.releaseAnswer(c, r, err)
	}
	return nil, missing("release or slug", `{"release": "v3"} to roll back to it`)
}

func (a *API) releaseAnswer(c *call, r dynomad.Release, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	app, err := a.Platform.App(c.ctx(), c.actor, c.app())
	return a.showRelease(app, r), err
}

func (a *API) showRelease(app dynomad.App, r dynomad.Release) release {
	shown := release{Reason: r.Reason}
	shown.Release = heroku.Release{
		ID: string(r.ID), Version: int(r.Version), Description: r.Description, Status: string(r.Status), Current: r.Current,
		EligibleForRollback: r.Runnable(), OutputStreamURL: text(a.Platform.Links.Output(r.Output())),
		AddonPlanNames: []string{}, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
	shown.App.ID, shown.App.Name = string(app.ID), string(app.Name)
	shown.User.ID, shown.User.Email = string(r.User), r.UserEmail
	shown.Artifacts = artifacts(r.Slug)
	if r.Slug != "" {
		shown.Slug = &ref{ID: string(r.Slug)}
	}
	return shown
}

// ref and artifact are types without a name in heroku.Release.
type (
	ref = struct {
		ID string `json:"id" url:"id,key"`
	}
	artifact = struct {
		ID   string `json:"id" url:"id,key"`
		Type string `json:"type" url:"type,key"`
	}
)

func artifacts(slug dynomad.SlugID) []artifact {
	if slug == "" {
		return []artifact{}
	}
	return []artifact{{ID: string(slug), Type: "slug"}}
}

// stamp is a time as lists are ordered by it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }
