package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"

	heroku "github.com/heroku/heroku-go/v6"

	"github.com/dynomad/dynomad"
)

// DeployCmd ships a directory and waits until it serves.
type DeployCmd struct {
	AppFlag
	Dir string `arg:"" optional:"" default:"." help:"The directory with the Procfile."`
	All bool   `help:"Ship files that git ignores, too: what a build has just made."`
}

// Run is `dynomad deploy`: check, pack, upload, build, release. What can be found wrong here is found before anything is sent.
func (c *DeployCmd) Run(ctx context.Context, ui *UI, api *Client, here Here) error {
	dir := here.path(c.Dir)
	app, err := c.in(dir)
	if err != nil {
		return err
	}
	processes, err := readSource(ui, dir)
	if err != nil {
		return err
	}
	source, err := listSource(ctx, dir, c.All)
	if err != nil {
		return err
	}
	for _, warning := range append(source.warnings, leftOut(processes, source)...) {
		ui.Warn("%s", warning)
	}
	url, err := c.ship(ctx, ui, api, app, source)
	if err != nil {
		return err
	}
	made, err := build(ctx, ui, api, app, url, source.commit)
	if err != nil {
		return err
	}
	if made, err = awaitRelease(ctx, ui, api, app, made.ID); err != nil {
		return err
	}
	if ui.JSON() {
		return ui.Document(made)
	}
	var shown heroku.App
	if err := api.get(ctx, at("apps", app), &shown); err != nil {
		return err
	}
	ui.Line("Released v%d, %s", made.Version, webURL(shown))
	return nil
}

// ship packs the source, uploads it, and returns the URL by which it can be built.
func (c *DeployCmd) ship(ctx context.Context, ui *UI, api *Client, app string, s parcel) (string, error) {
	packed, err := os.CreateTemp("", "dynomad-source-*.tar.gz")
	if err != nil {
		return "", fmt.Errorf("pack the source: %w", err)
	}
	defer func() {
		_ = packed.Close()
		_ = os.Remove(packed.Name())
	}()
	step := ui.Step("Packing %d files", len(s.files))
	if err := s.pack(packed); err != nil {
		return "", err
	}
	size, err := packed.Seek(0, io.SeekEnd)
	if err != nil {
		return "", fmt.Errorf("pack the source: %w", err)
	}
	step.Done("done, %s", bytesText(size))

	// The app is asked for first, so that a wrong name costs no upload.
	if err := api.get(ctx, at("apps", app), nil); err != nil {
		if dynomad.KindOf(err) == dynomad.KindNotFound {
			return "", dynomad.Errorf(dynomad.KindNotFound, "%w", err).WithHint("`dynomad create %s` makes it", app)
		}
		return "", err
	}
	var place heroku.Source
	if err := api.post(ctx, "/sources", nil, &place); err != nil {
		return "", err
	}
	step = ui.Step("Uploading")
	if err := api.upload(ctx, place.SourceBlob.PutURL, packed, size, step); err != nil {
		return "", err
	}
	step.Done("done")
	return place.SourceBlob.GetURL, nil
}

// upload puts a file to a capability URL.
func (c *Client) upload(ctx context.Context, url string, file *os.File, size int64, step *Step) error {
	body := &counted{file: io.NewSectionReader(file, 0, size), size: size, step: step}
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, url, body)
	if err != nil {
		return fmt.Errorf("upload the source: %w", err)
	}
	req.ContentLength = size
	req.Header.Set("User-Agent", c.agent)
	return c.send(req, nil)
}

// counted tells a step how much of a file has been read.
type counted struct {
	file       io.Reader
	step       *Step
	size, read int64
	percent    int64
}

func (r *counted) Read(p []byte) (int, error) {
	n, err := r.file.Read(p)
	r.read += int64(n)
	if percent := r.read * 100 / max(r.size, 1); percent != r.percent {
		r.percent = percent
		r.step.Update("%d%% of %s", percent, bytesText(r.size))
	}
	return n, err
}

// build has the source built, prints what the build says, and returns the release that came of it.
func build(ctx context.Context, ui *UI, api *Client, app, url, commit string) (release, error) {
	blob := map[string]string{"url": url}
	if commit != "" {
		blob["version"] = commit
	}
	var b heroku.Build
	if err := api.post(ctx, at("apps", app, "builds"), map[string]any{"source_blob": blob}, &b); err != nil {
		return release{}, err
	}
	look := func() (bool, string, error) {
		err := api.get(ctx, at("apps", app, "builds", b.ID), &b)
		return b.Status != "pending", b.OutputStreamURL, err
	}
	if err := follow(ctx, ui, api, look); err != nil {
		return release{}, err
	}
	if b.Status != "succeeded" || b.Release == nil {
		return release{}, dynomad.Errorf(dynomad.KindInvalid, "the build failed, so nothing was released").
			WithHint("its output above says why")
	}
	var made release
	err := api.get(ctx, at("apps", app, "releases", b.Release.ID), &made)
	return made, err
}

// bytesText is a size for people, in units of 1024: "512 B", "1.4 KB", "12.0 MB".
func bytesText(n int64) string {
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n)/1024, "KB"
	for _, larger := range []string{"MB", "GB"} {
		if value < 1023.95 {
			break
		}
		value, unit = value/1024, larger
	}
	return fmt.Sprintf("%.1f %s", value, unit)
}
