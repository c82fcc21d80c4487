package router

import (
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// pageData is what templates/pages/page.html shows.
type pageData struct {
	Answer
	RequestID string
}

// jsonAnswer has the shape of the API's errors and more.
type jsonAnswer struct {
	ID        string `json:"id"`
	Message   string `json:"message"`
	Hint      string `json:"hint,omitempty"`
	Code      string `json:"code,omitempty"`
	RequestID string `json:"request_id"`
}

// write answers with a page, or with JSON where the client would rather have that.
func (a Answer) write(r *Router, w http.ResponseWriter, accept []string, requestID string) error {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Request-Id", requestID)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept")
	if a.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(a.RetryAfter))
	}
	if prefersJSON(accept) {
		h.Set("Content-Type", "application/json")
		w.WriteHeader(a.Status)
		return json.NewEncoder(w).Encode(jsonAnswer{ID: a.ID, Message: a.Words, Hint: a.Hint, Code: a.Code, RequestID: requestID})
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	w.WriteHeader(a.Status)
	return r.page.Execute(w, pageData{a, requestID})
}

// prefersJSON is true where JSON is asked for by name and HTML is not wanted more. Anything at all means a page.
func prefersJSON(accept []string) bool {
	var html, jason float64
	for part := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		kind, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		q := 1.0
		if s, ok := params["q"]; ok {
			if q, err = strconv.ParseFloat(s, 64); err != nil {
				continue
			}
		}
		switch {
		case kind == "text/html", kind == "application/xhtml+xml":
			html = max(html, q)
		case kind == "application/json", strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json"):
			jason = max(jason, q)
		}
	}
	return jason > 0 && jason >= html
}
