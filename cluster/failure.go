package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
)

// request is one thing asked of Nomad, for saying what went wrong with it.
type request struct {
	doing string // "read the job hello"
	needs string // the ACL capability that Nomad wants for it
}

// failed makes one of our errors of one of Nomad's. Whoever gave up waiting gets the context's own error back.
func (r request) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", r.doing, ctx.Err())
	}
	var answer api.UnexpectedResponseError
	if !errors.As(err, &answer) || !answer.HasStatusCode() {
		return dynomad.Errorf(dynomad.KindUnavailable, "cannot %s: nomad cannot be reached: %w", r.doing, err).
			WithHint("the apps run on; trying again helps once Nomad answers at NOMAD_ADDR")
	}
	words := cleaned(answer.Body())
	failure := &dynomad.Error{Kind: kindOf(answer.StatusCode(), words), Err: err}
	switch failure.Kind {
	case dynomad.KindForbidden:
		failure.Message = "nomad does not let dynomad " + r.doing
		return failure.WithHint("the server's token (NOMAD_TOKEN) needs %s in its namespace; `dynomad doctor` lists all it lacks",
			r.needs)
	case dynomad.KindConflict:
		failure.Message = "cannot " + r.doing + ": somebody else changed the job meanwhile"
	case dynomad.KindInvalid:
		failure.Message = "nomad refuses to " + r.doing + ": " + words
	default:
		failure.Message = "cannot " + r.doing + ": nomad says: " + words
	}
	return failure
}

// Nomad answers most refusals as 500, so that only its words tell them from its own troubles.
var (
	conflicting = regexp.MustCompile(`(?i)^enforcing job modify index`)
	refused     = regexp.MustCompile(`(?i)\d+ errors? occurred|validation failed|invalid|nonexistent|not allowed|is not enabled`)
	noSuch      = regexp.MustCompile(`(?i)not found|unknown allocation`)
)

func kindOf(status int, words string) dynomad.Kind {
	switch {
	case status == http.StatusForbidden, status == http.StatusUnauthorized:
		return dynomad.KindForbidden
	case status == http.StatusConflict, conflicting.MatchString(words):
		return dynomad.KindConflict
	case status == http.StatusNotFound:
		return dynomad.KindNotFound
	case status == http.StatusRequestEntityTooLarge:
		return dynomad.KindTooLarge
	case status == http.StatusTooManyRequests, status == http.StatusBadGateway, status == http.StatusServiceUnavailable:
		return dynomad.KindUnavailable
	case status < http.StatusInternalServerError, refused.MatchString(words):
		return dynomad.KindInvalid
	case noSuch.MatchString(words):
		return dynomad.KindNotFound
	}
	// No leader, a lost connection between servers: whatever it is, it passes or an operator must look.
	return dynomad.KindUnavailable
}

// cleaned makes one line of Nomad's often starred and indented answers.
func cleaned(words string) string {
	words = strings.TrimPrefix(words, "rpc error: ")
	return strings.Join(strings.Fields(words), " ")
}
