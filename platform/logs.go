package platform

import (
	"context"
	"time"

	"github.com/dynomad/dynomad"
)

// Heroku's numbers.
const (
	defaultLogLines = 100
	maxLogLines     = 1500
	logSessionOpens = 6 * time.Minute // how long a session's URL may be opened; a stream that is open stays
)

// LogSession is what a reader of an app's log asks for.
type LogSession struct {
	App    dynomad.AppID
	Source string // "" or "app", "heroku"
	Dyno   string // "" or "web", "web.1", "router", "api"
	Lines  int    // of history first, at most 1500
	Tail   bool   // go on with what comes
	Until  time.Time
}

// OpenLogs makes a URL at which the app's log can be read. It carries its own permission and can be opened for six minutes.
// App and Until are filled in here; Lines below 1 become 100, above 1,500 that.
func (p *Platform) OpenLogs(ctx context.Context, actor dynomad.Actor, ref string, s LogSession) (string, error) {
	app, err := p.App(ctx, actor, ref)
	if err != nil {
		return "", err
	}
	if s.Source != "" && s.Source != "app" && s.Source != "heroku" {
		return "", dynomad.Errorf(dynomad.KindInvalid, "%q is not a source of log lines", s.Source).WithHint("use app or heroku")
	}
	if s.Lines < 1 {
		s.Lines = defaultLogLines
	}
	s.App, s.Lines, s.Until = app.ID, min(s.Lines, maxLogLines), p.now().Add(logSessionOpens)
	return p.Links.Logs(s), nil
}
