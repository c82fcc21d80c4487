package cli

import (
	"context"

	heroku "github.com/heroku/heroku-go/v6"
)

// WhoamiCmd shows the account behind the token.
type WhoamiCmd struct{}

// Run is `dynomad whoami`.
func (c *WhoamiCmd) Run(ctx context.Context, ui *UI, api *Client) error {
	var me heroku.Account
	if err := api.get(ctx, "/account", &me); err != nil {
		return err
	}
	if ui.JSON() {
		return ui.Document(me)
	}
	ui.Line("%s", me.Email)
	return nil
}
