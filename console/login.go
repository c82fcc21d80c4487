package console

import (
	"net/http"
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/access"
)

// loginModel is what the login page shows.
type loginModel struct {
	frame
	Email, Next string
	Problem     error
}

func (c *console) loginPage(w http.ResponseWriter, r *http.Request) error {
	return c.show(w, http.StatusOK, "login", loginModel{frame: c.frame("Log in", nil), Next: r.FormValue("next")})
}

func (c *console) login(w http.ResponseWriter, r *http.Request) error {
	model := loginModel{frame: c.frame("Log in", nil), Email: r.FormValue("email"), Next: r.FormValue("next")}
	actor, err := c.Access.Login(r.Context(), access.Credentials{
		Email: model.Email, Password: r.FormValue("password"), From: r.RemoteAddr,
	})
	switch dynomad.KindOf(err) {
	case "":
	case dynomad.KindUnauthorized, dynomad.KindRateLimited:
		model.Problem = dynomad.Errorf(dynomad.KindOf(err), "%w", err)
		return c.show(w, statusOf(err), "login", model)
	default:
		return err
	}
	token, _, err := c.Access.Issue(r.Context(), actor, "console", sessionLife)
	if err != nil {
		return err
	}
	c.begin(w, token)
	http.Redirect(w, r, inside(model.Next), http.StatusSeeOther)
	return nil
}

// inside is where to go after the login: a page of the console, never another site.
func inside(next string) string {
	odd := strings.ContainsAny(next, "\\\r\n") || strings.Contains(next, "//") || strings.Contains(next, "/../")
	if odd || !strings.HasPrefix(next, "/console/") {
		return "/console/apps"
	}
	return next
}

func (c *console) logout(w http.ResponseWriter, r *http.Request, v visit) error {
	token, err := c.Access.Token(r.Context(), v.token)
	if err == nil {
		_, err = c.Access.Revoke(r.Context(), v.Actor, token.ID)
	}
	if err != nil {
		return err
	}
	c.end(w)
	http.Redirect(w, r, "/console/login", http.StatusSeeOther)
	return nil
}
