package access

import (
	"context"
	"time"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
)

// MaxDescription bounds a token's description, in bytes.
const MaxDescription = 256

// Authenticate finds who bears a token. One that is unknown, revoked or expired is Unauthorized.
func (a *Access) Authenticate(ctx context.Context, secret string) (actor dynomad.Actor, err error) {
	err = a.store.View(ctx, func(tx *store.Tx) error {
		token, err := a.live(tx, secret)
		if err != nil {
			return err
		}
		user, err := tx.User(token.User)
		actor = actorOf(user)
		return err
	})
	return actor, err
}

// Token reads the token of which the caller bears the secret.
func (a *Access) Token(ctx context.Context, secret string) (token dynomad.Token, err error) {
	err = a.store.View(ctx, func(tx *store.Tx) error {
		token, err = a.live(tx, secret)
		return err
	})
	return token, err
}

func (a *Access) live(tx *store.Tx, secret string) (dynomad.Token, error) {
	token, err := tx.TokenByHash(hashSecret(secret))
	if dynomad.KindOf(err) == dynomad.KindNotFound || (err == nil && a.expired(token)) {
		return dynomad.Token{}, dynomad.Errorf(dynomad.KindUnauthorized, "the token is not valid or has expired").
			WithHint("log in again, for instance with `dynomad login`")
	}
	return token, err
}

func (a *Access) expired(t dynomad.Token) bool {
	return !t.ExpiresAt.IsZero() && !a.now().Before(t.ExpiresAt)
}

// Issue makes a token for the actor and returns its secret, which nobody can ask for again. A life of 0 has no end. The
// actor's expired tokens go at the same time.
func (a *Access) Issue(
	ctx context.Context, actor dynomad.Actor, description string, life time.Duration,
) (secret string, token dynomad.Token, err error) {
	if len(description) > MaxDescription {
		return "", token, dynomad.Errorf(dynomad.KindInvalid, "the description is longer than %d bytes", MaxDescription)
	}
	if life < 0 {
		return "", token, dynomad.Errorf(dynomad.KindInvalid, "a token cannot have expired before it is made")
	}
	secret, token = a.newToken(actor.User, description, life)
	err = a.store.Update(ctx, func(tx *store.Tx) error {
		old, err := tx.Tokens(actor.User)
		if err != nil {
			return err
		}
		for _, t := range old {
			if a.expired(t) {
				if err := tx.DeleteToken(t.ID); err != nil {
					return err
				}
			}
		}
		return tx.PutToken(token)
	})
	return secret, token, err
}

func (a *Access) newToken(user dynomad.UserID, description string, life time.Duration) (string, dynomad.Token) {
	secret, now := newSecret(), a.now()
	token := dynomad.Token{ID: a.newID(), User: user, Hash: hashSecret(secret), Description: description, CreatedAt: now}
	if life > 0 {
		token.ExpiresAt = now.Add(life)
	}
	return secret, token
}

// Tokens are the actor's, oldest first, without those that have expired.
func (a *Access) Tokens(ctx context.Context, actor dynomad.Actor) ([]dynomad.Token, error) {
	var live []dynomad.Token
	err := a.store.View(ctx, func(tx *store.Tx) error {
		all, err := tx.Tokens(actor.User)
		for _, t := range all {
			if !a.expired(t) {
				live = append(live, t)
			}
		}
		return err
	})
	return live, err
}

// Revoke ends one of the actor's tokens at once and returns what it was.
func (a *Access) Revoke(ctx context.Context, actor dynomad.Actor, id string) (token dynomad.Token, err error) {
	err = a.store.Update(ctx, func(tx *store.Tx) error {
		token, err = tx.Token(id)
		if err == nil && token.User != actor.User {
			err = dynomad.Errorf(dynomad.KindNotFound, "there is no token %q", id)
		}
		if err != nil {
			return err
		}
		return tx.DeleteToken(id)
	})
	return token, err
}
