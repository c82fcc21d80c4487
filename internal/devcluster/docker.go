package devcluster

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/dynomad/dynomad"
)

// DefaultDocker is where a Docker daemon listens unless told otherwise.
const DefaultDocker = "unix:///var/run/docker.sock"

// Docker is a daemon that runs containers, as far as a cluster has to know it by itself: Nomad's clients speak to it too.
type Docker struct {
	Endpoint string // "unix:///PATH" or "tcp://HOST:PORT"; "": there is none
}

// FindDocker returns the daemon of DOCKER_HOST, or that of this machine, once it has answered.
func FindDocker(ctx context.Context) (Docker, error) {
	d := Docker{Endpoint: os.Getenv("DOCKER_HOST")}
	if d.Endpoint == "" {
		d.Endpoint = DefaultDocker
	}
	return d, d.Ping(ctx)
}

// Ping says whether the daemon answers.
func (d Docker) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	err := d.call(ctx, http.MethodGet, "/_ping", nil, nil)
	if err == nil || dynomad.KindOf(err) == dynomad.KindInvalid {
		return err
	}
	hint := "start Docker, or say with DOCKER_HOST where it listens"
	if errors.Is(err, syscall.EACCES) {
		hint = "add yourself to the group docker, or run this as root"
	}
	return dynomad.Errorf(dynomad.KindUnavailable, "no Docker daemon answers at %s: %w", d.Endpoint, err).WithHint("%s", hint)
}

// HasImage says whether the daemon has an image already.
func (d Docker) HasImage(ctx context.Context, image string) (bool, error) {
	err := d.call(ctx, http.MethodGet, "/images/"+image+"/json", nil, nil)
	if dynomad.KindOf(err) == dynomad.KindNotFound {
		return false, nil
	}
	return err == nil, err
}

// Import makes an image of a file system in a tar archive.
func (d Docker) Import(ctx context.Context, image string, archive io.Reader) error {
	name, tag := image, ""
	if colon := strings.LastIndexByte(image, ':'); colon > strings.LastIndexByte(image, '/') {
		name, tag = image[:colon], image[colon+1:]
	}
	query := url.Values{"fromSrc": {"-"}, "repo": {name}, "tag": {tag}}
	return d.call(ctx, http.MethodPost, "/images/create?"+query.Encode(), archive, nil)
}

// container is one as the daemon lists it.
type container struct {
	ID     string
	Names  []string
	Mounts []struct{ Source string }
}

// Containers names the containers that dynos of the cluster in a folder have.
func (d Docker) Containers(ctx context.Context, dir string) ([]string, error) {
	list, err := d.below(ctx, dir)
	names := make([]string, len(list))
	for i, c := range list {
		names[i] = c.name()
	}
	return names, err
}

// name is the container as people know it.
func (c container) name() string {
	return "container " + strings.TrimPrefix(strings.Join(c.Names, " "), "/")
}

// below lists the containers of dynos whose files lie below a folder. Which cluster a container belongs to, only this tells:
// several share a daemon, and a cluster's own name stands nowhere.
func (d Docker) below(ctx context.Context, dir string) ([]container, error) {
	var all, found []container
	query := url.Values{"all": {"true"}, "filters": {`{"label":["com.hashicorp.nomad.alloc_id"]}`}}
	if err := d.call(ctx, http.MethodGet, "/containers/json?"+query.Encode(), nil, &all); err != nil {
		return nil, err
	}
	for _, c := range all {
		for _, mount := range c.Mounts {
			if strings.HasPrefix(mount.Source, dir+"/") {
				found = append(found, c)
				break
			}
		}
	}
	return found, nil
}

// removeAll ends and removes the containers of a folder's dynos, and returns them. A daemon that does not run has none.
func (d Docker) removeAll(ctx context.Context, dir string) ([]string, error) {
	if running := d.Endpoint != "" && d.Ping(ctx) == nil; !running {
		return nil, nil
	}
	list, err := d.below(ctx, dir)
	if err != nil {
		return nil, err
	}
	var removed []string
	for _, c := range list {
		switch err := d.call(ctx, http.MethodDelete, "/containers/"+c.ID+"?force=true&v=true", nil, nil); dynomad.KindOf(err) {
		case "":
			removed = append(removed, c.name())
		case dynomad.KindNotFound, dynomad.KindConflict: // it has just gone, or is going
		default:
			return removed, err
		}
	}
	return removed, nil
}

// call asks the daemon for something in its HTTP API, in the version that it speaks itself.
func (d Docker) call(ctx context.Context, method, path string, body io.Reader, into any) error {
	client, base, err := d.client()
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, method, base+path, body)
	if err != nil {
		return dynomad.Errorf(dynomad.KindInternal, "asking Docker: %w", err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return dynomad.Errorf(dynomad.KindUnavailable, "asking Docker: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	if err != nil {
		return dynomad.Errorf(dynomad.KindUnavailable, "reading Docker's answer: %w", err)
	}
	if resp.StatusCode >= http.StatusBadRequest {
		var said struct{ Message string }
		_ = json.Unmarshal(answer, &said) // what is no JSON has nothing to say
		return dynomad.Errorf(kindOf(resp.StatusCode), "Docker answers %s: %s", resp.Status, said.Message)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}

func kindOf(status int) dynomad.Kind {
	switch status {
	case http.StatusNotFound:
		return dynomad.KindNotFound
	case http.StatusConflict:
		return dynomad.KindConflict
	default:
		return dynomad.KindUnavailable
	}
}

// client speaks to the endpoint, which may be a socket.
func (d Docker) client() (*http.Client, string, error) {
	scheme, address, _ := strings.Cut(d.Endpoint, "://")
	switch {
	case scheme == "unix" && address != "":
		dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", address)
		}
		return &http.Client{Transport: &http.Transport{DialContext: dial}}, "http://docker", nil
	case scheme == "tcp" && address != "":
		return &http.Client{Transport: &http.Transport{}}, "http://" + address, nil
	default:
		return nil, "", dynomad.Errorf(dynomad.KindInvalid, "Docker's endpoint %q cannot be used", d.Endpoint).
			WithHint("it must look like %s or tcp://HOST:PORT", DefaultDocker)
	}
}
