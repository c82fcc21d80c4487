package access

import (
	"context"
	"crypto/subtle"
	"time"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
)

// invitation is the setting that holds the hash of the setup link's secret while nobody has used it.
const invitation = "first-administrator"

// Setup makes a new setup secret if the platform has no user yet, and "" otherwise. The server prints it as a link at its
// start; a link from an earlier start no longer works.
func (a *Access) Setup(ctx context.Context) (secret string, err error) {
	err = a.store.Update(ctx, func(tx *store.Tx) error {
		users, err := tx.Users()
		if err != nil || len(users) > 0 {
			return err
		}
		secret = newSecret()
		return tx.PutSetting(invitation, hashSecret(secret))
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// Claim is how the first administrator answers a setup link.
type Claim struct {
	Secret   string
	Email    string
	Password string
	Life     time.Duration // of the first token; 0: no end
}

// Claim makes the first administrator and a token for them. It works once; a wrong or used secret is Forbidden.
func (a *Access) Claim(ctx context.Context, c Claim) (token string, actor dynomad.Actor, err error) {
	email, err := parseEmail(c.Email)
	if err == nil {
		err = checkPassword(c.Password)
	}
	if err == nil {
		// Asked before hashing, so that guessing at the link costs the server nothing, and again below.
		err = a.store.View(ctx, func(tx *store.Tx) error { return invited(tx, c.Secret) })
	}
	if err != nil {
		return "", dynomad.Actor{}, err
	}
	user := dynomad.User{ID: dynomad.UserID(a.newID()), Email: email, Admin: true, CreatedAt: a.now()}
	if err := a.withHashing(ctx, func() { user.PasswordHash = hashPassword(c.Password) }); err != nil {
		return "", dynomad.Actor{}, err
	}
	secret, first := a.newToken(user.ID, "first login", c.Life)
	err = a.store.Update(ctx, func(tx *store.Tx) error {
		if err := invited(tx, c.Secret); err != nil {
			return err
		}
		if err := tx.DeleteSetting(invitation); err != nil {
			return err
		}
		if err := tx.PutUser(user); err != nil {
			return err
		}
		return tx.PutToken(first)
	})
	if err != nil {
		return "", dynomad.Actor{}, err
	}
	return secret, actorOf(user), nil
}

func invited(tx *store.Tx, secret string) error {
	hash, err := tx.Setting(invitation)
	if err != nil && dynomad.KindOf(err) != dynomad.KindNotFound {
		return err
	}
	if err != nil || subtle.ConstantTimeCompare([]byte(hash), []byte(hashSecret(secret))) != 1 {
		return dynomad.Errorf(dynomad.KindForbidden, "this setup link is not valid or has been used").
			WithHint("the server prints a new one at its start while there is no user; with an account, log in")
	}
	return nil
}
