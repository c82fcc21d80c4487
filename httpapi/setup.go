package httpapi

import (
	"math"

	"github.com/dynomad/dynomad/access"
)

// setup makes the first administrator of a fresh platform, for whoever has the link that the server printed.
func (a *API) setup(c *call) (any, error) {
	var in struct {
		Token    string `json:"token"`
		Email    string `json:"email"`
		Password string `json:"password"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	token, actor, err := a.Access.Claim(c.ctx(), access.Claim{Secret: in.Token, Email: in.Email, Password: in.Password})
	return struct {
		Token string `json:"token"`
		Email string `json:"email"`
	}{token, actor.Email}, err
}

// health says whether the server can do its work, which takes a store that answers. Nomad and Consul have their own health.
func (a *API) health(c *call) (any, error) {
	_, err := a.Platform.Events(c.ctx(), math.MaxInt64, 1)
	return struct {
		Status string `json:"status"`
	}{"ok"}, err
}
