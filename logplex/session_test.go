package logplex_test

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad/logplex"
)

func TestASessionInPlainText(t *testing.T) {
	l := open(t, t.TempDir(), logplex.Options{})
	server := serve(t, l)
	put(t, l, "events", 1, numbered(1, 5))
	url := logplex.SessionURL(server.URL, key, logplex.Session{App: app, Lines: 2, Until: at.Add(logplex.SessionTime)})
	want := "2026-11-23T08:00:00.004000+00:00 heroku[router]: 4\n2026-11-23T08:00:00.005000+00:00 heroku[router]: 5\n"
	status, got := request(t, "GET", url, "")
	if diff := cmp.Diff(want, got); status != 200 || diff != "" {
		t.Errorf("%d (-want +got):\n%s", status, diff)
	}
}

func TestASessionAsEvents(t *testing.T) {
	l := open(t, t.TempDir(), logplex.Options{})
	server := serve(t, l)
	for i, text := range []string{"1", "2\r", "50 %\r100 %\r"} {
		put(t, l, "events", int64(i), []logplex.Line{{Time: at, Source: "app", Dyno: "web.1", Text: text}})
	}
	url := logplex.SessionURL(server.URL, key, logplex.Session{App: app, Source: "app", Dyno: "web", Lines: 100, Until: at})
	tests := []struct{ name, last, want string }{
		{"from the start", "", `retry: 1

id: 1
data: 2026-11-23T08:00:00.000000+00:00 app[web.1]: 1

id: 2
data: 2026-11-23T08:00:00.000000+00:00 app[web.1]: 2

id: 3
data: 2026-11-23T08:00:00.000000+00:00 app[web.1]: 50 %
data: 100 %

`},
		{"resumed", "2", `retry: 1

id: 3
data: 2026-11-23T08:00:00.000000+00:00 app[web.1]: 50 %
data: 100 %

`},
		{"resumed at the end", "3", "retry: 1\n\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, got := request(t, "GET", url, "", "Accept", "text/event-stream", "Last-Event-ID", tt.last)
			if diff := cmp.Diff(tt.want, got); status != 200 || diff != "" {
				t.Errorf("%d (-want +got):\n%s", status, diff)
			}
		})
	}
}

func TestASessionThatTails(t *testing.T) {
	l := open(t, t.TempDir(), logplex.Options{})
	server := serve(t, l)
	url := logplex.SessionURL(server.URL, key, logplex.Session{App: app, Lines: 10, Tail: true, Until: at})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	lines := bufio.NewScanner(response.Body)
	for i := 1; i <= 3; i++ {
		put(t, l, "events", int64(i), numbered(i, 1))
		if !lines.Scan() || !strings.HasSuffix(lines.Text(), fmt.Sprintf("heroku[router]: %d", i)) {
			t.Fatalf("line %d: %q, %v", i, lines.Text(), lines.Err())
		}
	}
	if err := l.Destroy(app); err != nil {
		t.Fatal(err)
	}
	if lines.Scan() {
		t.Errorf("after the app's end came %q", lines.Text())
	}
}

func TestASessionsURLCannotBeChangedAndExpires(t *testing.T) {
	l := open(t, t.TempDir(), logplex.Options{})
	server := serve(t, l)
	session := logplex.Session{App: app, Dyno: "web", Lines: 5, Until: at}
	good := logplex.SessionURL(server.URL, key, session)
	session.Until = at.Add(-time.Second)
	tests := []struct {
		name, url string
		want      int
	}{
		{"as it was made", good, 200},
		{"its parameters in another order", server.URL + "/logplex/sessions?sig=" + good[strings.Index(good, "&sig=")+5:strings.Index(good, "&tail=")] +
			"&until=1795420800&tail=false&lines=5&dyno=web&app=" + string(app), 200},
		{"expired", logplex.SessionURL(server.URL, key, session), 403},
		{"another app", strings.Replace(good, "0001&", "0002&", 1), 403},
		{"another dyno", strings.Replace(good, "dyno=web", "dyno=api", 1), 403},
		{"something added", good + "&source=heroku", 403},
		{"no signature", server.URL + "/logplex/sessions?app=" + string(app), 403},
		{"another key", logplex.SessionURL(server.URL, key[1:], session), 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if status, answer := request(t, "GET", tt.url, ""); status != tt.want {
				t.Errorf("answer %d %q, want %d", status, answer, tt.want)
			}
		})
	}
	if status, _ := request(t, "GET", good, "", "Last-Event-ID", "x"); status != 400 {
		t.Errorf("a Last-Event-ID that is none: %d, want 400", status)
	}
}
