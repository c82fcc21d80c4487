package access_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/access"
)

// nomad publishes keys as a Nomad server does, and signs with them.
type nomad struct {
	*httptest.Server
	keys   atomic.Pointer[jose.JSONWebKeySet]
	asked  atomic.Int32
	broken atomic.Bool
}

func newNomad(t *testing.T) *nomad {
	n := &nomad{}
	n.keys.Store(&jose.JSONWebKeySet{})
	n.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n.asked.Add(1)
		if n.broken.Load() {
			http.Error(w, "no leader", http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(n.keys.Load())
	}))
	t.Cleanup(n.Close)
	return n
}

// signer publishes the public half of a new key under id and returns its private half.
func (n *nomad) signer(t *testing.T, id string, publish bool) jose.SigningKey {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	if publish {
		n.keys.Store(&jose.JSONWebKeySet{Keys: append(n.keys.Load().Keys, jose.JSONWebKey{Key: &private.PublicKey, KeyID: id, Use: "sig", Algorithm: "RS256"})})
	}
	return jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: private, KeyID: id}}
}

func sign(t *testing.T, key jose.SigningKey, claims map[string]any) string {
	t.Helper()
	s, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(s).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestWorkloads(t *testing.T) {
	n, now := newNomad(t), time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	w := &access.Workloads{JWKS: n.URL, Client: n.Client(), Now: func() time.Time { return now }}
	key := n.signer(t, "k1", true)
	claims := func(change func(map[string]any)) map[string]any {
		c := map[string]any{
			"aud": "dynomad", "iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(),
			"nomad_namespace": "dynomad", "nomad_job_id": "hello", "nomad_allocation_id": "a1", "nomad_task": "agent",
			"sub": "global:dynomad:hello:web:agent:logplex",
		}
		change(c)
		return c
	}
	none := func(map[string]any) {}
	got, err := w.Verify(t.Context(), sign(t, key, claims(none)))
	if diff := cmp.Diff(access.Identity{Namespace: "dynomad", Job: "hello", Group: "web", Alloc: "a1", Task: "agent"}, got); diff != "" || err != nil {
		t.Fatal(diff, err)
	}

	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := sign(t, key, claims(none))
	symmetric := jose.SigningKey{Algorithm: jose.HS256, Key: jose.JSONWebKey{Key: []byte(strings.Repeat("x", 32)), KeyID: "k1"}}
	for name, token := range map[string]string{
		"empty":                   "",
		"not a JWT":               "dyn_abc",
		"too long":                strings.Repeat("x", 1<<20),
		"changed":                 good[:len(good)-8] + "AAAAAAAA",
		"no signature":            good[:strings.LastIndex(good, ".")+1],
		"another's key, our id":   sign(t, n.signer(t, "k1", false), claims(none)),
		"an unknown key":          sign(t, n.signer(t, "k9", false), claims(none)),
		"another sort of key":     sign(t, jose.SigningKey{Algorithm: jose.EdDSA, Key: jose.JSONWebKey{Key: edwards, KeyID: "k1"}}, claims(none)),
		"a symmetric key":         sign(t, symmetric, claims(none)),
		"no key id":               sign(t, jose.SigningKey{Algorithm: jose.RS256, Key: key.Key.(jose.JSONWebKey).Key}, claims(none)),
		"expired":                 sign(t, key, claims(func(c map[string]any) { c["exp"] = now.Add(-time.Minute).Unix() })),
		"never expires":           sign(t, key, claims(func(c map[string]any) { delete(c, "exp") })),
		"not yet":                 sign(t, key, claims(func(c map[string]any) { c["nbf"] = now.Add(time.Hour).Unix() })),
		"for Consul":              sign(t, key, claims(func(c map[string]any) { c["aud"] = "consul.io" })),
		"for nobody":              sign(t, key, claims(func(c map[string]any) { delete(c, "aud") })),
		"no group":                sign(t, key, claims(func(c map[string]any) { c["sub"] = "hello" })),
		"no task's":               sign(t, key, claims(func(c map[string]any) { delete(c, "nomad_task") })),
		"a job id that is none":   sign(t, key, claims(func(c map[string]any) { c["nomad_job_id"] = 7 })),
		"an allocation's of none": sign(t, key, claims(func(c map[string]any) { c["nomad_allocation_id"] = "" })),
	} {
		if got, err := w.Verify(t.Context(), token); dynomad.KindOf(err) != dynomad.KindUnauthorized || got != (access.Identity{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	w.Issuer = "https://nomad.example.com"
	if _, err := w.Verify(t.Context(), good); dynomad.KindOf(err) != dynomad.KindUnauthorized {
		t.Errorf("without the issuer that is asked for: %v", err)
	}
	if _, err := w.Verify(t.Context(), sign(t, key, claims(func(c map[string]any) { c["iss"] = w.Issuer }))); err != nil {
		t.Errorf("with it: %v", err)
	}
}

func TestWorkloadKeysAreKeptAndRenewed(t *testing.T) {
	n, now := newNomad(t), time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	w := &access.Workloads{JWKS: n.URL, Client: n.Client(), Now: func() time.Time { return now }}
	token := func(key jose.SigningKey) string {
		return sign(t, key, map[string]any{
			"aud": []string{"dynomad"}, "exp": now.Add(24 * time.Hour).Unix(),
			"nomad_namespace": "dynomad", "nomad_job_id": "hello", "nomad_allocation_id": "a1", "nomad_task": "agent",
			"sub": "global:dynomad:hello:web:agent:logplex",
		})
	}
	step := func(what string, token string, kind dynomad.Kind, asked int32) {
		t.Helper()
		_, err := w.Verify(t.Context(), token)
		wantKind(t, what, err, kind)
		if got := n.asked.Load(); got != asked {
			t.Errorf("%s: Nomad was asked %d times, want %d", what, got, asked)
		}
	}
	n.broken.Store(true)
	k1 := n.signer(t, "k1", true)
	step("Nomad away, nothing known", token(k1), dynomad.KindUnavailable, 1)
	step("again at once", token(k1), dynomad.KindUnavailable, 1)
	n.broken.Store(false)
	now = now.Add(6 * time.Second)
	step("Nomad back", token(k1), "", 2)
	step("a known key", token(k1), "", 2)
	k2 := n.signer(t, "k2", true)
	step("a new key, within the pause", token(k2), dynomad.KindUnauthorized, 2)
	now = now.Add(6 * time.Second)
	step("a new key", token(k2), "", 3)
	n.broken.Store(true)
	now = now.Add(time.Hour)
	step("Nomad away, keys known", token(k1), "", 4)
	n.broken.Store(false)
	n.keys.Store(&jose.JSONWebKeySet{Keys: n.keys.Load().Keys[1:]})
	now = now.Add(time.Hour)
	step("a withdrawn key", token(k1), dynomad.KindUnauthorized, 5)
}
