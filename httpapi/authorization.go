package httpapi

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	heroku "github.com/heroku/heroku-go/v6"

	"github.com/dynomad/dynomad"
)

// An authorization is Heroku's word for a token with what belongs to it.

// seconds is a duration as clients write it: 3600 or "3600".
type seconds int64

// maxLife bounds the life of a token that is to end at all, in seconds: a hundred years.
const maxLife = 100 * 365 * 24 * 3600

// UnmarshalJSON implements json.Unmarshaler.
func (s *seconds) UnmarshalJSON(data []byte) error {
	raw := string(data)
	if raw == "null" || raw == `""` {
		return nil
	}
	n, err := strconv.ParseInt(strings.Trim(raw, `"`), 10, 64)
	if err != nil || n < 1 || n > maxLife {
		return dynomad.Errorf(dynomad.KindInvalid, "expires_in is not a number of seconds").
			WithHint("use a whole number from 1 to %d, or null", maxLife)
	}
	*s = seconds(n)
	return nil
}

// authorize makes a token: for whoever logs in with a password, or for a caller that has one already.
func (a *API) authorize(c *call) (any, error) {
	var in struct {
		Description string          `json:"description"`
		ExpiresIn   seconds         `json:"expires_in"`
		Scope       []string        `json:"scope"`
		Client      json.RawMessage `json:"client"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(in.Scope, func(s string) bool { return s != "global" }) {
		return nil, dynomad.Errorf(dynomad.KindInvalid, "a token with a narrower scope cannot be made").
			WithHint(`leave scope out, or use ["global"]`)
	}
	if err := label("description", in.Description); err != nil {
		return nil, err
	}
	secret, token, err := a.Access.Issue(c.ctx(), c.actor, in.Description, time.Duration(in.ExpiresIn)*time.Second)
	return a.showToken(c, token, secret), err
}

func (a *API) authorizations(c *call) (any, error) {
	tokens, err := a.Access.Tokens(c.ctx(), c.actor)
	if err != nil {
		return nil, err
	}
	own, err := a.Access.Token(c.ctx(), c.secret)
	if err != nil {
		return nil, err
	}
	shown := make([]heroku.OAuthAuthorization, len(tokens))
	for i, t := range tokens {
		shown[i] = a.showToken(c, t, c.secretOf(t, own))
	}
	return page(c, shown, field[heroku.OAuthAuthorization]{"id", func(o heroku.OAuthAuthorization) string { return o.ID }})
}

func (a *API) authorization(c *call) (any, error) {
	own, err := a.Access.Token(c.ctx(), c.secret)
	if err != nil {
		return nil, err
	}
	ref := c.r.PathValue("authorization")
	if ref == "~" {
		ref = own.ID
	}
	tokens, err := a.Access.Tokens(c.ctx(), c.actor)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(tokens, func(t dynomad.Token) bool { return t.ID == ref })
	if at < 0 {
		return nil, dynomad.Errorf(dynomad.KindNotFound, "there is no authorization %q", ref)
	}
	return a.showToken(c, tokens[at], c.secretOf(tokens[at], own)), nil
}

func (a *API) revoke(c *call) (any, error) {
	ref := c.r.PathValue("authorization")
	if ref == "~" {
		return a.logout(c)
	}
	token, err := a.Access.Revoke(c.ctx(), c.actor, ref)
	return a.showToken(c, token, redacted), err
}

// logout revokes the token that the request came with.
func (a *API) logout(c *call) (any, error) {
	own, err := a.Access.Token(c.ctx(), c.secret)
	if err == nil {
		own, err = a.Access.Revoke(c.ctx(), c.actor, own.ID)
	}
	return a.showToken(c, own, redacted), err
}

// redacted stands for secrets that nobody has any more.
const redacted = "dyn_**********"

// secretOf is the secret of t as far as the caller knows it already: clients find their own token among others by it.
func (c *call) secretOf(t, own dynomad.Token) string {
	if t.ID == own.ID {
		return c.secret
	}
	return redacted
}

func (a *API) showToken(c *call, t dynomad.Token, secret string) heroku.OAuthAuthorization {
	shown := heroku.OAuthAuthorization{
		ID: t.ID, Description: t.Description, Scope: []string{"global"}, CreatedAt: t.CreatedAt, UpdatedAt: t.CreatedAt,
	}
	shown.AccessToken = &struct {
		ExpiresIn *int   `json:"expires_in" url:"expires_in,key"`
		ID        string `json:"id" url:"id,key"`
		Token     string `json:"token" url:"token,key"`
	}{ID: t.ID, Token: secret}
	if !t.ExpiresAt.IsZero() {
		left := max(0, int(t.ExpiresAt.Sub(a.Platform.Now()).Seconds()))
		shown.AccessToken.ExpiresIn = &left
	}
	shown.User.ID, shown.User.Email = string(c.actor.User), c.actor.Email
	return shown
}
