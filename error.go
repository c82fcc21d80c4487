package dynomad

import (
	"errors"
	"fmt"
)

// Kind says what sort of failure an Error is. Each door (HTTP, terminal, database driver) has one table from Kind to its
// own codes; nothing branches on an error's text.
type Kind string

// The kinds, each with the HTTP status that the API answers.
const (
	KindInvalid      Kind = "invalid_params" // 422: the caller can mend it by changing the request
	KindBadRequest   Kind = "bad_request"    // 400: the request cannot be read at all
	KindNotFound     Kind = "not_found"      // 404: no such thing, or not visible to this actor
	KindConflict     Kind = "conflict"       // 409: somebody else wrote first, or the state forbids it now
	KindUnauthorized Kind = "unauthorized"   // 401: we do not know who you are
	KindForbidden    Kind = "forbidden"      // 403: we know who you are, and you may not
	KindTooLarge     Kind = "too_large"      // 413: beyond a limit that the message names
	KindRateLimited  Kind = "rate_limit"     // 429: too many attempts; waiting helps
	KindUnavailable  Kind = "unavailable"    // 503: Nomad, Consul or the store is away; trying again may help
	KindInternal     Kind = "internal"       // 500: our fault; the message says nothing of the inside
)

// Error is the one error type that reaches people. Message is a sentence for them, lower case and without a full stop;
// Hint says what to do about it; Err is the cause, for the log only.
type Error struct {
	Kind    Kind
	Message string
	Hint    string
	Err     error
}

// Errorf makes an Error of a kind. A %w in the format becomes its cause.
func Errorf(kind Kind, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Message: err.Error(), Err: errors.Unwrap(err)}
}

// WithHint returns a copy of e that says what to do about it.
func (e *Error) WithHint(format string, args ...any) *Error {
	c := *e
	c.Hint = fmt.Sprintf(format, args...)
	return &c
}

// Error is the message alone; doors that have room print the Hint on a line of its own.
func (e *Error) Error() string { return e.Message }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf finds the kind of the first Error in err's chain; an error that is none of ours is KindInternal, nil is "".
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return KindInternal
}

// HintOf finds the hint of the first Error in err's chain, or "".
func HintOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Hint
	}
	return ""
}
