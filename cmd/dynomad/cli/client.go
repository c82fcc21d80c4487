package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dynomad/dynomad"
)

// answerLimit bounds a JSON answer in bytes; the largest are lists of releases.
const answerLimit = 32 << 20

// Client speaks the REST API, which has the paths and shapes of Heroku's Platform API.
type Client struct {
	base  string // without a slash at its end
	token string
	agent string
	http  *http.Client
}

// NewClient talks to DYNOMAD_HOST, or else to the host that was logged in to last, with DYNOMAD_API_KEY or the token
// remembered for just that host.
func NewClient(here Here) (*Client, error) {
	remembered, err := readCredentials(credentialsPath(here.Getenv))
	if err != nil {
		return nil, err
	}
	host, err := hostOf(here, remembered)
	if err != nil {
		return nil, err
	}
	token := here.Getenv("DYNOMAD_API_KEY")
	if token == "" {
		token = remembered.Hosts[host].Token
	}
	if token == "" {
		return nil, dynomad.Errorf(dynomad.KindUnauthorized, "you are not logged in to %s", host).
			WithHint("run `dynomad login`, or set DYNOMAD_API_KEY to a token")
	}
	return newClient(host, token, here), nil
}

// hostOf is the base URL of the control plane in use.
func hostOf(here Here, remembered credentials) (string, error) {
	switch {
	case here.Getenv("DYNOMAD_HOST") != "":
		return ParseHost(here.Getenv("DYNOMAD_HOST"))
	case remembered.Current != "":
		return remembered.Current, nil
	default:
		return DefaultHost, nil
	}
}

func newClient(host, token string, here Here) *Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	return &Client{
		base: host, token: token, agent: "dynomad/" + here.Version,
		// No time limit for a whole request: uploads and streams last. Waiting for an answer to begin has one.
		http: &http.Client{Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext, ForceAttemptHTTP2: true,
			ResponseHeaderTimeout: time.Minute, TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: time.Minute,
		}},
	}
}

// get, post, patch and delete send a request to a path of the API and decode the answer into a value, unless it is nil.
func (c *Client) get(ctx context.Context, path string, into any) error {
	return c.call(ctx, http.MethodGet, path, nil, into)
}

func (c *Client) post(ctx context.Context, path string, body, into any) error {
	return c.call(ctx, http.MethodPost, path, body, into)
}

func (c *Client) patch(ctx context.Context, path string, body, into any) error {
	return c.call(ctx, http.MethodPatch, path, body, into)
}

func (c *Client) delete(ctx context.Context, path string, into any) error {
	return c.call(ctx, http.MethodDelete, path, nil, into)
}

func (c *Client) call(ctx context.Context, method, path string, body, into any) error {
	req, err := c.request(ctx, method, path, body)
	if err != nil {
		return err
	}
	return c.send(req, into)
}

// request prepares a request to the API; body is sent as JSON.
func (c *Client) request(ctx context.Context, method, path string, body any) (*http.Request, error) {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("encode the request: %w", err)
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, content)
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	req.Header.Set("Accept", "application/vnd.heroku+json; version=3")
	req.Header.Set("User-Agent", c.agent)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	return req, nil
}

// send does a request and decodes its JSON answer.
func (c *Client) send(req *http.Request, into any) error {
	resp, err := c.http.Do(req)
	if err != nil {
		return c.unreachable(req.Context(), err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode >= 300 {
		return refused(resp)
	}
	if into == nil {
		_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, answerLimit))
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, answerLimit)).Decode(into); err != nil {
		if req.Context().Err() != nil {
			return req.Context().Err()
		}
		return dynomad.Errorf(dynomad.KindInternal, "the answer to %s %s is not what was expected: %w", req.Method, req.URL.Path, err).
			WithHint("is %s a Dynomad control plane, and of about this version?", c.base)
	}
	return nil
}

// unreachable is a failure to get any answer.
func (c *Client) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // without the URL, which may be a capability
		if at, bad := url.Parse(wrapped.URL); bad == nil && !strings.HasPrefix(wrapped.URL, c.base+"/") {
			return dynomad.Errorf(dynomad.KindUnavailable, "%s://%s, where the control plane sends us, cannot be reached: %w", at.Scheme, at.Host, err).
				WithHint("uploads go to `dynomad bucket`: does it run, and does this machine reach the server's DYNOMAD_BUCKET_URL? Logs go to DYNOMAD_URL")
		}
	}
	return dynomad.Errorf(dynomad.KindUnavailable, "the control plane at %s cannot be reached: %w", c.base, err).
		WithHint("is `dynomad server` running, and is that its address? Apps and their routes do not depend on it")
}

// kinds is the table from the API's status to a Kind.
var kinds = map[int]dynomad.Kind{
	http.StatusBadRequest:            dynomad.KindBadRequest,
	http.StatusUnauthorized:          dynomad.KindUnauthorized,
	http.StatusForbidden:             dynomad.KindForbidden,
	http.StatusNotFound:              dynomad.KindNotFound,
	http.StatusConflict:              dynomad.KindConflict,
	http.StatusRequestEntityTooLarge: dynomad.KindTooLarge,
	http.StatusUnprocessableEntity:   dynomad.KindInvalid,
	http.StatusTooManyRequests:       dynomad.KindRateLimited,
	http.StatusBadGateway:            dynomad.KindUnavailable,
	http.StatusServiceUnavailable:    dynomad.KindUnavailable,
	http.StatusGatewayTimeout:        dynomad.KindUnavailable,
}

// refused turns an answer that is not a success into an Error.
func refused(resp *http.Response) error {
	kind, ok := kinds[resp.StatusCode]
	if !ok {
		kind = dynomad.KindInternal
	}
	var told struct{ Message, Hint string }
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if json.Unmarshal(text, &told) != nil || told.Message == "" {
		told.Message = fmt.Sprintf("the control plane answers %s", resp.Status)
		if line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n"); line != "" {
			told.Message += ": " + line
		}
	}
	hint := told.Hint
	if hint == "" && kind == dynomad.KindUnauthorized {
		hint = "run `dynomad login`"
	}
	return &dynomad.Error{Kind: kind, Message: told.Message, Hint: hint}
}

// at joins pieces to a path of the API, each escaped.
func at(pieces ...string) string {
	var b strings.Builder
	for _, piece := range pieces {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(piece))
	}
	return b.String()
}
