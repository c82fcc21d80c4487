package httpapi

import (
	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/platform"
)

// edge tells the router how a host stands that has no live route.
func (a *API) edge(c *call) (any, error) {
	host := c.r.URL.Query().Get("host")
	if host == "" {
		return nil, missing("host", "/dynomad/edge?host=hello.localhost")
	}
	state, app, err := a.Platform.Edge(c.ctx(), host)
	if err != nil {
		return nil, err
	}
	var id dynomad.AppID
	if app != "" {
		id, err = a.Platform.AppID(c.ctx(), app)
	}
	return struct {
		State platform.EdgeState `json:"state"`
		App   dynomad.AppName    `json:"app"`
		AppID dynomad.AppID      `json:"app_id"`
	}{state, app, id}, err
}
