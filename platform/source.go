package platform

import (
	"context"

	"github.com/dynomad/dynomad"
)

// Source is a place to upload a tarball to and to build it from.
type Source struct{ PutURL, GetURL string }

// CreateSource makes a place for any user to upload a source to. The URLs carry the permission; nothing is kept.
func (p *Platform) CreateSource(ctx context.Context, actor dynomad.Actor) (Source, error) {
	if actor.User == "" && !actor.Admin {
		return Source{}, dynomad.Errorf(dynomad.KindUnauthorized, "sign in to upload a source").WithHint("`dynomad login`")
	}
	if err := ctx.Err(); err != nil {
		return Source{}, err
	}
	key := "sources/" + p.NewID() + ".tar.gz"
	return Source{PutURL: p.Links.SourcePut(key), GetURL: p.Links.SourceGet(key)}, nil
}
