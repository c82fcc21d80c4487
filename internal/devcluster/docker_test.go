package devcluster

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad"
)

// daemon is a small Docker: it has one image, and the containers that it is given as JSON.
func daemon(t *testing.T, containers string) (d Docker, asked func() []string) {
	t.Helper()
	var requests []string
	socket := filepath.Join(t.TempDir(), "docker.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		requests = append(requests, strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Method, r.URL.RequestURI(), body)))
		switch path := r.URL.Path; {
		case path == "/_ping", path == "/images/there:1/json", path == "/images/create", r.Method == http.MethodDelete && path == "/containers/one":
		case path == "/containers/json":
			_, _ = io.WriteString(w, containers)
		case r.Method == http.MethodDelete:
			w.WriteHeader(http.StatusConflict)
			_, _ = io.WriteString(w, `{"message":"removal is already in progress"}`)
		default:
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"message":"No such image"}`)
		}
	})}}
	server.Start()
	t.Cleanup(server.Close)
	return Docker{Endpoint: "unix://" + socket}, func() []string { return requests }
}

func TestDockerThatCannotBeReached(t *testing.T) {
	for endpoint, kind := range map[string]dynomad.Kind{
		"unix:///nowhere/docker.sock": dynomad.KindUnavailable,
		"tcp://127.0.0.1:1":           dynomad.KindUnavailable,
		"ssh://somebody@somewhere":    dynomad.KindInvalid,
		"unix://":                     dynomad.KindInvalid,
		"nonsense":                    dynomad.KindInvalid,
	} {
		t.Setenv("DOCKER_HOST", endpoint)
		_, err := FindDocker(t.Context())
		if dynomad.KindOf(err) != kind || dynomad.HintOf(err) == "" || !strings.Contains(err.Error(), endpoint) {
			t.Errorf("%s: %v, hint %q", endpoint, err, dynomad.HintOf(err))
		}
	}
}

func TestDockerImages(t *testing.T) {
	d, asked := daemon(t, "[]")
	t.Setenv("DOCKER_HOST", d.Endpoint)
	if found, err := FindDocker(t.Context()); err != nil || found != d {
		t.Errorf("found %v: %v", found, err)
	}
	for image, want := range map[string]bool{"there:1": true, "missing:1": false} {
		if has, err := d.HasImage(t.Context(), image); err != nil || has != want {
			t.Errorf("%s: %v %v", image, has, err)
		}
	}
	for _, image := range []string{"localhost:5000/a/b:1", "localhost:5000/a"} {
		if err := d.Import(t.Context(), image, strings.NewReader("archive")); err != nil {
			t.Error(err)
		}
	}
	want := []string{
		"POST /images/create?fromSrc=-&repo=localhost%3A5000%2Fa%2Fb&tag=1 archive",
		"POST /images/create?fromSrc=-&repo=localhost%3A5000%2Fa&tag= archive",
	}
	if diff := cmp.Diff(want, asked()[len(asked())-2:]); diff != "" {
		t.Errorf("(-want +asked):\n%s", diff)
	}
}

// TestOnlyTheFoldersOwnContainersAreRemoved: a daemon is shared with other clusters, and with people.
func TestOnlyTheFoldersOwnContainersAreRemoved(t *testing.T) {
	d, asked := daemon(t, `[
		{"Id":"one","Names":["/v2-aaaa"],"Mounts":[{"Source":"/elsewhere"},{"Source":"/data/dev/client-1/alloc"}]},
		{"Id":"going","Names":["/v2-bbbb"],"Mounts":[{"Source":"/data/dev/client-2/alloc"}]},
		{"Id":"neighbour","Names":["/v2-cccc"],"Mounts":[{"Source":"/data/dev-2/client-1/alloc"}]},
		{"Id":"stranger","Names":["/db"],"Mounts":null}]`)
	if names, err := d.Containers(t.Context(), "/data/dev"); err != nil || len(names) != 2 {
		t.Errorf("the folder has %q: %v", names, err)
	}
	removed, err := d.removeAll(t.Context(), "/data/dev")
	if diff := cmp.Diff([]string{"container v2-aaaa"}, removed); diff != "" || err != nil {
		t.Errorf("%v (-want +removed):\n%s", err, diff)
	}
	for _, request := range asked() {
		if strings.HasPrefix(request, "DELETE") && !strings.Contains(request, "/one?") && !strings.Contains(request, "/going?") {
			t.Errorf("asked for %s", request)
		}
	}
	for _, none := range []Docker{{}, {Endpoint: "unix:///nowhere/docker.sock"}} {
		if removed, err := none.removeAll(t.Context(), "/data/dev"); err != nil || removed != nil {
			t.Errorf("%v: %v %v", none, removed, err)
		}
	}
}

// TestStackIsImportedOnce makes no image where the daemon or the cache has it.
func TestStackIsImportedOnce(t *testing.T) {
	d, asked := daemon(t, "[]")
	t.Setenv("PATH", "/nowhere")
	err := MakeStack(t.Context(), d, t.TempDir(), false, func(string) {})
	if dynomad.KindOf(err) != dynomad.KindNotFound || !strings.Contains(dynomad.HintOf(err), "apt-get install mmdebstrap") {
		t.Errorf("without mmdebstrap: %v, hint %q", err, dynomad.HintOf(err))
	}
	cache := t.TempDir()
	if err := WriteSecret(archivePath(cache), []byte("archive")); err != nil {
		t.Fatal(err)
	}
	if err := MakeStack(t.Context(), d, cache, false, func(string) {}); err != nil {
		t.Fatal(err)
	}
	last := asked()[len(asked())-1]
	if want := "POST /images/create?fromSrc=-&repo=localhost%2Fdynomad%2Fstack&tag=bookworm-1 archive"; last != want {
		t.Errorf("asked for %s, not %s", last, want)
	}
}
