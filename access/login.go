package access

import (
	"context"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
)

// Credentials are what a person types, and where from.
type Credentials struct {
	Email    string
	Password string
	From     string // the caller's IP address, with or without port: what guessing is counted by
}

// Login checks a password. A wrong one, like an account that does not exist, is Unauthorized; too many wrong ones for one
// account or from one address are RateLimited, right ones cost nothing.
func (a *Access) Login(ctx context.Context, c Credentials) (dynomad.Actor, error) {
	email := strings.ToLower(strings.TrimSpace(c.Email))
	if email == "" || len(email) > 254 || len(c.Password) > MaxPassword {
		return dynomad.Actor{}, wrongLogin()
	}
	forgive, err := a.attempts.count(a.now(), "account "+email, "address "+network(c.From))
	if err != nil {
		return dynomad.Actor{}, err
	}
	var user dynomad.User
	err = a.store.View(ctx, func(tx *store.Tx) error {
		user, err = tx.UserByEmail(email)
		return err
	})
	hash := user.PasswordHash
	switch {
	case dynomad.KindOf(err) == dynomad.KindNotFound:
		hash = a.decoy
	case err != nil:
		forgive()
		return dynomad.Actor{}, err
	}
	var right bool
	if err := a.withHashing(ctx, func() { right = matches(hash, c.Password) && user.ID != "" }); err != nil {
		return dynomad.Actor{}, err
	}
	if !right {
		return dynomad.Actor{}, wrongLogin()
	}
	forgive()
	return actorOf(user), nil
}

func wrongLogin() error {
	return dynomad.Errorf(dynomad.KindUnauthorized, "there is no account with this e-mail address and password").
		WithHint("check both; `dynomad login` asks again")
}

// How many wrong passwords in a row, and how fast more become possible again. Counting by account stops many machines from
// guessing at one account; whoever does that can keep its owner from logging in by password, but not from using a token.
const (
	attemptBurst = 10
	attemptEvery = 10 * time.Second
	attemptsKept = 10_000 // accounts and addresses remembered
)

// attempts counts wrong passwords by account and by address.
type attempts struct {
	mu    sync.Mutex
	by    map[string]*rate.Limiter
	every rate.Limit
}

func newAttempts() *attempts {
	return &attempts{by: map[string]*rate.Limiter{}, every: rate.Every(attemptEvery)}
}

// count books one attempt under every key. The function that it returns takes the booking back: the password was right.
func (a *attempts) count(now time.Time, keys ...string) (forgive func(), err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.forget(now)
	var booked []*rate.Reservation
	forgive = func() {
		for _, r := range booked {
			r.CancelAt(now)
		}
	}
	for _, key := range keys {
		limiter, ok := a.by[key]
		if !ok {
			limiter = rate.NewLimiter(a.every, attemptBurst)
			a.by[key] = limiter
		}
		r := limiter.ReserveN(now, 1)
		booked = append(booked, r)
		if wait := r.DelayFrom(now); wait > 0 {
			forgive()
			return nil, dynomad.Errorf(dynomad.KindRateLimited, "too many failed logins").
				WithHint("wait %s and try again; tokens go on working", wait.Round(time.Second))
		}
	}
	return forgive, nil
}

// forget drops the keys that have nothing counted against them, once there are many, and all of them if that does not help.
func (a *attempts) forget(now time.Time) {
	if len(a.by) < attemptsKept {
		return
	}
	for key, limiter := range a.by {
		if limiter.TokensAt(now) >= attemptBurst {
			delete(a.by, key)
		}
	}
	if len(a.by) >= attemptsKept {
		clear(a.by)
	}
}

// network is what one caller is counted by: an IPv4 address, or the /64 that an IPv6 caller has for itself.
func network(from string) string {
	if ap, err := netip.ParseAddrPort(from); err == nil {
		from = ap.Addr().String()
	}
	addr, err := netip.ParseAddr(from)
	if err != nil {
		return from
	}
	if addr = addr.Unmap().WithZone(""); addr.Is6() {
		prefix, _ := addr.Prefix(64) // 64 is a length that IPv6 has
		return prefix.String()
	}
	return addr.String()
}
