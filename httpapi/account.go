package httpapi

import (
	heroku "github.com/heroku/heroku-go/v6"

	"github.com/dynomad/dynomad"
)

// account answers the caller's own account; other people's are nobody's business.
func (a *API) account(c *call) (any, error) {
	if err := c.self(); err != nil {
		return nil, err
	}
	u, err := a.Access.User(c.ctx(), c.actor)
	if err != nil {
		return nil, err
	}
	return heroku.Account{ID: string(u.ID), Email: u.Email, CreatedAt: u.CreatedAt, UpdatedAt: u.CreatedAt, Verified: true}, nil
}

// self refuses a user in the path who is not the caller.
func (c *call) self() error {
	switch ref := c.r.PathValue("user"); ref {
	case "", "~", string(c.actor.User), c.actor.Email:
		return nil
	default:
		return dynomad.Errorf(dynomad.KindNotFound, "there is no user %q that you may see", ref)
	}
}
