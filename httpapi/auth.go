package httpapi

import (
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/access"
)

// The who column of the table.

// anybody lets everybody in: the route has a permission of its own, or needs none.
func anybody(*API, *call) error { return nil }

// user lets in whoever bears a user's token: as "Bearer TOKEN", or as the password of Basic with any user name, which is
// how git, docker and Terraform send it.
func user(a *API, c *call) (err error) {
	if c.secret = c.bearer(); c.secret == "" {
		return dynomad.Errorf(dynomad.KindUnauthorized, "this request carries no token").
			WithHint("log in, for instance with `dynomad login`, and send \"Authorization: Bearer TOKEN\"")
	}
	c.actor, err = a.Access.Authenticate(c.ctx(), c.secret)
	return err
}

// login lets in users as above, and whoever knows an e-mail address and its password, as Basic.
func login(a *API, c *call) error {
	tokenErr := user(a, c)
	email, password, basic := c.r.BasicAuth()
	if tokenErr == nil || !basic || email == "" || dynomad.KindOf(tokenErr) != dynomad.KindUnauthorized {
		return tokenErr
	}
	actor, err := a.Access.Login(c.ctx(), access.Credentials{Email: email, Password: password, From: c.r.RemoteAddr})
	c.actor, c.secret = actor, ""
	return err
}

// machine lets in the platform's own programs.
func machine(a *API, c *call) error {
	if !a.Access.Machine(c.bearer()) {
		return dynomad.Errorf(dynomad.KindUnauthorized, "this request needs the machine token").
			WithHint("the server keeps it in keys/machine.token of its data folder")
	}
	return nil
}

func (c *call) bearer() string {
	scheme, token, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	_, password, _ := c.r.BasicAuth()
	return password
}
