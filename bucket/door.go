package bucket

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/dynomad/dynomad"
)

// Door serves a Bucket over HTTP to whoever holds a capability:
//
//	GET, HEAD /blobs/KEY?op=get&sig=…    the blob; ranges work
//	PUT       /blobs/KEY?op=put&sig=…    stores it, once; answers its sha256 and size
//
// A wrong, missing or foreign signature is 403 whether the blob exists or not.
type Door struct {
	Bucket *Bucket
	Links  Links
	Limit  int64 // bytes of one upload; 0: DefaultLimit
	Log    *slog.Logger
}

// ServeHTTP answers one request.
func (d Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key, op, ok := d.Links.Parse(r.URL.String())
	switch {
	case !ok:
		d.fail(w, r, dynomad.Errorf(dynomad.KindForbidden, "this URL is not signed by this platform").
			WithHint("use the URL as it was given, unchanged"))
	case op == Get && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		d.get(w, r, key)
	case op == Put && r.Method == http.MethodPut:
		d.put(w, r, key)
	default:
		d.fail(w, r, dynomad.Errorf(dynomad.KindForbidden, "this URL allows %s, not %s", op, r.Method))
	}
}

func (d Door) get(w http.ResponseWriter, r *http.Request, key string) {
	blob, err := d.Bucket.reader(r.Context(), key)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	defer func() { _ = blob.Close() }()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Cache-Control", "private, immutable, max-age=31536000")
	http.ServeContent(w, r, "", blob.ModTime(), blob)
}

func (d Door) put(w http.ResponseWriter, r *http.Request, key string) {
	limit := d.Limit
	if limit <= 0 {
		limit = DefaultLimit
	}
	if r.ContentLength > limit {
		d.fail(w, r, dynomad.Errorf(dynomad.KindTooLarge, "the upload has %d bytes, more than the limit of %d", r.ContentLength, limit))
		return
	}
	// Asked here too, although Put asks: nobody shall send half a gigabyte to hear that the place is taken.
	if there, err := d.Bucket.Exists(r.Context(), key); err != nil || there {
		if err == nil {
			err = taken(key)
		}
		d.fail(w, r, err)
		return
	}
	stored, err := d.Bucket.Put(r.Context(), key, r.Body, limit)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.answer(w, http.StatusOK, map[string]any{"sha256": stored.SHA256, "size": stored.Size})
}

// statuses is the Door's table from Kind to HTTP status; what it does not list is 500.
var statuses = map[dynomad.Kind]int{
	dynomad.KindForbidden:   http.StatusForbidden,
	dynomad.KindNotFound:    http.StatusNotFound,
	dynomad.KindConflict:    http.StatusConflict,
	dynomad.KindTooLarge:    http.StatusRequestEntityTooLarge,
	dynomad.KindBadRequest:  http.StatusBadRequest,
	dynomad.KindInvalid:     http.StatusUnprocessableEntity,
	dynomad.KindUnavailable: http.StatusServiceUnavailable,
}

// fail is the Door's one way to answer an error. Causes go to the log, never to the caller.
func (d Door) fail(w http.ResponseWriter, r *http.Request, err error) {
	kind := dynomad.KindOf(err)
	status, ok := statuses[kind]
	if !ok {
		status = http.StatusInternalServerError
	}
	if status >= http.StatusInternalServerError {
		d.Log.ErrorContext(r.Context(), "bucket request failed",
			"method", r.Method, "path", r.URL.Path, "err", err, "cause", errors.Unwrap(err))
	}
	d.answer(w, status, map[string]any{"id": string(kind), "message": err.Error(), "hint": dynomad.HintOf(err)})
}

func (d Door) answer(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		d.Log.Debug("bucket answer not delivered", "err", err)
	}
}
