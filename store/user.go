package store

import "github.com/dynomad/dynomad"

const userColumns = `id, email, password_hash, admin, created_at`

func scanUser(r row) (u dynomad.User, err error) {
	err = r.Scan(&u.ID, &u.Email, &u.PasswordHash, &u.Admin, (*instant)(&u.CreatedAt))
	return u, err
}

// User reads a user by id.
func (tx *Tx) User(id dynomad.UserID) (dynomad.User, error) {
	return one(tx, scanUser, "user", string(id), `SELECT `+userColumns+` FROM users WHERE id = $1`, id)
}

// UserByEmail reads a user by e-mail address, as it was written.
func (tx *Tx) UserByEmail(email string) (dynomad.User, error) {
	return one(tx, scanUser, "user", email, `SELECT `+userColumns+` FROM users WHERE email = $1`, email)
}

// Users reads every user, by e-mail address.
func (tx *Tx) Users() ([]dynomad.User, error) {
	return all(tx, scanUser, `SELECT `+userColumns+` FROM users ORDER BY email`)
}

// PutUser writes a user. An e-mail address that another user has is a Conflict.
func (tx *Tx) PutUser(u dynomad.User) error {
	return tx.put(`INSERT INTO users (`+userColumns+`) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (id) DO UPDATE SET email = excluded.email, password_hash = excluded.password_hash, admin = excluded.admin`,
		u.ID, u.Email, u.PasswordHash, u.Admin, instant(u.CreatedAt))
}
