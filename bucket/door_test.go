package bucket_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/bucket"
)

func door(t *testing.T, limit int64) (bucket.Links, string) {
	t.Helper()
	b, dir := open(t)
	links := bucket.Links{Key: dynomad.CapabilityKey("a key of the tests")}
	server := httptest.NewServer(bucket.Door{Bucket: b, Links: links, Limit: limit, Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(server.Close)
	links.Base = server.URL
	return links, dir
}

// do sends a request and returns the status and the body.
func do(t *testing.T, method, url string, body io.Reader, header ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

func TestDoorServesCapabilities(t *testing.T) {
	links, _ := door(t, 0)
	put, get := links.URL("sources/a.tar.gz", bucket.Put), links.URL("sources/a.tar.gz", bucket.Get)
	steps := []struct {
		name, method, url, body string
		header                  []string
		status                  int
		want                    string // contained in the answer
	}{
		{"nothing there yet", "GET", get, "", nil, 404, "not_found"},
		{"a get URL does not put", "PUT", get, "x", nil, 403, "this URL allows get, not PUT"},
		{"upload", "PUT", put, "hello", nil, 200, `"sha256":"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824","size":5`},
		{"upload again", "PUT", put, "other", nil, 409, "an upload URL works once"},
		{"a put URL does not get", "GET", put, "", nil, 403, "forbidden"},
		{"download", "GET", get, "", nil, 200, "hello"},
		{"a part", "GET", get, "", []string{"Range", "bytes=1-2"}, 206, "el"},
		{"beyond the end", "GET", get, "", []string{"Range", "bytes=9-"}, 416, ""},
		{"head", "HEAD", get, "", nil, 200, ""},
		{"another verb", "DELETE", get, "", nil, 403, "forbidden"},
		{"another key", "GET", strings.Replace(get, "a.tar", "b.tar", 1), "", nil, 403, "forbidden"},
		{"another op", "PUT", strings.Replace(get, "op=get", "op=put", 1), "x", nil, 403, "forbidden"},
		{"no signature", "GET", strings.Split(get, "?")[0], "", nil, 403, "forbidden"},
		{"an encoded way out", "GET", links.Base + "/blobs/..%2f..%2fetc/passwd?op=get&sig=x", "", nil, 403, "forbidden"},
	}
	for _, s := range steps {
		status, body := do(t, s.method, s.url, strings.NewReader(s.body), s.header...)
		if status != s.status || !strings.Contains(body, s.want) {
			t.Errorf("%s: %d %q, want %d with %q", s.name, status, body, s.status, s.want)
		}
	}
}

func TestDoorLimitsUploads(t *testing.T) {
	links, dir := door(t, 1000)
	put := links.URL("sources/a.tar.gz", bucket.Put)
	big := bytes.Repeat([]byte("x"), 1001)
	for name, body := range map[string]io.Reader{
		"said in advance": bytes.NewReader(big),
		"found out":       io.MultiReader(bytes.NewReader(big)), // chunked: no Content-Length
	} {
		if status, text := do(t, "PUT", put, body); status != 413 || !strings.Contains(text, "1000") {
			t.Errorf("%s: %d %s", name, status, text)
		}
		if left := files(t, dir); len(left) > 0 {
			t.Errorf("%s left %v", name, left)
		}
	}
	if status, text := do(t, "PUT", put, bytes.NewReader(big[:1000])); status != 200 {
		t.Errorf("the limit itself: %d %s", status, text)
	}
}

func TestLinksThereAndBack(t *testing.T) {
	links := bucket.Links{Base: "https://paas.example.com/", Key: dynomad.CapabilityKey("k")}
	url := links.URL("slugs/abc.tar.gz", bucket.Get)
	if again := links.URL("slugs/abc.tar.gz", bucket.Get); again != url {
		t.Errorf("not stable: %s, %s", url, again)
	}
	moved := bucket.Links{Base: "http://elsewhere:5001", Key: links.Key}
	key, op, ok := moved.Parse(url)
	if diff := cmp.Diff([]any{"slugs/abc.tar.gz", bucket.Get, true}, []any{key, op, ok}); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{
		"", ":", "http://x/", "http://x/blobs/slugs/abc.tar.gz", url + "x", strings.Replace(url, "abc", "abd", 1),
		bucket.Links{Key: dynomad.CapabilityKey("other")}.URL("slugs/abc.tar.gz", bucket.Get),
	} {
		if key, _, ok := links.Parse(bad); ok || key != "" {
			t.Errorf("Parse(%q) = %q, %v", bad, key, ok)
		}
	}
}
