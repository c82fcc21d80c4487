package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/dynomad/dynomad"
)

// Audience is who a workload identity must be made for to be accepted: the `aud` of the identity block in the job.
const Audience = "dynomad"

// Identity is who a task in Nomad is, by Nomad's word.
type Identity struct {
	Namespace, Job, Group, Alloc, Task string
}

// Workloads checks the workload identities of tasks against the keys that Nomad publishes. It remembers the keys, so that
// tasks go on being known while Nomad's servers are away.
type Workloads struct {
	JWKS   string           // Nomad's key set, such as http://127.0.0.1:4646/.well-known/jwks.json
	Issuer string           // the `iss` that must stand in a token; "" for any, since Nomad by default writes none
	Client *http.Client     // with Nomad's TLS settings; a request takes at most fetchWait
	Now    func() time.Time // UTC

	keys     atomic.Pointer[keySet]
	fetching sync.Mutex
	tried    time.Time // when a fetch was last begun; guarded by fetching
}

type keySet struct {
	jose.JSONWebKeySet
	fetched time.Time
}

const (
	fetchWait  = 5 * time.Second
	fetchPause = 5 * time.Second  // between two fetches, whatever the callers send
	keysAge    = 10 * time.Minute // after which a withdrawn key is noticed
	leeway     = 30 * time.Second // between Nomad's clocks and ours
	maxToken   = 16 << 10         // bytes
)

// Verify returns who a token was made for. A token that is not Nomad's, not for us or too old is Unauthorized; Unavailable
// says that Nomad could not be asked for the key.
func (w *Workloads) Verify(ctx context.Context, token string) (Identity, error) {
	if len(token) > maxToken {
		return Identity{}, unknownWorkload(fmt.Errorf("a token of %d bytes", len(token)))
	}
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256, jose.EdDSA})
	if err != nil {
		return Identity{}, unknownWorkload(err)
	}
	if len(parsed.Headers) != 1 || parsed.Headers[0].KeyID == "" {
		return Identity{}, unknownWorkload(errors.New("no single key id"))
	}
	key, err := w.key(ctx, parsed.Headers[0].KeyID)
	if err != nil {
		return Identity{}, err
	}
	var claims struct {
		jwt.Claims
		Namespace string `json:"nomad_namespace"`
		Job       string `json:"nomad_job_id"`
		Alloc     string `json:"nomad_allocation_id"`
		Task      string `json:"nomad_task"`
	}
	if err := parsed.Claims(key, &claims); err != nil {
		return Identity{}, unknownWorkload(err)
	}
	expected := jwt.Expected{Issuer: w.Issuer, AnyAudience: jwt.Audience{Audience}, Time: w.Now()}
	if err := claims.ValidateWithLeeway(expected, leeway); err != nil {
		return Identity{}, unknownWorkload(err)
	}
	if claims.Expiry == nil {
		return Identity{}, unknownWorkload(errors.New("it never expires"))
	}
	if claims.Job == "" || claims.Alloc == "" || claims.Task == "" {
		return Identity{}, unknownWorkload(errors.New("no job, allocation or task in it"))
	}
	group, err := groupOf(claims.Subject)
	if err != nil {
		return Identity{}, unknownWorkload(err)
	}
	return Identity{Namespace: claims.Namespace, Job: claims.Job, Group: group, Alloc: claims.Alloc, Task: claims.Task}, nil
}

// groupOf reads the group out of a token's subject, REGION:NAMESPACE:JOB:GROUP:TASK:IDENTITY: no claim of its own has it.
func groupOf(subject string) (string, error) {
	parts := strings.Split(subject, ":")
	if len(parts) != 6 {
		return "", fmt.Errorf("the subject %q does not have Nomad's form", subject)
	}
	return parts[3], nil
}

func unknownWorkload(err error) error {
	return &dynomad.Error{Kind: dynomad.KindUnauthorized, Message: "this is no valid workload identity", Err: err}
}

// key finds the key of that id: among the known ones, or by asking Nomad, which changes its keys from time to time.
func (w *Workloads) key(ctx context.Context, id string) (*jose.JSONWebKey, error) {
	known := w.keys.Load()
	if key := known.find(id); key != nil {
		if w.Now().Sub(known.fetched) < keysAge || !w.fetching.TryLock() {
			return key, nil
		}
		defer w.fetching.Unlock()
		if w.fetch(ctx) != nil {
			return key, nil // Nomad is away; its tasks are still its tasks
		}
	} else {
		w.fetching.Lock()
		defer w.fetching.Unlock()
		if known == w.keys.Load() { // nobody fetched while we waited
			if err := w.fetch(ctx); err != nil {
				return nil, err
			}
		}
	}
	if key := w.keys.Load().find(id); key != nil {
		return key, nil
	}
	return nil, unknownWorkload(fmt.Errorf("no key %q", id))
}

func (k *keySet) find(id string) *jose.JSONWebKey {
	if k == nil {
		return nil
	}
	for _, key := range k.Key(id) {
		return &key
	}
	return nil
}

// fetch asks Nomad for its keys, at most once a fetchPause; in between it does nothing. The caller holds w.fetching.
func (w *Workloads) fetch(ctx context.Context) error {
	if now := w.Now(); now.Sub(w.tried) >= fetchPause {
		w.tried = now
	} else {
		if w.keys.Load() == nil {
			return dynomad.Errorf(dynomad.KindUnavailable, "Nomad's keys could not be read a moment ago")
		}
		return nil
	}
	keys, err := w.download(ctx)
	if err != nil {
		return &dynomad.Error{Kind: dynomad.KindUnavailable, Message: "Nomad's keys cannot be read", Err: err}
	}
	w.keys.Store(&keySet{JSONWebKeySet: keys, fetched: w.tried})
	return nil
}

func (w *Workloads) download(ctx context.Context) (keys jose.JSONWebKeySet, err error) {
	// Others wait for this answer too: the caller's going away does not end it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchWait)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.JWKS, nil)
	if err != nil {
		return keys, err
	}
	res, err := w.Client.Do(req)
	if err != nil {
		return keys, err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return keys, fmt.Errorf("%s answered %s", w.JWKS, res.Status)
	}
	err = json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&keys)
	return keys, err
}
