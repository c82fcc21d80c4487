package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/dynomad/dynomad"
)

// The bounds of a password: enough characters to resist guessing, not so many bytes that hashing becomes an attack.
const (
	MinPassword = 8    // characters
	MaxPassword = 1024 // bytes
)

// argon2id's cost, as OWASP's cheat sheet has it for servers: some 30 ms.
const (
	argonMemory = 19 * 1024 // KiB
	argonPasses = 2
	argonKey    = 32 // bytes
)

func checkPassword(password string) error {
	if utf8.RuneCountInString(password) < MinPassword || len(password) > MaxPassword {
		return dynomad.Errorf(dynomad.KindInvalid, "the password is too short or too long").
			WithHint("use %d characters or more, at most %d bytes", MinPassword, MaxPassword)
	}
	return nil
}

// hashPassword returns the password's hash in PHC form, which carries its own salt and costs.
func hashPassword(password string) string {
	var salt [16]byte
	_, _ = rand.Read(salt[:])
	key := argon2.IDKey([]byte(password), salt[:], argonPasses, argonMemory, 1, argonKey)
	text := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, argonMemory, argonPasses, text(salt[:]), text(key))
}

// matches says whether password is the one that hash was made of. A hash that cannot be read matches nothing.
func matches(hash, password string) bool {
	var version int
	var memory, passes uint32
	var rest string
	if n, _ := fmt.Sscanf(hash, "$argon2id$v=%d$m=%d,t=%d,p=1$%s", &version, &memory, &passes, &rest); n != 4 || passes == 0 {
		return false
	}
	saltText, keyText, _ := strings.Cut(rest, "$")
	salt, saltErr := base64.RawStdEncoding.DecodeString(saltText)
	want, keyErr := base64.RawStdEncoding.DecodeString(keyText)
	if saltErr != nil || keyErr != nil || version != argon2.Version || len(want) != argonKey {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, 1, argonKey)
	return subtle.ConstantTimeCompare(got, want) == 1
}

// withHashing runs do when one of the few places for hashing is free, so that a flood of logins fills no memory.
func (a *Access) withHashing(ctx context.Context, do func()) error {
	select {
	case a.hashing <- struct{}{}:
	case <-ctx.Done():
		return dynomad.Errorf(dynomad.KindUnavailable, "too many logins at once").WithHint("try again in a moment")
	}
	defer func() { <-a.hashing }()
	do()
	return nil
}
