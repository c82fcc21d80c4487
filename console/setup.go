package console

import (
	"net/http"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/access"
)

// setupModel is what the page behind a fresh server's one-time link shows.
type setupModel struct {
	frame
	Token, Email string
	MinPassword  int // characters
	Problem      error
}

func (c *console) setupModel(r *http.Request) setupModel {
	return setupModel{
		frame: c.frame("Welcome", nil), Token: r.FormValue("token"), Email: r.FormValue("email"), MinPassword: access.MinPassword,
	}
}

func (c *console) setupPage(w http.ResponseWriter, r *http.Request) error {
	return c.show(w, http.StatusOK, "setup", c.setupModel(r))
}

// setup makes the first administrator and logs them in.
func (c *console) setup(w http.ResponseWriter, r *http.Request) error {
	model := c.setupModel(r)
	token, _, err := c.Access.Claim(r.Context(), access.Claim{
		Secret: model.Token, Email: model.Email, Password: r.FormValue("password"), Life: sessionLife,
	})
	switch {
	case err == nil:
	case dynomad.KindOf(err) == dynomad.KindInvalid:
		model.Problem = err
		return c.show(w, statusOf(err), "setup", model)
	default:
		return err
	}
	c.begin(w, token)
	http.Redirect(w, r, "/console/apps", http.StatusSeeOther)
	return nil
}
