package access_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/access"
	"github.com/dynomad/dynomad/store"
)

const (
	email    = "ada@example.com"
	password = "correct horse battery"
	machine  = "the machine token"
)

// platform is an Access over a real store, with a clock that the test moves.
type platform struct {
	*access.Access
	now time.Time
	dir string
}

func newPlatform(t *testing.T) *platform {
	t.Helper()
	p := &platform{now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC), dir: t.TempDir()}
	s, err := store.Open(t.Context(), filepath.Join(p.dir, "dynomad.db"), bytes.Repeat([]byte("k"), 32))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	var mu sync.Mutex
	ids := 0
	p.Access = access.New(access.Config{
		Store: s, Machine: machine,
		Now: func() time.Time { return p.now },
		NewID: func() string {
			mu.Lock()
			defer mu.Unlock()
			ids++
			return fmt.Sprintf("00000000-0000-7000-8000-%012d", ids)
		},
	})
	return p
}

// administrator claims the setup link.
func (p *platform) administrator(t *testing.T) (token string, actor dynomad.Actor) {
	t.Helper()
	secret, err := p.Setup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	token, actor, err = p.Claim(t.Context(), access.Claim{Secret: secret, Email: email, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	return token, actor
}

func wantKind(t *testing.T, what string, err error, kind dynomad.Kind) {
	t.Helper()
	if dynomad.KindOf(err) != kind {
		t.Errorf("%s: %v, want kind %q", what, err, kind)
	}
}

func TestSetupLinkWorksOnce(t *testing.T) {
	p, ctx := newPlatform(t), t.Context()
	first, err := p.Setup(ctx)
	wantKind(t, "setup", err, "")
	second, err := p.Setup(ctx)
	wantKind(t, "setup after a restart", err, "")

	claim := func(secret, email, password string) error {
		_, _, err := p.Claim(ctx, access.Claim{Secret: secret, Email: email, Password: password})
		return err
	}
	wantKind(t, "the link before the restart", claim(first, email, password), dynomad.KindForbidden)
	wantKind(t, "no secret", claim("", email, password), dynomad.KindForbidden)
	wantKind(t, "no address", claim(second, "ada", password), dynomad.KindInvalid)
	wantKind(t, "a name with the address", claim(second, "Ada <ada@example.com>", password), dynomad.KindInvalid)
	wantKind(t, "short password", claim(second, email, "1234567"), dynomad.KindInvalid)
	wantKind(t, "endless password", claim(second, email, strings.Repeat("x", access.MaxPassword+1)), dynomad.KindInvalid)

	token, actor, err := p.Claim(ctx, access.Claim{Secret: second, Email: " Ada@Example.com", Password: password})
	wantKind(t, "the link", err, "")
	if actor.Email != email || !actor.Admin || actor.User == "" {
		t.Errorf("the first administrator is %+v", actor)
	}
	again, err := p.Authenticate(ctx, token)
	if diff := cmp.Diff(actor, again); diff != "" || err != nil {
		t.Error(diff, err)
	}
	wantKind(t, "the link again", claim(second, "eve@example.com", password), dynomad.KindForbidden)
	if secret, err := p.Setup(ctx); secret != "" || err != nil {
		t.Errorf("setup with a user there: %q, %v", secret, err)
	}
}

func TestOneOfManyClaimsWins(t *testing.T) {
	p, ctx := newPlatform(t), t.Context()
	secret, err := p.Setup(ctx)
	wantKind(t, "setup", err, "")
	var wg sync.WaitGroup
	results := make([]error, 6)
	for i := range results {
		wg.Go(func() {
			_, _, results[i] = p.Claim(ctx, access.Claim{Secret: secret, Email: fmt.Sprintf("u%d@example.com", i), Password: password})
		})
	}
	wg.Wait()
	won := 0
	for _, err := range results {
		if err == nil {
			won++
			continue
		}
		wantKind(t, "a late claim", err, dynomad.KindForbidden)
	}
	if won != 1 {
		t.Errorf("%d first administrators", won)
	}
}

func TestLogin(t *testing.T) {
	p, ctx := newPlatform(t), t.Context()
	_, actor := p.administrator(t)
	got, err := p.Login(ctx, access.Credentials{Email: "ADA@example.com ", Password: password, From: "192.0.2.1:1234"})
	if diff := cmp.Diff(actor, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	var texts []string
	for _, c := range []access.Credentials{
		{Email: email, Password: password + "x"}, {Email: "eve@example.com", Password: password}, {Email: email}, {Password: password}, {},
	} {
		c.From = "192.0.2.2:1"
		_, err := p.Login(ctx, c)
		wantKind(t, "wrong login", err, dynomad.KindUnauthorized)
		texts = append(texts, err.Error())
	}
	for _, text := range texts[1:] {
		if text != texts[0] {
			t.Errorf("the answers tell the accounts apart: %q", texts)
		}
	}
}

func TestGuessingIsSlowedDown(t *testing.T) {
	p, ctx := newPlatform(t), t.Context()
	token, _ := p.administrator(t)
	login := func(email, password, from string) error {
		_, err := p.Login(ctx, access.Credentials{Email: email, Password: password, From: from})
		return err
	}
	for range 30 {
		if err := login(email, password, "192.0.2.1:9"); err != nil {
			t.Fatalf("a right password was held against somebody: %v", err)
		}
	}
	for i := range 10 {
		wantKind(t, "guess", login(email, "guess number one", fmt.Sprintf("192.0.2.%d:1", i)), dynomad.KindUnauthorized)
	}
	wantKind(t, "too many for the account", login(email, password, "192.0.2.200:1"), dynomad.KindRateLimited)
	for i := range 10 {
		wantKind(t, "guess", login(fmt.Sprintf("u%d@example.com", i), "guess number one", fmt.Sprintf("[2001:db8::%d]:1", i)), dynomad.KindUnauthorized)
	}
	wantKind(t, "too many from the network", login("new@example.com", "guess number one", "[2001:db8::ffff]:1"), dynomad.KindRateLimited)
	wantKind(t, "another network", login("new@example.com", "guess number one", "[2001:db8:1::1]:1"), dynomad.KindUnauthorized)
	if _, err := p.Authenticate(ctx, token); err != nil {
		t.Errorf("a token must go on working: %v", err)
	}
	p.now = p.now.Add(time.Minute)
	wantKind(t, "a minute later", login(email, password, "192.0.2.200:1"), "")
}

func TestTokens(t *testing.T) {
	p, ctx := newPlatform(t), t.Context()
	_, actor := p.administrator(t)
	secret, token, err := p.Issue(ctx, actor, "laptop", time.Hour)
	wantKind(t, "issue", err, "")
	if !strings.HasPrefix(secret, "dyn_") || len(secret) < 40 || strings.Contains(token.Hash, secret) {
		t.Errorf("secret %q, token %+v", secret, token)
	}
	own, err := p.Token(ctx, secret)
	if diff := cmp.Diff(token, own); diff != "" || err != nil {
		t.Error(diff, err)
	}
	all, err := p.Tokens(ctx, actor)
	if len(all) != 2 || err != nil {
		t.Errorf("tokens: %+v, %v", all, err)
	}
	_, err = p.Revoke(ctx, dynomad.Actor{User: "somebody else"}, token.ID)
	wantKind(t, "revoking another's token", err, dynomad.KindNotFound)

	p.now = p.now.Add(time.Hour)
	_, err = p.Authenticate(ctx, secret)
	wantKind(t, "an expired token", err, dynomad.KindUnauthorized)
	if all, err = p.Tokens(ctx, actor); len(all) != 1 || err != nil {
		t.Errorf("tokens after one expired: %+v, %v", all, err)
	}
	secret, token, err = p.Issue(ctx, actor, "for ever", 0)
	wantKind(t, "issue", err, "")
	p.now = p.now.AddDate(20, 0, 0)
	_, err = p.Authenticate(ctx, secret)
	wantKind(t, "after twenty years", err, "")
	_, err = p.Revoke(ctx, actor, token.ID)
	wantKind(t, "revoke", err, "")
	_, err = p.Authenticate(ctx, secret)
	wantKind(t, "a revoked token", err, dynomad.KindUnauthorized)
	for _, bad := range []string{"", "dyn_", "x", secret + "x", token.Hash} {
		_, err = p.Authenticate(ctx, bad)
		wantKind(t, "token "+bad, err, dynomad.KindUnauthorized)
	}
	_, _, err = p.Issue(ctx, actor, strings.Repeat("x", access.MaxDescription+1), 0)
	wantKind(t, "a novel for a description", err, dynomad.KindInvalid)
	_, _, err = p.Issue(ctx, actor, "", -time.Second)
	wantKind(t, "a token of yesterday", err, dynomad.KindInvalid)
}

func TestNoSecretReachesTheDisk(t *testing.T) {
	p := newPlatform(t)
	token, _ := p.administrator(t)
	files, err := os.ReadDir(p.dir)
	if err != nil || len(files) == 0 {
		t.Fatal("no database", err)
	}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(p.dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{token, password, machine} {
			if bytes.Contains(data, []byte(secret)) {
				t.Errorf("%s holds the secret %q", f.Name(), secret)
			}
		}
	}
}

func TestMachine(t *testing.T) {
	p := newPlatform(t)
	for secret, want := range map[string]bool{machine: true, "": false, machine + "x": false, "THE MACHINE TOKEN": false} {
		if got := p.Machine(secret); got != want {
			t.Errorf("Machine(%q) = %v", secret, got)
		}
	}
	none := access.New(access.Config{})
	if none.Machine("") {
		t.Error("no machine token admits everybody")
	}
}
