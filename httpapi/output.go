package httpapi

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dynomad/dynomad"
)

const (
	outputPoll = 200 * time.Millisecond // between two looks for new lines
	outputIdle = time.Hour              // without a new line, after which a stream ends
)

// OutputURL is the capability to read one output, for as long as it is kept: clients fetch it without a token.
func OutputURL(base string, key dynomad.CapabilityKey, id dynomad.OutputID) string {
	return strings.TrimSuffix(base, "/") + "/dynomad/outputs/" + url.PathEscape(string(id)) + "?sig=" + key.Sign(outputClaim(id))
}

// outputClaim is what is signed. It names the room, so that no other room's signature is ever good here.
func outputClaim(id dynomad.OutputID) string { return "output " + string(id) }

// output streams a build's or a release's lines as plain text until the last one.
func (a *API) output(c *call) (any, error) {
	id := dynomad.OutputID(c.r.PathValue("output"))
	if !a.Key.Verify(outputClaim(id), c.r.URL.Query().Get("sig")) {
		return nil, dynomad.Errorf(dynomad.KindForbidden, "this URL is not signed by this platform").
			WithHint("use the output_stream_url as it was given, unchanged")
	}
	lines, err := a.Platform.Output(c.ctx(), id, 0)
	if err != nil {
		return nil, err
	}
	return stream(func(w http.ResponseWriter) error {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff") // the text is the user's
		w.WriteHeader(c.status)
		a.follow(c.ctx(), w, id, lines)
		return nil
	}), nil
}

// follow writes lines and whatever comes after them, as it comes. The status is out: when something goes wrong now, the
// stream ends, and the client reads it again. It ends as well when the app is destroyed, for then nobody writes any more.
func (a *API) follow(ctx context.Context, w http.ResponseWriter, id dynomad.OutputID, lines []dynomad.OutputLine) {
	flusher := http.NewResponseController(w)
	tick := time.NewTicker(outputPoll)
	defer tick.Stop()
	var after int64
	for idle := time.Duration(0); idle < outputIdle; idle += outputPoll {
		for _, line := range lines {
			if _, err := io.WriteString(w, line.Text+"\n"); err != nil || line.Last {
				return
			}
			after, idle = line.Seq, 0
		}
		if err := flusher.Flush(); err != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		var err error
		if lines, err = a.Platform.Output(ctx, id, after); err != nil {
			if ctx.Err() == nil && dynomad.KindOf(err) != dynomad.KindNotFound {
				a.Log.Warn("output stream ended early", "output", string(id), "err", err)
			}
			return
		}
	}
}
