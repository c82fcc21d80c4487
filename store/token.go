package store

import "github.com/dynomad/dynomad"

const tokenColumns = `id, user_id, hash, description, created_at, expires_at`

func scanToken(r row) (t dynomad.Token, err error) {
	err = r.Scan(&t.ID, &t.User, &t.Hash, &t.Description, (*instant)(&t.CreatedAt), (*instant)(&t.ExpiresAt))
	return t, err
}

// TokenByHash reads the token whose secret has this hash, expired or not.
func (tx *Tx) TokenByHash(hash string) (dynomad.Token, error) {
	return one(tx, scanToken, "token", "of that secret", `SELECT `+tokenColumns+` FROM tokens WHERE hash = $1`, hash)
}

// Token reads a token by id.
func (tx *Tx) Token(id string) (dynomad.Token, error) {
	return one(tx, scanToken, "token", id, `SELECT `+tokenColumns+` FROM tokens WHERE id = $1`, id)
}

// Tokens reads a user's tokens, oldest first.
func (tx *Tx) Tokens(user dynomad.UserID) ([]dynomad.Token, error) {
	return all(tx, scanToken, `SELECT `+tokenColumns+` FROM tokens WHERE user_id = $1 ORDER BY created_at, id`, user)
}

// PutToken writes a token.
func (tx *Tx) PutToken(t dynomad.Token) error {
	return tx.put(`INSERT INTO tokens (`+tokenColumns+`) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET description = excluded.description, expires_at = excluded.expires_at`,
		t.ID, t.User, t.Hash, t.Description, instant(t.CreatedAt), instant(t.ExpiresAt))
}

// DeleteToken removes a token; one that is not there is no error.
func (tx *Tx) DeleteToken(id string) error {
	return tx.put(`DELETE FROM tokens WHERE id = $1`, id)
}
