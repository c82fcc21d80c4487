package httpapi

import (
	"cmp"
	"time"

	heroku "github.com/heroku/heroku-go/v6"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/platform"
)

// openLogs answers a URL at which the app's log is read; logplex serves it.
func (a *API) openLogs(c *call) (any, error) {
	var in struct {
		Dyno     string `json:"dyno"`      // a dyno or a process type
		DynoName string `json:"dyno_name"` // the same by newer clients
		Type     string `json:"type"`      // likewise
		Lines    *int   `json:"lines"`
		Source   string `json:"source"`
		Tail     bool   `json:"tail"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	session := platform.LogSession{Source: in.Source, Dyno: cmp.Or(in.Dyno, in.DynoName, in.Type), Tail: in.Tail}
	if in.Lines != nil {
		if *in.Lines < 1 {
			return nil, dynomad.Errorf(dynomad.KindInvalid, "%d is not a number of lines", *in.Lines).WithHint("use 1 or more; 1,500 are kept")
		}
		session.Lines = *in.Lines
	}
	url, err := a.Platform.OpenLogs(c.ctx(), c.actor, c.app(), session)
	now := a.Platform.Now().UTC().Truncate(time.Microsecond)
	return heroku.LogSession{ID: a.Platform.NewID(), LogplexURL: url, CreatedAt: now, UpdatedAt: now}, err
}
