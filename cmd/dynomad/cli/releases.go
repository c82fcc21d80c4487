package cli

import (
	"context"
	"fmt"
	"net/http"

	"github.com/dynomad/dynomad"
)

// ReleasesCmd lists releases, the newest first.
type ReleasesCmd struct {
	AppFlag
	Num int `short:"n" default:"15" help:"How many at most."`
}

// Run is `dynomad releases`.
func (c *ReleasesCmd) Run(ctx context.Context, ui *UI, api *Client, here Here) error {
	name, err := c.in(here.Dir)
	if err != nil {
		return err
	}
	releases, err := newestReleases(ctx, api, name, c.Num)
	if err != nil {
		return err
	}
	if ui.JSON() {
		return ui.Document(releases)
	}
	current := "none"
	rows := make([][]string, len(releases))
	for i, r := range releases {
		if r.Current {
			current = fmt.Sprintf("v%d", r.Version)
		}
		rows[i] = []string{fmt.Sprintf("v%d", r.Version), r.Description + remark(r), r.User.Email, when(r.CreatedAt)}
	}
	ui.Heading("%s Releases - Current: %s", name, current)
	ui.Table(rows)
	return nil
}

// remark says how a release ended, unless it ended well.
func remark(r release) string {
	switch {
	case r.Status == "failed" && r.Reason != "":
		return " (failed: " + r.Reason + ")"
	case r.Status == "succeeded":
		return ""
	default:
		return " (" + r.Status + ")"
	}
}

// newestReleases lists at most limit releases, the newest first.
func newestReleases(ctx context.Context, api *Client, app string, limit int) ([]release, error) {
	if limit < 1 || limit > 1000 {
		return nil, dynomad.Errorf(dynomad.KindInvalid, "%d is not a number of releases from 1 to 1000", limit)
	}
	req, err := api.request(ctx, http.MethodGet, at("apps", app, "releases"), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Range", fmt.Sprintf("version ..; max=%d, order=desc", limit))
	releases := []release{}
	err = api.send(req, &releases)
	return releases, err
}

// newestRelease is the last release made, whatever became of it.
func newestRelease(ctx context.Context, api *Client, app string) (release, error) {
	releases, err := newestReleases(ctx, api, app, 1)
	if err != nil || len(releases) == 0 {
		return release{}, err
	}
	return releases[0], nil
}
