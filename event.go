package dynomad

import "time"

// Event is something that happened to an app, written in the transaction that made it happen. The feed turns events into
// log lines; later also audit and webhooks.
type Event struct {
	Seq     int64 // given by the store, rising
	Time    time.Time
	App     AppID
	AppName AppName // kept with the row: it outlives the app
	Actor   string  // an e-mail address, or "" for the cluster
	Source  string  // "app" or "heroku", as Heroku's log lines name it
	Process string  // "api", "web.1"
	Text    string  // Heroku's words: "Scale to web=2 by user@example.com"
	Key     string  // "" or a name under which this event may happen only once
}
