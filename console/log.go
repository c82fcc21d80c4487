package console

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/dynomad/dynomad/platform"
)

// historyShown is how many lines a page starts with.
const historyShown = 300

// logSession redirects to a fresh session of the app's log, on the very server that the page came from.
func (c *console) logSession(w http.ResponseWriter, r *http.Request, v visit) error {
	app, err := c.Platform.App(r.Context(), v.Actor, r.PathValue("app"))
	if err != nil {
		return err
	}
	session := platform.LogSession{
		App: app.ID, Source: r.FormValue("source"), Dyno: r.FormValue("dyno"), Lines: historyShown, Tail: true,
	}
	address, err := c.Platform.OpenLogs(r.Context(), v.Actor, string(app.Name), session)
	if err != nil {
		return err
	}
	u, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("read the log session's address: %w", err)
	}
	http.Redirect(w, r, u.RequestURI(), http.StatusTemporaryRedirect)
	return nil
}
