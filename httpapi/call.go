package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dynomad/dynomad"
)

// maxBody bounds the JSON of a request, in bytes: the largest is a set of config vars.
const maxBody = 1 << 20

// call is one request on its way through the API.
type call struct {
	w      http.ResponseWriter
	r      *http.Request
	status int           // of the answer
	actor  dynomad.Actor // who is calling; none on routes for anybody
	secret string        // the token that the caller bears, if any
}

func (c *call) ctx() context.Context { return c.r.Context() }

// app is the app in the path: its id or its name.
func (c *call) app() string { return c.r.PathValue("app") }

// warn tells the user something beside the answer; stock clients print it.
func (c *call) warn(text string) { c.w.Header().Add("X-Heroku-Warning", text) }

// decode reads the body into v. No body leaves v as it is, unknown keys are ignored; what is no JSON is a BadRequest, and
// JSON of the wrong shape Invalid. Errors never repeat a value, which may be a secret.
func (c *call) decode(v any) error {
	body := json.NewDecoder(http.MaxBytesReader(c.w, c.r.Body, maxBody))
	err := body.Decode(v)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err == nil {
		if _, err = body.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = errors.New("two values")
		}
	}
	if ours, ok := errors.AsType[*dynomad.Error](err); ok {
		return ours
	}
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return dynomad.Errorf(dynomad.KindTooLarge, "the request has more than %d bytes", tooLarge.Limit)
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		field := wrong.Field
		if field == "" {
			field = "the body, or a value in it,"
		}
		return dynomad.Errorf(dynomad.KindInvalid, "%s has the wrong type", field).WithHint("it must be %s", jsonType(wrong))
	}
	return dynomad.Errorf(dynomad.KindBadRequest, "the body of the request is not one JSON object")
}

// jsonType names what was wanted in JSON's words.
func jsonType(wrong *json.UnmarshalTypeError) string {
	switch wrong.Type.Kind().String() {
	case "string":
		return "a string"
	case "bool":
		return "true or false"
	case "slice":
		return "a list"
	case "struct", "map":
		return "an object"
	}
	return "a number"
}

// missing is the error for a request that lacks something it cannot do without.
func missing(what, example string) error {
	return dynomad.Errorf(dynomad.KindInvalid, "the request has no %s", what).WithHint("for example %s", example)
}

// maxLabel bounds a commit or a description, in bytes.
const maxLabel = 256

// label refuses what would not stay one line, and its writer's line, where it is shown: in logs, in lists, on terminals.
func label(what, s string) error {
	if len(s) > maxLabel || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return dynomad.Errorf(dynomad.KindInvalid, "the %s is not one line of plain text", what).
			WithHint("use at most %d bytes without control characters", maxLabel)
	}
	return nil
}

// text is a pointer to s, or nil for "": how heroku-go's types say null.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
