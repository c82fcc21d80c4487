package bucket

import (
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/dynomad/dynomad"
)

// Op is what a capability allows: to download a blob, or to upload it once.
type Op string

// The operations.
const (
	Get Op = "get"
	Put Op = "put"
)

// prefix is where a Door listens.
const prefix = "/blobs/"

// keyText keeps every key one folder and one name, neither of which starts with a dot: no key leads out of the bucket.
var keyText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z]{1,32}/[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`) })

func checkKey(key string) error {
	if !keyText().MatchString(key) || strings.HasSuffix(key, ".attrs") {
		return dynomad.Errorf(dynomad.KindInvalid, "%q is not a key of the bucket", key)
	}
	return nil
}

// Links makes and reads capability URLs. A URL stands in a Nomad job for as long as the slug runs, so the same key gives
// the same URL for ever: no expiry, nothing random.
type Links struct {
	Base string // where the Door is reached, such as "http://127.0.0.1:5001"
	Key  dynomad.CapabilityKey
}

// URL is the capability to do op to key.
func (l Links) URL(key string, op Op) string {
	return strings.TrimSuffix(l.Base, "/") + prefix + key + "?op=" + string(op) + "&sig=" + l.Key.Sign(claim(key, op))
}

// Parse is the way back: the key and operation of a URL that URL made with the same secret. The host does not matter, so
// that a URL survives a move of the Door.
func (l Links) Parse(raw string) (key string, op Op, ok bool) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", "", false
	}
	_, key, found := strings.Cut(u.Path, prefix)
	op = Op(u.Query().Get("op"))
	if !found || checkKey(key) != nil || !l.Key.Verify(claim(key, op), u.Query().Get("sig")) {
		return "", "", false
	}
	return key, op, true
}

// claim is what a signature signs. It names the room, so that no other room's signature is ever good here.
func claim(key string, op Op) string { return "bucket " + string(op) + " " + key }
