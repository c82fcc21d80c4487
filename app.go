package dynomad

import (
	"regexp"
	"time"
)

// AppID is an app's UUID; it never changes.
type AppID string

// AppName is what people call an app: a host name, a Nomad job id and part of Consul service names are made of it.
type AppName string

// App is one deployed program with all its process types.
type App struct {
	ID          AppID
	Name        AppName
	Owner       UserID
	OwnerEmail  string // read with the row, for display; never written through App
	Maintenance bool   // true: its dynos run without a route
	// Revision grows with every edit of anything that decides what should be running, so that "nothing changed since the
	// last Sync" is one comparison.
	Revision  int64
	CreatedAt time.Time
	UpdatedAt time.Time
}

var appName = regexp.MustCompile(`^[a-z][a-z0-9-]{1,28}[a-z0-9]$`)

// Valid refuses a name that Heroku's API would refuse.
func (n AppName) Valid() error {
	if !appName.MatchString(string(n)) {
		return Errorf(KindInvalid, "the app name %q is not valid", string(n)).
			WithHint("use 3 to 30 lower-case letters, digits and dashes, starting with a letter and not ending with a dash")
	}
	return nil
}

// Visible says whether actor may see and change the app: its owner and administrators may. Anybody else is told that
// there is no such app, so that names do not leak.
func (a App) Visible(actor Actor) error {
	if actor.Admin || (actor.User != "" && actor.User == a.Owner) {
		return nil
	}
	return NoSuchApp(string(a.Name))
}

// NoSuchApp is the answer for an app that does not exist or that the actor may not see.
func NoSuchApp(ref string) *Error {
	return Errorf(KindNotFound, "there is no app %q", ref).WithHint("`dynomad apps` lists yours")
}
