package httpapi

import "github.com/dynomad/dynomad"

// route is one line of the table.
type route struct {
	pattern string                         // as net/http.ServeMux reads it
	status  int                            // of an answer without an error
	who     func(*API, *call) error        // who may send it
	answer  func(*API, *call) (any, error) // what it does
}

// routes is everything that the API answers.
func routes() []route {
	return []route{
		{"GET /account", 200, user, (*API).account},
		{"GET /users/{user}", 200, user, (*API).account},
		{"GET /users/{user}/apps", 200, user, (*API).ownApps},

		{"GET /apps", 200, user, (*API).apps},
		{"POST /apps", 201, user, (*API).createApp},
		{"GET /apps/{app}", 200, user, (*API).app},
		{"PATCH /apps/{app}", 200, user, (*API).maintain},
		{"DELETE /apps/{app}", 200, user, (*API).destroy},

		{"GET /apps/{app}/config-vars", 200, user, (*API).config},
		{"PATCH /apps/{app}/config-vars", 200, user, (*API).configure},
		{"GET /apps/{app}/releases/{release}/config-vars", 200, user, (*API).releaseConfig},

		{"POST /sources", 201, user, (*API).createSource},
		{"POST /apps/{app}/sources", 201, user, (*API).createSource},
		{"GET /apps/{app}/builds", 200, user, (*API).builds},
		{"POST /apps/{app}/builds", 201, user, (*API).createBuild},
		{"GET /apps/{app}/builds/{build}", 200, user, (*API).build},
		{"POST /apps/{app}/slugs", 201, user, (*API).createSlug},
		{"GET /apps/{app}/slugs/{slug}", 200, user, (*API).slug},

		{"GET /apps/{app}/releases", 200, user, (*API).releases},
		{"POST /apps/{app}/releases", 201, user, (*API).createRelease},
		{"GET /apps/{app}/releases/{release}", 200, user, (*API).release},

		{"GET /apps/{app}/formation", 200, user, (*API).formation},
		{"PATCH /apps/{app}/formation", 200, user, (*API).scale},
		{"GET /apps/{app}/formation/{formation}", 200, user, (*API).formationEntry},
		{"PATCH /apps/{app}/formation/{formation}", 200, user, (*API).scaleEntry},

		{"GET /apps/{app}/dynos", 200, user, (*API).dynos},
		{"DELETE /apps/{app}/dynos", 202, user, (*API).restart},
		{"GET /apps/{app}/dynos/{dyno}", 200, user, (*API).dyno},
		{"DELETE /apps/{app}/dynos/{dyno}", 202, user, (*API).restart},
		{"DELETE /apps/{app}/formations/{dyno}", 202, user, (*API).restart},

		{"POST /apps/{app}/log-sessions", 201, user, (*API).openLogs},

		{"GET /apps/{app}/domains", 200, user, (*API).domains},
		{"POST /apps/{app}/domains", 201, user, (*API).addDomain},
		{"GET /apps/{app}/domains/{domain}", 200, user, (*API).domain},
		{"DELETE /apps/{app}/domains/{domain}", 200, user, (*API).removeDomain},

		{"GET /oauth/authorizations", 200, user, (*API).authorizations},
		{"POST /oauth/authorizations", 201, login, (*API).authorize},
		{"GET /oauth/authorizations/{authorization}", 200, user, (*API).authorization},
		{"DELETE /oauth/authorizations/{authorization}", 200, user, (*API).revoke},
		{"DELETE /oauth/sessions/~", 200, user, (*API).logout},

		{"GET /stacks", 200, user, (*API).stacks},
		{"GET /dyno-sizes", 200, user, (*API).dynoSizes},

		{"GET /dynomad/edge", 200, machine, (*API).edge},
		{"GET /dynomad/outputs/{output}", 200, anybody, (*API).output}, // its URL carries the permission
		{"POST /dynomad/setup", 201, anybody, (*API).setup},            // its body carries the permission
		{"GET /health", 200, anybody, (*API).health},

		{"/", 404, anybody, (*API).nowhere},
	}
}

func (a *API) nowhere(c *call) (any, error) {
	return nil, dynomad.Errorf(dynomad.KindNotFound, "there is nothing at %s %s", c.r.Method, c.r.URL.Path).
		WithHint("the API has the paths of Heroku's Platform API, as far as it goes; the web console is at /console/")
}
