package router

import "net/http"

// State is what the control plane knows of the app behind a host that has no live route.
type State string

// The states, as the server's edge door spells them.
const (
	StateUnknown     State = "unknown"  // no app has this host
	StateEmpty       State = "empty"    // nothing was deployed yet
	StateOff         State = "off"      // no web process, or scaled to 0
	StateStarting    State = "starting" // web dynos start, none serves yet
	StateCrashed     State = "crashed"  // web dynos end or cannot be placed
	StateUp          State = "up"       // serves as far as Nomad knows: its route is on the way here, or just left
	StateMaintenance State = "maintenance"
	StateUnsure      State = "" // the control plane cannot be asked, and never was
)

// Answer is what the edge itself says to a request: the page and what the record tells of it.
type Answer struct {
	Status     int
	At         string // "info", "warning", "error"
	Code       string // Heroku's: "H10"; "" where it has none
	Desc       string // of the code, for the record
	Sock       string // which side broke off: "client", "backend"; "" neither
	RetryAfter int    // seconds; 0: not said

	ID    string // of the JSON answer, and stable
	Title string // of the page
	Words string // what happened, for a visitor
	Hint  string // what the app's owner can do
}

// Decide says what a request gets that no live route serves.
//
// An unknown host is the only 404. An app without a deploy has the benign H81 and, as on Heroku, 503: the host is right, only
// nothing answers yet, and a cache must not learn that there is nothing. Starting and up mean that a dyno is on its way, so
// that only they say Retry-After.
func Decide(s State) Answer {
	switch s {
	case StateUnknown:
		return Answer{
			Status: http.StatusNotFound, At: "info", ID: "no_such_app",
			Title: "No such app", Words: "There is no app at this address.",
			Hint: "If it is yours: `dynomad domains` lists an app's host names, `dynomad domains:add` adds one.",
		}
	case StateEmpty:
		return unavailable(Answer{
			At: "info", Code: "H81", Desc: "Blank app", ID: "blank_app",
			Title: "Nothing here yet", Words: "This app exists, but nothing has been deployed to it yet.",
			Hint: "`dynomad deploy` in the directory of its Procfile puts it online.",
		})
	case StateOff:
		return unavailable(Answer{
			At: "error", Code: "H14", Desc: "No web processes running", ID: "no_web_processes",
			Title: "This app is switched off", Words: "The app has no web process that could answer.",
			Hint: "`dynomad ps:scale web=1` starts one, if its Procfile has a line `web:`.",
		})
	case StateCrashed:
		return unavailable(Answer{
			At: "error", Code: "H10", Desc: "App crashed", ID: "app_crashed",
			Title: "This app has crashed", Words: "The app was started, but ended or could not run.",
			Hint: "`dynomad logs` shows its last words, `dynomad ps` says why it is not up.",
		})
	case StateMaintenance:
		return unavailable(Answer{
			At: "info", Code: "H80", Desc: "Maintenance mode", ID: "maintenance",
			Title: "Down for maintenance", Words: "The app is offline for maintenance. It will be back.",
		})
	case StateStarting, StateUp:
		return unavailable(Answer{
			At: "error", Code: "H20", Desc: "App is starting", ID: "app_starting", RetryAfter: 2,
			Title: "This app is starting", Words: "The app is on its way up. Try again in a moment.",
			Hint: "`dynomad ps` shows how far its dynos are.",
		})
	}
	return unavailable(Answer{
		At: "error", Code: "H99", Desc: "Platform error", ID: "platform_error", RetryAfter: 5,
		Title: "This app cannot be reached", Words: "Nothing answers at this address, and the platform cannot tell why just now.",
		Hint: "The control plane does not answer the router. Apps that run go on serving meanwhile.",
	})
}

func unavailable(a Answer) Answer {
	a.Status = http.StatusServiceUnavailable
	return a
}
