package cli

import (
	"fmt"
	"time"

	heroku "github.com/heroku/heroku-go/v6"
)

// The shapes of answers are those of Heroku's own Go client, with what Dynomad adds.

// release is a release and, if it failed, the reason in words.
type release struct {
	heroku.Release
	Reason string `json:"reason,omitempty"`
}

// dyno is a dyno, where it runs, and why if it does not.
type dyno struct {
	heroku.Dyno
	Node   string `json:"node,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// logRequest asks for a log session.
type logRequest struct {
	Dyno   string `json:"dyno,omitempty"`
	Source string `json:"source,omitempty"`
	Lines  int    `json:"lines"`
	Tail   bool   `json:"tail"`
}

// when prints a time as all our lists do.
func when(t time.Time) string { return t.UTC().Format("2006/01/02 15:04:05 +0000") }

// ago is Heroku's "~ 2m ago" for a time before now.
func ago(t, now time.Time) string {
	d := max(now.Sub(t), 0)
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if d >= unit.length {
			return fmt.Sprintf("~ %d%s ago", d/unit.length, unit.name)
		}
	}
	return fmt.Sprintf("~ %ds ago", d/time.Second)
}
