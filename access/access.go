// Package access answers two questions: who is this, and may they come in. What they may do with an app is the app's own
// rule (dynomad.App.Visible), asked by every verb.
//
// There are four sorts of callers:
//
//   - A person with an e-mail address and a password (Login, password.go). Passwords are kept as argon2id hashes. Guessing
//     is slowed by account and by address.
//   - A person's program with a token (Authenticate, token.go): 32 random bytes behind "dyn_", kept as their SHA-256.
//   - A machine of the platform itself, the router, with the machine token that the server wrote beside its other keys
//     (Machine).
//   - A task in Nomad with its workload identity, a JWT that Nomad signed (Workloads, workload.go). Nothing has to be
//     distributed for that, and what the token says of job and allocation cannot be made up by the task.
//
// A platform without any user has a setup link, printed once by the server, with which its first administrator makes an
// account (Setup and Claim, setup.go).
//
// Secrets leave this package once, in the answer to whoever asked for them; the store has hashes only. Errors never say
// whether it was the account or the password that was wrong.
package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"net/mail"
	"strings"
	"time"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
)

// Config is what an Access needs.
type Config struct {
	Store   *store.Store
	Machine string           // the machine token; "" admits no machine
	Now     func() time.Time // UTC
	NewID   func() string    // UUIDs
}

// Access checks callers against the store. It is safe for concurrent use.
type Access struct {
	store    *store.Store
	machine  string
	now      func() time.Time
	newID    func() string
	attempts *attempts
	hashing  chan struct{} // one token for each password being hashed: a hash takes 19 MiB
	decoy    string        // the hash that an unknown account's password is compared with, so that it takes as long
}

// New makes an Access. It takes some 30 ms, for the decoy.
func New(c Config) *Access {
	a := &Access{
		store: c.Store, machine: c.Machine, now: c.Now, newID: c.NewID,
		attempts: newAttempts(), hashing: make(chan struct{}, 2),
	}
	a.decoy = hashPassword(newSecret())
	return a
}

// User reads the account behind an actor.
func (a *Access) User(ctx context.Context, actor dynomad.Actor) (user dynomad.User, err error) {
	err = a.store.View(ctx, func(tx *store.Tx) error {
		user, err = tx.User(actor.User)
		return err
	})
	return user, err
}

// Machine says whether secret is the machine token.
func (a *Access) Machine(secret string) bool {
	given, wanted := sha256.Sum256([]byte(secret)), sha256.Sum256([]byte(a.machine))
	return subtle.ConstantTimeCompare(given[:], wanted[:]) == 1 && a.machine != ""
}

// newSecret is 32 random bytes as text, with a prefix by which people and scanners recognise it.
func newSecret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: the runtime gives up instead
	return "dyn_" + base64.RawURLEncoding.EncodeToString(b[:])
}

// hashSecret is what is kept of a secret. A plain hash is enough: nobody guesses 32 random bytes.
func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// parseEmail refuses what is no plain e-mail address and returns it in the one form that is stored: lower case.
func parseEmail(text string) (string, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	if a, err := mail.ParseAddress(text); err != nil || a.Address != text || len(text) > 254 {
		return "", dynomad.Errorf(dynomad.KindInvalid, "%q is not an e-mail address", text).
			WithHint("use a plain address such as you@example.com")
	}
	return text, nil
}

func actorOf(u dynomad.User) dynomad.Actor {
	return dynomad.Actor{User: u.ID, Email: u.Email, Admin: u.Admin}
}
