package logplex

import (
	"net/url"
	"strconv"
	"time"

	"github.com/dynomad/dynomad"
)

// SessionTime is how long after its making the URL of a session may be opened, as on Heroku.
const SessionTime = 6 * time.Minute

// Session is what the URL of a log session allows: to read these lines of this app.
type Session struct {
	App    dynomad.AppID
	Source string    // "" or "app", "heroku"
	Dyno   string    // "" or "web", "web.1", "router", "api"
	Lines  int       // of history first, at most Options.Lines
	Tail   bool      // go on with what comes
	Until  time.Time // when the URL can no longer be opened; what is open then stays open
}

const sessionPath = "/logplex/sessions"

// SessionURL makes the URL under which whoever holds it can open the session. base is where Logplex's door is reached, without
// a slash at its end.
func SessionURL(base string, key dynomad.CapabilityKey, s Session) string {
	query := s.query()
	query.Set("sig", key.Sign(signed(query)))
	return base + sessionPath + "?" + query.Encode()
}

func (s Session) query() url.Values {
	query := url.Values{
		"app":   {string(s.App)},
		"lines": {strconv.Itoa(s.Lines)},
		"tail":  {strconv.FormatBool(s.Tail)},
		"until": {strconv.FormatInt(s.Until.Unix(), 10)},
	}
	if s.Source != "" {
		query.Set("source", s.Source)
	}
	if s.Dyno != "" {
		query.Set("dyno", s.Dyno)
	}
	return query
}

// signed is the text under the signature: everything in the query but the signature, sorted by name.
func signed(query url.Values) string {
	return "log session " + query.Encode()
}

// openSession reads and checks a session's URL.
func openSession(query url.Values, key dynomad.CapabilityKey, now time.Time) (Session, error) {
	signature := query.Get("sig")
	query.Del("sig")
	if !key.Verify(signed(query), signature) {
		return Session{}, dynomad.Errorf(dynomad.KindForbidden, "the log session's URL is not valid")
	}
	lines, linesErr := strconv.Atoi(query.Get("lines"))
	until, untilErr := strconv.ParseInt(query.Get("until"), 10, 64)
	if linesErr != nil || untilErr != nil {
		return Session{}, dynomad.Errorf(dynomad.KindForbidden, "the log session's URL is not valid")
	}
	s := Session{
		App: dynomad.AppID(query.Get("app")), Source: query.Get("source"), Dyno: query.Get("dyno"),
		Lines: lines, Tail: query.Get("tail") == "true", Until: time.Unix(until, 0).UTC(),
	}
	if now.After(s.Until) {
		return Session{}, dynomad.Errorf(dynomad.KindForbidden, "the log session's URL is no longer valid").
			WithHint("ask for a new log session")
	}
	return s, nil
}
