package httpapi

import (
	heroku "github.com/heroku/heroku-go/v6"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/platform"
)

// createSlug makes a slug that the caller uploads to the blob's URL before releasing it.
func (a *API) createSlug(c *call) (any, error) {
	var in struct {
		ProcessTypes map[dynomad.ProcessType]string `json:"process_types"`
		Commit       string                         `json:"commit"`
		Stack        *string                        `json:"stack"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := oneOf("stack", in.Stack, stackName, stackID); err != nil {
		return nil, err
	}
	if err := label("commit", in.Commit); err != nil {
		return nil, err
	}
	slug, err := a.Platform.CreateSlug(c.ctx(), c.actor, c.app(), platform.NewSlug{Processes: in.ProcessTypes, Commit: in.Commit})
	if err != nil {
		return nil, err
	}
	shown := showSlug(slug)
	shown.Blob.Method, shown.Blob.URL = "put", a.Platform.Links.SlugPut(slug.Key)
	return shown, nil
}

func (a *API) slug(c *call) (any, error) {
	slug, err := a.Platform.Slug(c.ctx(), c.actor, c.app(), dynomad.SlugID(c.r.PathValue("slug")))
	return showSlug(slug), err
}

func showSlug(s dynomad.Slug) heroku.Slug {
	shown := heroku.Slug{
		ID: string(s.ID), Commit: text(s.Commit), ProcessTypes: map[string]string{}, CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt,
	}
	shown.Blob.Method, shown.Blob.URL = "get", s.URL
	shown.Stack.ID, shown.Stack.Name = stackID, stackName
	if s.SHA256 != "" {
		shown.Checksum = text("SHA256:" + s.SHA256)
	}
	if s.Size > 0 {
		size := int(s.Size)
		shown.Size = &size
	}
	for _, p := range s.Processes {
		shown.ProcessTypes[string(p.Type)] = p.Command
	}
	return shown
}
