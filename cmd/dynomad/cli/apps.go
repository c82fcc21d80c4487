package cli

import (
	"context"

	heroku "github.com/heroku/heroku-go/v6"
)

// AppsCmd lists apps.
type AppsCmd struct{}

// Run is `dynomad apps`.
func (c *AppsCmd) Run(ctx context.Context, ui *UI, api *Client) error {
	apps := []heroku.App{}
	if err := api.get(ctx, "/apps", &apps); err != nil {
		return err
	}
	if ui.JSON() {
		return ui.Document(apps)
	}
	if len(apps) == 0 {
		ui.Note("You have no apps. `dynomad create` makes one.")
		return nil
	}
	rows := make([][]string, len(apps))
	for i, app := range apps {
		state := ""
		if app.Maintenance {
			state = "(maintenance)"
		}
		rows[i] = []string{app.Name, app.Owner.Email, webURL(app), state}
	}
	ui.Table(rows)
	return nil
}
