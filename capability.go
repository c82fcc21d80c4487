package dynomad

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
)

// CapabilityKey signs URLs that work by themselves: whoever holds the URL may do the one thing that it names. The same
// text gives the same URL for ever, because a slug's URL stands in a job, and a job that changes restarts its dynos.
type CapabilityKey []byte

// Sign returns the signature of text, safe in a URL's path or query.
func (k CapabilityKey) Sign(text string) string {
	mac := hmac.New(sha256.New, k)
	mac.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Verify says in constant time whether signature is Sign(text).
func (k CapabilityKey) Verify(text, signature string) bool {
	return hmac.Equal([]byte(k.Sign(text)), []byte(signature))
}
