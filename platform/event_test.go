package platform_test

import (
	"errors"
	"testing"
	"time"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/platform"
)

func TestDynoEdgesAreToldOnce(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.deploy("hello", "web: serve $PORT\n")
	w.settle()
	for range 3 {
		w.ok(w.Observe(t.Context(), "hello"))
	}
	var texts []string
	for _, e := range must[[]dynomad.Event](w)(w.Events(t.Context(), 0, 1000)) {
		if e.Source == "heroku" {
			texts = append(texts, e.Process+" "+e.Text)
		}
	}
	w.want("events", texts, []string{
		"web.1 Starting process with command `serve $PORT`", "web.1 State changed from starting to up",
	})
	w.ok(w.Observe(t.Context(), "never-was"))
}

func TestTheFeedTellsEverythingInOrderAndOnce(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.deploy("hello", "web: serve $PORT\n")
	var heard []string
	deliver := func(events []dynomad.Event) error {
		for _, e := range events {
			heard = append(heard, e.Text)
		}
		return nil
	}
	away := errors.New("away")
	if _, err := w.Feed(t.Context(), "log", 2, func([]dynomad.Event) error { return away }); !errors.Is(err, away) {
		t.Errorf("got %v, want what deliver said", err)
	}
	want := w.events()
	for {
		if n := must[int](w)(w.Feed(t.Context(), "log", 2, deliver)); n == 0 {
			break
		}
	}
	w.want("heard", heard, want)
	_, err := w.Destroy(t.Context(), w.ada, "hello")
	w.ok(err)
	heard = nil
	must[int](w)(w.Feed(t.Context(), "log", 100, deliver))
	w.want("heard at the end", heard, []string{"Destroy app by ada@example.com"})
	w.want("events left of it", w.events(), []string(nil))
}

func TestLogSessions(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	for lines, want := range map[int]string{0: "100 lines", 7: "7 lines", 9999: "1500 lines"} {
		url := must[string](w)(w.OpenLogs(t.Context(), w.ada, "hello", platform.LogSession{Lines: lines}))
		w.want("session", url, want+" until "+w.clock.Add(6*time.Minute).Format(time.TimeOnly))
	}
	_, err := w.OpenLogs(t.Context(), w.ada, "hello", platform.LogSession{Source: "syslog"})
	w.refused(err, dynomad.KindInvalid)
}
