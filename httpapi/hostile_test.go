package httpapi_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/dynomad/dynomad/httpapi"
)

// words are the keys that the API reads, and values that mean something to it.
var words = []string{
	"name", "region", "stack", "maintenance", "build_stack", "source_blob", "url", "version", "checksum", "buildpacks", "process_types",
	"commit", "release", "slug", "description", "oci_image", "updates", "type", "quantity", "size", "dyno_size", "docker_image", "dyno",
	"lines", "source", "tail", "hostname", "sni_endpoint", "expires_in", "scope", "client", "token", "email", "password",
	"hello", "web", "web.1", "v2", "2", "~", "global", "PORT", "A", "", "..", "/", "a/b", "%2F", "\x00", "é", "*.example.com", "+1", "-1", "us", "standard-1x",
}

func word(t *rapid.T) string {
	return rapid.OneOf(rapid.SampledFrom(words), rapid.String()).Draw(t, "word")
}

// value is any JSON, not too deep.
func value(t *rapid.T, depth int) any {
	kinds := 7
	if depth == 0 {
		kinds = 5
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2:
		return rapid.Int64().Draw(t, "int")
	case 3:
		return rapid.Float64Range(-1e300, 1e300).Draw(t, "float")
	case 4:
		return word(t)
	case 5:
		list := make([]any, rapid.IntRange(0, 3).Draw(t, "length"))
		for i := range list {
			list[i] = value(t, depth-1)
		}
		return list
	}
	in := object{}
	for range rapid.IntRange(0, 4).Draw(t, "size") {
		in[word(t)] = value(t, depth-1)
	}
	return in
}

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

// TestNothingBadIsOurFault sends nonsense that looks a little like sense to every route: the answer is never a 500.
func TestNothingBadIsOurFault(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/apps", object{"name": "hello"}).want(201)
	w.deploy("hello", "Procfile", procfile)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	rapid.Check(t, func(t *rapid.T) {
		method, path, ok := strings.Cut(rapid.SampledFrom(httpapi.Patterns()).Draw(t, "route"), " ")
		if !ok || method == http.MethodDelete && path == "/apps/{app}" || strings.Contains(path, "/outputs/") {
			method, path = http.MethodPost, "/apps/{app}/releases"
		}
		path = strings.Replace(path, "{app}", "hello", 1) // else nothing but 404 would come of most
		path = placeholder.ReplaceAllStringFunc(path, func(string) string { return url.PathEscape(word(t)) })
		body, err := json.Marshal(value(t, 3))
		if err != nil {
			t.Skip("no JSON")
		}
		if rapid.IntRange(0, 9).Draw(t, "spoil") == 0 {
			body = body[:len(body)/2]
		}
		req, err := http.NewRequest(method, w.url+path, strings.NewReader(string(body)))
		if err != nil {
			t.Skip("no URL")
		}
		req.Header.Set("Authorization", "Bearer "+w.token)
		if strings.HasPrefix(path, "/oauth/") && method == http.MethodDelete {
			req.Header.Set("Authorization", "Bearer none") // or it would log us out
		}
		req.Header.Set("Range", rapid.SampledFrom([]string{"", "", "version ..; max=1", "x", "version ]a..]b; order=desc"}).Draw(t, "range"))
		res, err := client.Do(req)
		if err != nil {
			t.Skip("no request")
		}
		defer func() { _ = res.Body.Close() }()
		var answer any
		if res.StatusCode >= 500 {
			t.Errorf("%s %s with %s: %s", method, path, body, res.Status)
		}
		if redirected := res.StatusCode/100 == 3; !redirected {
			if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
				t.Errorf("%s %s with %s: %s is no JSON: %v", method, path, body, res.Status, err)
			}
		}
	})
	if strings.Contains(w.logged.String(), "panic") {
		t.Error(w.logged)
	}
}
