package syslog_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad/logplex/syslog"
)

var at = time.Date(2026, 11, 23, 8, 0, 0, 123456000, time.UTC)

func TestMessagesAreWrittenInBothForms(t *testing.T) {
	m := syslog.Message{Priority: 190, Time: at, Host: "hello", App: "app", Proc: "web.1", Text: "Listening on 5000"}
	tests := []struct {
		name string
		form syslog.Form
		want string
	}{
		{"Heroku's, without structured data", syslog.Logplex, "<190>1 2026-11-23T08:00:00.123456+00:00 hello app web.1 - Listening on 5000"},
		{"RFC 5424", syslog.RFC5424, "<190>1 2026-11-23T08:00:00.123456+00:00 hello app web.1 - - Listening on 5000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, string(m.Append(nil, tt.form))); diff != "" {
				t.Errorf("written (-want +got):\n%s", diff)
			}
			got, err := syslog.Parse([]byte(tt.want), tt.form)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(m, got); diff != "" {
				t.Errorf("read back (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHeadersCannotBeForgedByTheirFields(t *testing.T) {
	m := syslog.Message{Priority: 190, Time: at, Host: "a b\nc", App: "é", Text: "x"}
	got := string(m.Append(nil, syslog.Logplex))
	if want := "<190>1 2026-11-23T08:00:00.123456+00:00 a_b_c __ - - x"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestParseTakesWhatOthersSend(t *testing.T) {
	tests := []struct {
		name, in string
		form     syslog.Form
		want     syslog.Message
	}{
		{
			"structured data with brackets and quotes in its values",
			`<13>1 2026-11-23T09:00:00+01:00 h a p id [x@1 a="]\"" b="c"][y] text`, syslog.RFC5424,
			syslog.Message{Priority: 13, Time: at.Truncate(time.Second), Host: "h", App: "a", Proc: "p", ID: "id", Text: "text"},
		},
		{
			"a newline at the end", "<0>1 2026-11-23T08:00:00Z h a p - - text\n", syslog.RFC5424,
			syslog.Message{Time: at.Truncate(time.Second), Host: "h", App: "a", Proc: "p", Text: "text"},
		},
		{
			"no text at all", "<0>1 2026-11-23T08:00:00Z h a p -", syslog.Logplex,
			syslog.Message{Time: at.Truncate(time.Second), Host: "h", App: "a", Proc: "p"},
		},
		{
			"hostile bytes in the text", "<0>1 2026-11-23T08:00:00Z h a p - \x1b[31m\x00\xff", syslog.Logplex,
			syslog.Message{Time: at.Truncate(time.Second), Host: "h", App: "a", Proc: "p", Text: "\x1b[31m\x00\xff"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := syslog.Parse([]byte(tt.in), tt.form)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"nothing", "", "starts with <PRIORITY>"},
		{"a priority too high", "<192>1 2026-11-23T08:00:00Z h a p - x", "not a priority"},
		{"another version", "<1>2 2026-11-23T08:00:00Z h a p - x", "version"},
		{"no time", "<1>1 yesterday h a p - x", "not RFC 3339"},
		{"a header that ends early", "<1>1 2026-11-23T08:00:00Z h", "hostname is missing"},
		{"control characters in a name", "<1>1 2026-11-23T08:00:00Z h\x1b a p - x", "not printable"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := syslog.Parse([]byte(tt.in), syslog.Logplex)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestFramesAreCountedInOctets(t *testing.T) {
	m := syslog.Message{Priority: 190, Time: at, Host: "hello", App: "app", Proc: "web.1", Text: "ü\n3 x"}
	body := m.AppendFrame(m.AppendFrame(nil, syslog.Logplex), syslog.Logplex)
	for range 2 {
		message, rest, err := syslog.Next(body)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := syslog.Parse(message, syslog.Logplex); err != nil || got.Text != m.Text {
			t.Errorf("got %q, %v", got.Text, err)
		}
		body = rest
	}
	if len(body) != 0 {
		t.Errorf("%d bytes left over", len(body))
	}
}

func TestNextTellsShortFromWrong(t *testing.T) {
	for _, in := range []string{"", "1", "12 <1", "16384 "} {
		if _, _, err := syslog.Next([]byte(in)); !errors.Is(err, syslog.ErrShort) {
			t.Errorf("%q: %v, want ErrShort", in, err)
		}
	}
	for _, in := range []string{"x", "-1 x", "0 ", "012345", "16385 x", "123456 x", "1x"} {
		if _, _, err := syslog.Next([]byte(in)); err == nil || errors.Is(err, syslog.ErrShort) {
			t.Errorf("%q: %v, want another error", in, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("<190>1 2026-11-23T08:00:00.123456+00:00 hello app web.1 - text"), false)
	f.Add([]byte(`<13>1 2026-11-23T08:00:00Z h a p id [x@1 a="]"][y] text`), true)
	f.Fuzz(func(t *testing.T, b []byte, structured bool) {
		form := syslog.Logplex
		if structured {
			form = syslog.RFC5424
		}
		m, err := syslog.Parse(b, form)
		if err != nil {
			return
		}
		m.Time = m.Time.Truncate(time.Microsecond)
		again, err := syslog.Parse(m.Append(nil, form), form)
		m.Text = strings.TrimSuffix(m.Text, "\n")
		if err != nil || !cmp.Equal(m, again) {
			t.Errorf("%q read as %+v, written and read again as %+v, %v", b, m, again, err)
		}
	})
}

func FuzzNext(f *testing.F) {
	f.Add([]byte("5 hello3 abc"))
	f.Fuzz(func(t *testing.T, body []byte) {
		message, rest, err := syslog.Next(body)
		if err == nil && (len(message)+len(rest) >= len(body) || len(message) > syslog.MaxFrame) {
			t.Errorf("%d bytes became %d and %d", len(body), len(message), len(rest))
		}
	})
}
