package dynomad

import (
	"regexp"
	"strings"
	"time"
)

// Domain is a host name of an app besides its own APP.DOMAIN.
type Domain struct {
	ID        string
	App       AppID
	Hostname  string // lower case, no port, perhaps a leading "*."
	CreatedAt time.Time
	UpdatedAt time.Time
}

var hostname = regexp.MustCompile(`^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// ParseHostname checks a host name and returns it in lower case.
func ParseHostname(name string) (string, error) {
	lower := strings.ToLower(strings.TrimSuffix(name, "."))
	if len(lower) > 253 || !hostname.MatchString(lower) {
		return "", Errorf(KindInvalid, "%q is not a host name", name).
			WithHint("use a full name such as www.example.com, without scheme, port or path")
	}
	return lower, nil
}
