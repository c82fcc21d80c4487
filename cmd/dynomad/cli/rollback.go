package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/dynomad/dynomad"
)

// RollbackCmd makes a new release with the slug and config of an old one.
type RollbackCmd struct {
	AppFlag
	Release string `arg:"" optional:"" help:"The release to go back to, for example v3; the one before otherwise."`
}

// Run is `dynomad rollback`.
func (c *RollbackCmd) Run(ctx context.Context, ui *UI, api *Client, here Here) error {
	name, err := c.in(here.Dir)
	if err != nil {
		return err
	}
	target, err := c.target(ctx, api, name)
	if err != nil {
		return err
	}
	step := ui.Step("Rolling back %s to v%d", name, target.Version)
	var made release
	if err := api.post(ctx, at("apps", name, "releases"), map[string]string{"release": target.ID}, &made); err != nil {
		return err
	}
	step.Done("done, v%d", made.Version)
	if made, err = awaitRelease(ctx, ui, api, name, made.ID); err != nil {
		return err
	}
	if ui.JSON() {
		return ui.Document(made)
	}
	return nil
}

// target is the release that was named, or the newest usable one under the current.
func (c *RollbackCmd) target(ctx context.Context, api *Client, app string) (release, error) {
	var found release
	if c.Release != "" {
		version, err := strconv.Atoi(strings.TrimPrefix(c.Release, "v"))
		if err != nil || version < 1 {
			return found, dynomad.Errorf(dynomad.KindInvalid, "%q is not a release", c.Release).
				WithHint("`dynomad releases` lists them: v1, v2, …")
		}
		err = api.get(ctx, at("apps", app, "releases", strconv.Itoa(version)), &found)
		return found, err
	}
	releases, err := newestReleases(ctx, api, app, 1000)
	if err != nil {
		return found, err
	}
	current := 0
	for _, r := range releases { // the newest first
		if r.Current {
			current = r.Version
		}
		if r.Version < current && r.EligibleForRollback {
			return r, nil
		}
	}
	return found, dynomad.Errorf(dynomad.KindConflict, "%s has no release to go back to", app)
}

// awaitRelease prints what a release tells of itself until it has succeeded or failed. A failed one is an error.
func awaitRelease(ctx context.Context, ui *UI, api *Client, app, id string) (release, error) {
	var r release
	look := func() (bool, string, error) {
		err := api.get(ctx, at("apps", app, "releases", id), &r)
		stream := ""
		if r.OutputStreamURL != nil {
			stream = *r.OutputStreamURL
		}
		return r.Status != "pending", stream, err
	}
	if err := follow(ctx, ui, api, look); err != nil {
		return r, err
	}
	switch r.Status {
	case "succeeded":
		return r, nil
	case "failed":
		reason := r.Reason
		if reason == "" {
			reason = "its output above says why"
		}
		return r, dynomad.Errorf(dynomad.KindInvalid, "release v%d failed: %s", r.Version, reason).
			WithHint("%s", afterFailure(ctx, api, app))
	default:
		return r, dynomad.Errorf(dynomad.KindConflict, "release v%d %s: a newer one took its place", r.Version, r.Status)
	}
}

// afterFailure says what serves after a release failed.
func afterFailure(ctx context.Context, api *Client, app string) string {
	releases, err := newestReleases(ctx, api, app, 1000)
	if err == nil {
		for _, r := range releases {
			if r.Current && r.Slug != nil {
				return fmt.Sprintf("v%d goes on serving; `dynomad logs` may tell more", r.Version)
			}
		}
	}
	return "`dynomad logs` may tell more"
}
