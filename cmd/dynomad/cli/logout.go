package cli

import (
	"context"

	heroku "github.com/heroku/heroku-go/v6"

	"github.com/dynomad/dynomad"
)

// LogoutCmd revokes the remembered token and forgets it.
type LogoutCmd struct{}

// Run is `dynomad logout`. A server that is away or has forgotten the token is no reason to keep it.
func (c *LogoutCmd) Run(ctx context.Context, ui *UI, here Here) error {
	file := credentialsPath(here.Getenv)
	remembered, err := readCredentials(file)
	if err != nil {
		return err
	}
	host, err := hostOf(here, remembered)
	if err != nil {
		return err
	}
	known, ok := remembered.Hosts[host]
	if !ok {
		return dynomad.Errorf(dynomad.KindUnauthorized, "you are not logged in to %s", host)
	}
	step := ui.Step("Logging out of %s", host)
	result := "done"
	if err := revoke(ctx, newClient(host, known.Token, here)); err != nil && dynomad.KindOf(err) != dynomad.KindUnauthorized {
		result = "forgotten here, but not revoked there: " + err.Error()
	}
	delete(remembered.Hosts, host)
	if err := remembered.write(file); err != nil {
		return err
	}
	step.Done("%s", result)
	return nil
}

// revoke deletes the authorization of the token that the client uses.
func revoke(ctx context.Context, api *Client) error {
	var own heroku.OAuthAuthorization
	if err := api.get(ctx, "/oauth/authorizations/~", &own); err != nil {
		return err
	}
	return api.delete(ctx, at("oauth", "authorizations", own.ID), nil)
}
