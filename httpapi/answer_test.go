package httpapi_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

type object = map[string]any

// answer is what came back.
type answer struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	raw    string
	body   any // decoded; nil if it is no JSON
}

type option func(*http.Request)

func header(name, value string) option {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// auth sends another Authorization than the administrator's; "" sends none.
func auth(value string) option {
	return func(r *http.Request) {
		r.Header.Del("Authorization")
		if value != "" {
			r.Header.Set("Authorization", value)
		}
	}
}

func basic(user, password string) option {
	return func(r *http.Request) { r.SetBasicAuth(user, password) }
}

// do sends a request; a body that is no io.Reader is sent as JSON.
func (w *world) do(method, path string, body any, options ...option) answer {
	w.t.Helper()
	var content io.Reader
	switch b := body.(type) {
	case nil:
	case io.Reader:
		content = b
	default:
		data, err := json.Marshal(body)
		w.ok(err)
		content = bytes.NewReader(data)
	}
	if !strings.HasPrefix(path, "http") {
		path = w.url + path
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, path, content)
	w.ok(err)
	req.Header.Set("Authorization", "Bearer "+w.token)
	req.Header.Set("Accept", "application/vnd.heroku+json; version=3")
	for _, o := range options {
		o(req)
	}
	res, err := http.DefaultClient.Do(req)
	w.ok(err)
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	w.ok(err)
	a := answer{t: w.t, what: method + " " + path, status: res.StatusCode, header: res.Header, raw: string(raw)}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(raw, &a.body); err != nil {
			w.t.Errorf("%s: %v in %s", a.what, err, raw)
		}
		if a.status < 300 {
			conforms(w.t, method, req.URL.EscapedPath(), a.body)
		}
	}
	return a
}

// want checks the status and returns the answer.
func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: %d, want %d: %s", a.what, a.status, status, a.raw)
	}
	return a
}

// refused checks an error's status, id and a part of its message or hint.
func (a answer) refused(status int, id, part string) {
	a.t.Helper()
	body, _ := a.body.(object)
	if a.status != status || body["id"] != id || !strings.Contains(a.raw, part) || body["message"] == "" {
		a.t.Errorf("%s: %d %s, want %d %s with %q", a.what, a.status, a.raw, status, id, part)
	}
	if a.header.Get("Request-Id") == "" {
		a.t.Errorf("%s: no Request-Id", a.what)
	}
}

// at walks down the answer: keys of objects and indexes of lists.
func (a answer) at(path ...any) any {
	a.t.Helper()
	here := a.body
	for _, step := range path {
		switch s := step.(type) {
		case string:
			here = here.(object)[s]
		case int:
			here = here.([]any)[s]
		}
	}
	return here
}

func (a answer) text(path ...any) string {
	a.t.Helper()
	text, ok := a.at(path...).(string)
	if !ok {
		a.t.Fatalf("%s: no string at %v: %s", a.what, path, a.raw)
	}
	return text
}

// each is one key of every entry of a list.
func (a answer) each(key string) []any {
	a.t.Helper()
	list, ok := a.body.([]any)
	if !ok {
		a.t.Fatalf("%s: no list: %s", a.what, a.raw)
	}
	values := make([]any, len(list))
	for i := range list {
		values[i] = a.at(i, key)
	}
	return values
}
