package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad"
)

func TestCredentials(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	for _, host := range []string{"http://127.0.0.1:5000/", "paas.example.com"} {
		if err := SaveCredentials(host, "ada@example.com", "token of "+host); err != nil {
			t.Fatal(err)
		}
	}
	path := credentialsPath(os.Getenv)
	got, err := readCredentials(path)
	if err != nil {
		t.Fatal(err)
	}
	want := credentials{Current: "https://paas.example.com", Hosts: map[string]account{
		"http://127.0.0.1:5000":    {Email: "ada@example.com", Token: "token of http://127.0.0.1:5000/"},
		"https://paas.example.com": {Email: "ada@example.com", Token: "token of paas.example.com"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("credentials (-want +got):\n%s", diff)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o600 {
		t.Errorf("the file has mode %v", info.Mode())
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A token is sent to the host that gave it and to no other.
func TestTokenStaysWithItsHost(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	if err := SaveCredentials("http://127.0.0.1:5000", "ada@example.com", "secret"); err != nil {
		t.Fatal(err)
	}
	env := func(vars map[string]string) Here {
		return Here{Getenv: func(name string) string {
			if value, ok := vars[name]; ok {
				return value
			}
			return os.Getenv(name)
		}}
	}
	t.Setenv("DYNOMAD_HOST", "")
	t.Setenv("DYNOMAD_API_KEY", "")
	client, err := NewClient(env(nil))
	if err != nil || client.token != "secret" {
		t.Errorf("the remembered host: %v, %v", client, err)
	}
	_, err = NewClient(env(map[string]string{"DYNOMAD_HOST": "evil.example.com"}))
	if dynomad.KindOf(err) != dynomad.KindUnauthorized {
		t.Errorf("another host: %v", err)
	}
	client, err = NewClient(env(map[string]string{"DYNOMAD_HOST": "evil.example.com", "DYNOMAD_API_KEY": "other"}))
	if err != nil || client.token != "other" || client.base != "https://evil.example.com" {
		t.Errorf("another host with its own token: %v, %v", client, err)
	}
}

func TestParseHost(t *testing.T) {
	for host, want := range map[string]string{
		"http://127.0.0.1:5000/": "http://127.0.0.1:5000", "localhost:5000": "http://localhost:5000",
		"paas.example.com": "https://paas.example.com", "https://example.com/api/": "https://example.com/api",
		"ftp://x": "", "http://": "", "http://user:pw@x": "", "http://x/?a=b": "", "": "",
	} {
		got, err := ParseHost(host)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("ParseHost(%q) = %q, %v, want %q", host, got, err, want)
		}
	}
}

func TestAppOfTheDirectory(t *testing.T) {
	top := t.TempDir()
	deep := filepath.Join(top, "a", "b")
	if err := os.MkdirAll(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	if name, err := (AppFlag{}).in(deep); dynomad.KindOf(err) != dynomad.KindInvalid {
		t.Errorf("no file gives %q, %v", name, err)
	}
	write(t, top, appFile, "hello\n", 0o644)
	if name, err := (AppFlag{}).in(deep); name != "hello" || err != nil {
		t.Errorf("the file above gives %q, %v", name, err)
	}
	if name, err := (AppFlag{App: "other"}).in(deep); name != "other" || err != nil {
		t.Errorf("the flag gives %q, %v", name, err)
	}
	write(t, filepath.Join(top, "a"), appFile, "not a name\n", 0o644)
	if name, err := (AppFlag{}).in(deep); dynomad.KindOf(err) != dynomad.KindInvalid {
		t.Errorf("a broken file gives %q, %v", name, err)
	}
}

func TestEvents(t *testing.T) {
	stream := "retry: 1\n\n: ping\n\nid: 7\ndata: one\ndata:two\n\ndata:  three\r\nid: 8\r\n\r\nunknown: x\nid: 9\ndata: unfinished\n"
	var got []event
	for e, err := range events(strings.NewReader(stream)) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e)
	}
	want := []event{{retry: time.Millisecond}, {id: "7", data: []string{"one", "two"}}, {id: "8", data: []string{" three"}}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(event{})); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestParseChanges(t *testing.T) {
	got, err := parseChanges([]string{"web=2", "web-worker+1", "a_b-3", "web=0:Standard-2X"})
	want := []scaleUpdate{
		{"web", "2", ""}, {"web-worker", "+1", ""}, {"a_b", "-3", ""}, {"web", "0", "Standard-2X"},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("changes (-want +got), %v:\n%s", err, diff)
	}
	for _, arg := range []string{"web", "web=", "=2", "web=two", "web=2:", "web==2", "web=2 worker=1"} {
		if _, err := parseChanges([]string{arg}); err == nil {
			t.Errorf("%q is taken", arg)
		}
	}
}

func TestAgo(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		-time.Second: "~ 0s ago", 59*time.Second + 999*time.Millisecond: "~ 59s ago", time.Minute: "~ 1m ago",
		119 * time.Minute: "~ 1h ago", 24 * time.Hour: "~ 1d ago", 1000 * time.Hour: "~ 41d ago",
	} {
		if got := ago(now.Add(-d), now); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

func TestBytesText(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 1023: "1023 B", 1024: "1.0 KB", 1<<20 - 60: "1023.9 KB", 1<<20 - 1: "1.0 MB", 5 << 41: "10240.0 GB",
	} {
		if got := bytesText(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

// An address within the app never leaves it.
func TestWithin(t *testing.T) {
	for path, want := range map[string]string{
		"": "http://hello.localhost:8080/", "/a?b=c": "http://hello.localhost:8080/a?b=c",
		"//evil.example.com/x": "http://hello.localhost:8080/evil.example.com/x", "http://evil": "http://hello.localhost:8080/http://evil",
	} {
		if got, err := within("http://hello.localhost:8080/", path); got != want || err != nil {
			t.Errorf("%q leads to %q, %v, want %q", path, got, err, want)
		}
	}
}

// write makes a file with its directories.
func write(t *testing.T, dir, name, text string, mode fs.FileMode) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}
