package logplex

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/dynomad/dynomad"
)

// Door is Logplex's HTTP. It answers below /logplex/ and needs three things that others know: who a token is, what a dyno is
// called, and which app a name means.
type Door struct {
	Logplex *Logplex
	// Identify checks an agent's workload identity token. An Unauthorized error refuses it.
	Identify func(ctx context.Context, token string) (Identity, error)
	// Name says whose output a task's is. A NotFound error says that there is no such app (any more).
	Name func(ctx context.Context, o Origin) (Named, error)
	// App finds an app by id or name. A NotFound error has the app's frames passed over.
	App func(ctx context.Context, ref string) (dynomad.AppID, error)
	// Machine says whether a token is that of the platform's own processes.
	Machine func(token string) bool
	Key     dynomad.CapabilityKey // signs the URLs of log sessions
	Now     func() time.Time
	Log     *slog.Logger
}

// Identity is what Nomad vouches for in a workload identity token.
type Identity struct {
	Namespace string
	Job       string
	Group     string // "": the token does not say
	Alloc     string
	Task      string
}

// Origin is where a line was printed, in Nomad's words. Namespace, Job and Alloc are proven; Group, Index and Task are what an
// agent of that allocation says, so that an app can at worst mislabel its own dynos.
type Origin struct {
	Namespace, Job, Alloc string
	Group                 string
	Index                 int // from 0
	Task                  string
}

// Named is where a line goes.
type Named struct {
	App  dynomad.AppID
	Dyno string // "web.1"
}

// Handler is the routes.
func (d Door) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /logplex/chunks", d.handle(d.chunks))
	mux.HandleFunc("POST /logplex/frames", d.handle(d.frames))
	mux.HandleFunc("GET /logplex/sessions", d.handle(d.session))
	return mux
}

// requestTime bounds how long a sender may take to send its request.
const requestTime = 30 * time.Second

// handle is the one funnel for errors.
func (d Door) handle(serve func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := serve(w, r)
		if err == nil {
			return
		}
		kind := dynomad.KindOf(err)
		status := statusOf(kind)
		message := err.Error()
		if status >= http.StatusInternalServerError {
			d.Log.Error("logplex", "method", r.Method, "path", r.URL.Path, "error", err)
		}
		if kind == dynomad.KindInternal {
			message = "something went wrong inside"
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"id": string(kind), "message": message})
	}
}

func statusOf(kind dynomad.Kind) int {
	switch kind {
	case dynomad.KindBadRequest:
		return http.StatusBadRequest
	case dynomad.KindInvalid:
		return http.StatusUnprocessableEntity
	case dynomad.KindUnauthorized:
		return http.StatusUnauthorized
	case dynomad.KindForbidden:
		return http.StatusForbidden
	case dynomad.KindNotFound:
		return http.StatusNotFound
	case dynomad.KindConflict:
		return http.StatusConflict
	case dynomad.KindTooLarge:
		return http.StatusRequestEntityTooLarge
	case dynomad.KindUnavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// bearer is the request's token, or "".
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}
