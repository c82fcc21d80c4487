package httpapi_test

import (
	"bytes"
	"errors"
	"net/http"
	"testing"

	heroku "github.com/heroku/heroku-go/v6"
)

// TestHerokusOwnClient goes a user's whole way with heroku-go, unchanged: what Terraform's provider is made of.
func TestHerokusOwnClient(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	for name, transport := range map[string]*heroku.Transport{
		"bearer": {BearerToken: w.token}, "basic": {Username: email, Password: w.token}, "password-only": {Password: w.token},
	} {
		client := heroku.NewService(&http.Client{Transport: transport})
		client.URL = w.url
		if account, err := client.AccountInfo(ctx); err != nil || account.Email != email {
			t.Fatalf("%s: %+v, %v", name, account, err)
		}
		app, err := client.AppCreate(ctx, heroku.AppCreateOpts{Name: new(name), Region: new("us")})
		w.ok(err)
		vars, err := client.ConfigVarUpdate(ctx, app.ID, map[string]*string{"A": new("1"), "B": nil})
		w.ok(err)
		same(t, "config", map[string]*string(vars), map[string]*string{"A": new("1")})
		source, err := client.SourceCreate(ctx)
		w.ok(err)
		w.do("PUT", source.SourceBlob.PutURL, bytes.NewReader(tarball(t, "Procfile", procfile)), auth("")).want(200)
		var order heroku.BuildCreateOpts
		order.SourceBlob.URL = &source.SourceBlob.GetURL
		build, err := client.BuildCreate(ctx, app.ID, order)
		w.ok(err)
		w.settle()
		build, err = client.BuildInfo(ctx, app.ID, build.ID)
		w.ok(err)
		release, err := client.ReleaseInfo(ctx, app.ID, build.Release.ID)
		w.ok(err)
		same(t, "release", []any{build.Status, release.Status, release.Current, release.Version}, []any{"succeeded", "succeeded", true, 3})
		scaled, err := client.FormationUpdate(ctx, app.ID, "web", heroku.FormationUpdateOpts{Quantity: new(2)})
		w.ok(err)
		again, err := client.FormationInfo(ctx, app.ID, scaled.ID)
		w.ok(err)
		same(t, "formation", again, scaled)
		dynos, err := client.DynoList(ctx, app.ID, nil)
		w.ok(err)
		same(t, "dynos", len(dynos), 2)
		_, err = client.DynoRestartAll(ctx, app.ID)
		w.ok(err)
		newest, err := client.ReleaseList(ctx, app.ID, &heroku.ListRange{Field: "version", Max: 1, Descending: true})
		w.ok(err)
		same(t, "newest", newest[0].Version, 3)
		domain, err := client.DomainCreate(ctx, app.ID, heroku.DomainCreateOpts{Hostname: name + ".example.com"})
		w.ok(err)
		_, err = client.DomainDelete(ctx, app.ID, domain.ID)
		w.ok(err)
		_, err = client.AppInfo(ctx, "nosuch")
		if e, ok := errors.AsType[heroku.Error](err); !ok || e.ID != "not_found" || e.StatusCode != http.StatusNotFound {
			t.Errorf("an app that is not there: %v", err)
		}
		_, err = client.AppDelete(ctx, app.ID)
		w.ok(err)
	}
}
