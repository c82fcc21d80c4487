package console

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dynomad/dynomad"
)

const (
	cookieName  = "dynomad_console"
	sessionLife = 7 * 24 * time.Hour
)

// visit is a request of somebody who is logged in.
type visit struct {
	dynomad.Actor
	token string // the session's
	form  string // what every form must carry, derived from the token
}

// handler serves a request; whatever it could not do is an error for the funnel.
type handler func(w http.ResponseWriter, r *http.Request) error

// anybody serves people who need not be logged in.
func (c *console) anybody(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			c.fail(w, r, nil, err)
		}
	}
}

// visitor serves people who are logged in and sends others to the login. A form without its token is refused.
func (c *console) visitor(h func(w http.ResponseWriter, r *http.Request, v visit) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := c.visitOf(r)
		switch {
		case dynomad.KindOf(err) == dynomad.KindUnauthorized:
			c.toLogin(w, r)
			return
		case err == nil && r.Method == http.MethodPost && !c.Key.Verify(formText(v.token), r.FormValue("form")):
			err = dynomad.Errorf(dynomad.KindForbidden, "this form is from an earlier login").
				WithHint("go back, reload the page and send it again")
		}
		if err == nil {
			err = h(w, r, v)
		}
		if err != nil {
			c.fail(w, r, &v, err)
		}
	}
}

// formText is what a form's token signs.
func formText(token string) string { return "console form " + token }

// visitOf finds who sends the request.
func (c *console) visitOf(r *http.Request) (visit, error) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return visit{}, dynomad.Errorf(dynomad.KindUnauthorized, "nobody is logged in")
	}
	actor, err := c.Access.Authenticate(r.Context(), cookie.Value)
	return visit{Actor: actor, token: cookie.Value, form: c.Key.Sign(formText(cookie.Value))}, err
}

// toLogin sends a page's reader to the login and back afterwards; a script's request is only told.
func (c *console) toLogin(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet || strings.Count(r.URL.Path, "/") > 3 { // below an app's page: a part of one
		http.Error(w, "log in first", http.StatusUnauthorized)
		return
	}
	http.Redirect(w, r, "/console/login?next="+url.QueryEscape(r.URL.EscapedPath()), http.StatusSeeOther)
}

// begin gives the browser a session's token.
func (c *console) begin(w http.ResponseWriter, token string) {
	c.setCookie(w, token, int(sessionLife/time.Second))
}

// end takes it away.
func (c *console) end(w http.ResponseWriter) { c.setCookie(w, "", -1) }

func (c *console) setCookie(w http.ResponseWriter, value string, age int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure is the assembly's to say: it knows whether people come by https
		Name: cookieName, Value: value, Path: "/console/", MaxAge: age,
		HttpOnly: true, Secure: c.Secure, SameSite: http.SameSiteLaxMode,
	})
}
