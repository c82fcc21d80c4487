package httpapi

import (
	"errors"
	"net/http"
	"strings"

	"github.com/dynomad/dynomad"
)

// problem is the body of every answer that is an error.
type problem struct {
	ID      string `json:"id"` // Heroku's name for the sort of error
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// kinds is the table from an error's Kind to its HTTP status and Heroku's id. A kind that is not in it is KindInternal.
var kinds = map[dynomad.Kind]struct {
	status int
	id     string
}{
	dynomad.KindBadRequest:   {http.StatusBadRequest, "bad_request"},
	dynomad.KindUnauthorized: {http.StatusUnauthorized, "unauthorized"},
	dynomad.KindForbidden:    {http.StatusForbidden, "forbidden"},
	dynomad.KindNotFound:     {http.StatusNotFound, "not_found"},
	dynomad.KindConflict:     {http.StatusConflict, "conflict"},
	dynomad.KindTooLarge:     {http.StatusRequestEntityTooLarge, "too_large"},
	dynomad.KindInvalid:      {http.StatusUnprocessableEntity, "invalid_params"},
	dynomad.KindRateLimited:  {http.StatusTooManyRequests, "rate_limit"},
	dynomad.KindInternal:     {http.StatusInternalServerError, "internal_server_error"},
	dynomad.KindUnavailable:  {http.StatusServiceUnavailable, "unavailable"},
}

// fail is the one way out for errors. Causes go to the log; an internal error says nothing to the caller but the request's
// id, by which it is found there.
func (a *API) fail(c *call, err error) {
	if c.ctx().Err() != nil {
		// The caller has gone, and nobody reads this; or the server is stopping, and the caller may try again.
		err = dynomad.Errorf(dynomad.KindUnavailable, "the request was given up").WithHint("try again in a moment")
	}
	kind := dynomad.KindOf(err)
	entry, ok := kinds[kind]
	if !ok {
		kind, entry = dynomad.KindInternal, kinds[dynomad.KindInternal]
	}
	body := problem{ID: entry.id, Message: err.Error(), Hint: dynomad.HintOf(err)}
	id := c.w.Header().Get("Request-Id")
	if entry.status >= http.StatusInternalServerError && c.ctx().Err() == nil {
		a.Log.ErrorContext(c.ctx(), "request failed", "request_id", id, "method", c.r.Method, "path", c.r.URL.Path,
			"kind", string(kind), "err", err, "cause", errors.Unwrap(err))
	}
	switch kind {
	case dynomad.KindInternal:
		body = problem{ID: entry.id, Message: "something went wrong on our side", Hint: "the server's log has more under request " + id}
	case dynomad.KindUnauthorized:
		c.w.Header().Set("WWW-Authenticate", `Bearer realm="dynomad"`)
	}
	if body.Hint != "" && strings.HasPrefix(c.r.UserAgent(), "heroku-cli/") {
		body.Message += "\n" + body.Hint // which shows nothing but the message
	}
	c.status = entry.status
	if _, ok := errors.AsType[rangeError](err); ok {
		c.status, body.ID = http.StatusRequestedRangeNotSatisfiable, "requested_range_not_satisfiable"
	}
	a.encode(c, body)
}
