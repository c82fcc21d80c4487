package console

import (
	"net/http"
	"net/url"

	"github.com/dynomad/dynomad"
)

// appsModel is the list of apps.
type appsModel struct {
	frame
	Apps []appRow
}

type appRow struct {
	dynomad.App
	URL string
}

func (c *console) apps(w http.ResponseWriter, r *http.Request, v visit) error {
	apps, err := c.Platform.Apps(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	model := appsModel{frame: c.frame("Apps", &v)}
	for _, app := range apps {
		model.Apps = append(model.Apps, appRow{app, c.Platform.WebURL(app.Name)})
	}
	return c.show(w, http.StatusOK, "apps", model)
}

func (c *console) create(w http.ResponseWriter, r *http.Request, v visit) error {
	app, err := c.Platform.CreateApp(r.Context(), v.Actor, dynomad.AppName(r.FormValue("name")))
	if err != nil {
		return err
	}
	toApp(w, r, string(app.Name))
	return nil
}

// toApp goes to an app's page, which then shows what a form has changed.
func toApp(w http.ResponseWriter, r *http.Request, name string) {
	http.Redirect(w, r, "/console/apps/"+url.PathEscape(name), http.StatusSeeOther)
}
