package router

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/logplex/syslog"
	"github.com/dynomad/dynomad/router"
)

// local3.info, as Heroku's router.
const priority = 158

// sinkWait bounds one delivery.
const sinkWait = 10 * time.Second

// sink delivers request records to logplex as lines of heroku[router].
type sink struct {
	server   string
	token    func() (string, error)
	instance string // unlike any other start of any router: record numbers begin anew with it
}

// take is a router.Sink. A frame that is sent twice is stored once: logplex keeps the number of the last line of each source.
func (s sink) take(ctx context.Context, first uint64, batch []router.Record) error {
	token, err := s.token()
	if err != nil {
		return fmt.Errorf("reading the machine token: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, sinkWait)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.server+"/logplex/frames", bytes.NewReader(frames(batch)))
	if err != nil {
		return err
	}
	number := strconv.FormatUint(first, 10)
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/logplex-1")
	req.Header.Set("Logplex-Msg-Count", strconv.Itoa(len(batch)))
	req.Header.Set("Logplex-Frame-Id", s.instance+"-"+number)
	req.Header.Set("Dynomad-Source", "router/"+s.instance)
	req.Header.Set("Dynomad-Position", number)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	said, _ := io.ReadAll(io.LimitReader(res.Body, 500))
	if res.StatusCode/100 == 2 {
		return nil
	}
	return dynomad.Errorf(kindOf(res.StatusCode), "the log's door answered %s: %s", res.Status, said)
}

// kindOf says whether sending again may help: it may, unless the body is what is wrong.
func kindOf(status int) dynomad.Kind {
	switch status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return dynomad.KindBadRequest
	case http.StatusRequestEntityTooLarge:
		return dynomad.KindTooLarge
	}
	return dynomad.KindUnavailable
}

func frames(batch []router.Record) []byte {
	var body, line []byte
	for _, r := range batch {
		line = r.AppendLine(line[:0])
		m := syslog.Message{Priority: priority, Time: r.Time, Host: string(r.App), App: "heroku", Proc: "router", Text: string(line)}
		body = m.AppendFrame(body, syslog.Logplex)
	}
	return body
}
