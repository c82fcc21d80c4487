package httpapi

import (
	heroku "github.com/heroku/heroku-go/v6"

	"github.com/dynomad/dynomad"
)

// createSource answers where to upload a tarball to, and how to name it in a build afterwards.
func (a *API) createSource(c *call) (any, error) {
	source, err := a.Platform.CreateSource(c.ctx(), c.actor)
	var shown heroku.Source
	shown.SourceBlob.PutURL, shown.SourceBlob.GetURL = source.PutURL, source.GetURL
	return shown, err
}

func (a *API) createBuild(c *call) (any, error) {
	var in struct {
		SourceBlob struct {
			URL      string  `json:"url"`
			Version  *string `json:"version"`
			Checksum *string `json:"checksum"`
		} `json:"source_blob"`
		Buildpacks []struct {
			URL string `json:"url"`
		} `json:"buildpacks"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.SourceBlob.URL == "" {
		return nil, missing("source_blob.url", `{"source_blob": {"url": "the get_url of a source"}}`)
	}
	commit := ""
	if in.SourceBlob.Version != nil {
		commit = *in.SourceBlob.Version
	}
	if err := label("version of the source", commit); err != nil {
		return nil, err
	}
	if in.SourceBlob.Checksum != nil {
		c.warn("The checksum is not compared: the upload is hashed as it arrives, and the hash names the slug.")
	}
	if len(in.Buildpacks) > 0 {
		c.warn("Buildpacks are not used: the source becomes the slug as it is.")
	}
	b, err := a.Platform.CreateBuild(c.ctx(), c.actor, c.app(), in.SourceBlob.URL, commit)
	return a.showBuild(b), err
}

func (a *API) builds(c *call) (any, error) {
	builds, err := a.Platform.Builds(c.ctx(), c.actor, c.app())
	if err != nil {
		return nil, err
	}
	shown := make([]heroku.Build, len(builds))
	for i, b := range builds {
		shown[i] = a.showBuild(b)
	}
	created := func(b heroku.Build) string { return stamp(b.CreatedAt) }
	return page(c, shown, field[heroku.Build]{"created_at", created}, field[heroku.Build]{"started_at", created},
		field[heroku.Build]{"id", func(b heroku.Build) string { return b.ID }})
}

func (a *API) build(c *call) (any, error) {
	b, err := a.Platform.Build(c.ctx(), c.actor, c.app(), dynomad.BuildID(c.r.PathValue("build")))
	return a.showBuild(b), err
}

func (a *API) showBuild(b dynomad.Build) heroku.Build {
	shown := heroku.Build{
		ID: string(b.ID), Status: string(b.Status), Stack: stackName, OutputStreamURL: a.Platform.Links.Output(b.Output()),
		CreatedAt: b.CreatedAt, UpdatedAt: b.UpdatedAt,
	}
	shown.App.ID = string(b.App)
	shown.User.ID, shown.User.Email = string(b.User), b.UserEmail
	shown.SourceBlob.URL, shown.SourceBlob.Version = a.Platform.Links.SourceGet(b.SourceKey), text(b.Commit)
	if b.Slug != "" {
		shown.Slug = &ref{ID: string(b.Slug)}
	}
	if b.Release != "" {
		shown.Release = &ref{ID: string(b.Release)}
	}
	return shown
}
