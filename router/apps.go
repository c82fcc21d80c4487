package router

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"

	"github.com/dynomad/dynomad"
)

// Apps tells how the app behind a host stands that has no live route. host is lower case and without a port. The name is ""
// where no app has the host. It answers at once or within a few seconds, and StateUnsure where nothing is known.
type Apps interface {
	State(ctx context.Context, host string) (State, dynomad.AppName)
}

// How AppsClient spares the server.
const (
	answerFresh  = time.Second     // an answer is used again for so long
	answerWait   = 2 * time.Second // for the server to answer
	answersKept  = 20000           // hosts remembered, of apps and of nobody each
	askPerSecond = 100             // hosts asked for, all together
	askBurst     = 200
	maxHost      = 253
)

// AppsClient asks the server's edge door. It asks for a host once at a time and once a second, for all hosts together no more
// than askPerSecond, so that a flood of made-up hosts stops here; and while the server is away it goes on with the last
// answers that it got.
type AppsClient struct {
	server string
	token  func() (string, error)
	http   *http.Client
	log    *slog.Logger

	flight  singleflight.Group
	limiter *rate.Limiter
	mu      sync.Mutex
	known   map[string]heard // hosts of apps
	nobody  map[string]heard // hosts of no app: kept apart, so that made-up ones cannot push the others out
	away    bool
}

// heard is an answer and when it was got, or last asked for in vain.
type heard struct {
	state State
	app   dynomad.AppName
	at    time.Time
}

// NewAppsClient asks the server at this base URL. token is called for each request: the file that it comes from may appear
// or change while the router runs.
func NewAppsClient(server string, token func() (string, error), log *slog.Logger) *AppsClient {
	return &AppsClient{
		server:  strings.TrimSuffix(server, "/"),
		token:   token,
		http:    &http.Client{Timeout: answerWait},
		log:     log,
		limiter: rate.NewLimiter(askPerSecond, askBurst),
		known:   map[string]heard{},
		nobody:  map[string]heard{},
	}
}

// State implements Apps.
func (c *AppsClient) State(ctx context.Context, host string) (State, dynomad.AppName) {
	if host == "" || len(host) > maxHost {
		return StateUnknown, ""
	}
	if last, fresh := c.recall(host); fresh {
		return last.state, last.app
	}
	answer, _, _ := c.flight.Do(host, func() (any, error) {
		last, fresh := c.recall(host)
		if fresh { // answered between our look and our turn
			return last, nil
		}
		// Whoever asks first asks for all, so its own end must not end the question.
		return c.ask(context.WithoutCancel(ctx), host, last), nil
	})
	h := answer.(heard)
	return h.state, h.app
}

// recall is the last answer about a host, if any, and whether it is fresh enough not to ask again.
func (c *AppsClient) recall(host string) (last heard, fresh bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	last, ok := c.known[host]
	if !ok {
		last, ok = c.nobody[host]
	}
	return last, ok && time.Since(last.at) < answerFresh
}

// ask gets an answer from the server, or makes do with the last one.
func (c *AppsClient) ask(ctx context.Context, host string, last heard) heard {
	if !c.limiter.Allow() {
		return last
	}
	answer, err := c.get(ctx, host)
	c.mu.Lock()
	defer c.mu.Unlock()
	if (err != nil) != c.away {
		c.away = err != nil
		if c.away {
			c.log.Warn("the server cannot be asked about apps; going on with its last answers", "error", err)
		} else {
			c.log.Info("the server answers again")
		}
	}
	if err != nil {
		answer = heard{state: last.state, app: last.app}
	}
	answer.at = time.Now()
	c.keep(host, answer)
	return answer
}

func (c *AppsClient) keep(host string, h heard) {
	into, other := c.known, c.nobody
	if h.app == "" {
		into, other = other, into
	}
	if _, had := into[host]; !had && len(into) >= answersKept {
		clear(into)
	}
	into[host] = h
	delete(other, host)
}

func (c *AppsClient) get(ctx context.Context, host string) (heard, error) {
	token, err := c.token()
	if err != nil {
		return heard{}, fmt.Errorf("reading the machine token: %w", err)
	}
	ask := c.server + "/dynomad/edge?host=" + url.QueryEscape(host)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, ask, nil) //nolint:gosec // the operator names the server
	if err != nil {
		return heard{}, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := c.http.Do(req) //nolint:gosec // as above
	if err != nil {
		return heard{}, err
	}
	defer func() { _ = res.Body.Close() }()
	body := io.LimitReader(res.Body, 64<<10)
	if res.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(body, 200))
		return heard{}, fmt.Errorf("the server answered %s: %s", res.Status, said)
	}
	var answer struct {
		State State           `json:"state"`
		App   dynomad.AppName `json:"app"`
	}
	if err := json.NewDecoder(body).Decode(&answer); err != nil {
		return heard{}, fmt.Errorf("reading the server's answer: %w", err)
	}
	return heard{state: answer.State, app: answer.App}, nil
}
