package logplex

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"sync"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/logplex/syslog"
)

// processName is what may stand in the brackets of a platform's line: "router", "web.1".
var processName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_.-]{1,80}$`) })

// frames takes lines from the platform's own processes: POST /logplex/frames, syslog frames in Logplex's form, with the app's
// id or name as their host. With the headers Dynomad-Source (a name that is new whenever its numbering starts anew) and
// Dynomad-Position (the number of the first frame) what is stored already is skipped, so that a request may be repeated.
// Frames of an app that does not exist are passed over. 204 says that all is stored.
func (d Door) frames(w http.ResponseWriter, r *http.Request) error {
	if token := bearer(r); token == "" || !d.Machine(token) {
		return dynomad.Errorf(dynomad.KindUnauthorized, "the token is not a machine's")
	}
	origin := r.Header.Get("Dynomad-Source")
	position := int64(0)
	if origin != "" {
		var err error
		if position, err = strconv.ParseInt(r.Header.Get("Dynomad-Position"), 10, 64); err != nil || position < 0 || len(origin) > 200 {
			return dynomad.Errorf(dynomad.KindBadRequest, "Dynomad-Source goes with a Dynomad-Position, a number from 0")
		}
	}
	buf := d.Logplex.buffers.get()
	defer d.Logplex.buffers.put(buf)
	if err := readBody(w, r, buf); err != nil {
		return err
	}
	hosts, lines, err := parseFrames(*buf, position)
	if err != nil {
		return dynomad.Errorf(dynomad.KindBadRequest, "reading a frame: %w", err)
	}
	for _, host := range hosts {
		app, err := d.App(r.Context(), host)
		if err == nil {
			err = d.Logplex.appendLines(app, origin, lines[host])
		}
		if err != nil && dynomad.KindOf(err) != dynomad.KindNotFound {
			return err
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// parseFrames gives a body's lines by host, and the hosts in the order in which they first occur.
func parseFrames(body []byte, position int64) (hosts []string, lines map[string][]placedLine, err error) {
	lines = map[string][]placedLine{}
	for ; len(body) > 0; position++ {
		var message []byte
		if message, body, err = syslog.Next(body); err != nil {
			return nil, nil, err
		}
		m, err := syslog.Parse(message, syslog.Logplex)
		if err != nil {
			return nil, nil, err
		}
		if m.Host == "" || !processName().MatchString(m.App) || !processName().MatchString(m.Proc) {
			return nil, nil, errors.New("a frame names an app, a source and a process")
		}
		if lines[m.Host] == nil {
			hosts = append(hosts, m.Host)
		}
		lines[m.Host] = append(lines[m.Host], placedLine{Line{Time: m.Time, Source: m.App, Dyno: m.Proc, Text: m.Text}, position})
	}
	return hosts, lines, nil
}
