package dynomad

import "time"

// UserID is a user's UUID.
type UserID string

// User is a person with an account. The password is kept as an argon2id hash by package access.
type User struct {
	ID           UserID
	Email        string
	PasswordHash string
	Admin        bool
	CreatedAt    time.Time
}

// Token lets its bearer act as a user. Only the SHA-256 of its secret is kept.
type Token struct {
	ID          string
	User        UserID
	Hash        string // hex SHA-256 of the secret
	Description string
	CreatedAt   time.Time
	ExpiresAt   time.Time // zero: does not expire
}

// Actor is who does something: a user behind a token, or the platform itself.
type Actor struct {
	User  UserID // "" for the platform itself
	Email string // what log lines and releases say
	Admin bool
}

// System is the platform acting on its own account: the sweep, the release watcher, a build.
var System = Actor{Email: "dynomad", Admin: true}
