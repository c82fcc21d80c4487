package console

import (
	"net/http"

	"github.com/dynomad/dynomad"
)

// statuses is the table from a Kind to the status of a page.
var statuses = map[dynomad.Kind]int{
	dynomad.KindInvalid:      http.StatusUnprocessableEntity,
	dynomad.KindBadRequest:   http.StatusBadRequest,
	dynomad.KindNotFound:     http.StatusNotFound,
	dynomad.KindConflict:     http.StatusConflict,
	dynomad.KindUnauthorized: http.StatusUnauthorized,
	dynomad.KindForbidden:    http.StatusForbidden,
	dynomad.KindTooLarge:     http.StatusRequestEntityTooLarge,
	dynomad.KindRateLimited:  http.StatusTooManyRequests,
	dynomad.KindUnavailable:  http.StatusServiceUnavailable,
}

func statusOf(err error) int {
	if status, ok := statuses[dynomad.KindOf(err)]; ok {
		return status
	}
	return http.StatusInternalServerError
}

// errorModel is what an error's page shows.
type errorModel struct {
	frame
	Status        int
	Message, Hint string
}

// fail is the funnel of all errors. What is our own fault is logged with its cause, and shown without.
func (c *console) fail(w http.ResponseWriter, r *http.Request, v *visit, err error) {
	if r.Context().Err() != nil {
		return // nobody waits for the answer
	}
	model := errorModel{Status: statusOf(err), Message: err.Error(), Hint: dynomad.HintOf(err)}
	if model.Status == http.StatusInternalServerError {
		c.Log.Error("console", "method", r.Method, "path", r.URL.Path, "err", err)
		model.Message, model.Hint = "something went wrong on our side", "the server's log says what"
	}
	model.frame = c.frame(http.StatusText(model.Status), v)
	if err := c.show(w, model.Status, "error", model); err != nil {
		c.Log.Error("console: show an error", "err", err)
	}
}
