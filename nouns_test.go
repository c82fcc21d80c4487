package dynomad_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/dynomad/dynomad"
)

func ptr[T any](v T) *T { return &v }

func TestAppNames(t *testing.T) {
	for name, ok := range map[dynomad.AppName]bool{
		"hello": true, "a-1": true, "abc": true, dynomad.AppName("a" + strings.Repeat("b", 29)): true,
		"": false, "ab": false, "Hello": false, "1abc": false, "abc-": false, "a_b": false, "a.b": false, "-ab": false,
		dynomad.AppName("a" + strings.Repeat("b", 30)): false,
	} {
		err := name.Valid()
		if (err == nil) != ok {
			t.Errorf("%q: valid = %v, want %v", name, err == nil, ok)
		}
		if err != nil && dynomad.HintOf(err) == "" {
			t.Errorf("%q: refused without a hint", name)
		}
	}
}

func TestOnlyOwnersAndAdministratorsSeeAnApp(t *testing.T) {
	app := dynomad.App{Name: "hello", Owner: "u1"}
	for _, tt := range []struct {
		actor dynomad.Actor
		sees  bool
	}{
		{dynomad.Actor{User: "u1"}, true},
		{dynomad.Actor{User: "u2"}, false},
		{dynomad.Actor{User: "u2", Admin: true}, true},
		{dynomad.Actor{}, false},
		{dynomad.System, true},
	} {
		err := app.Visible(tt.actor)
		if (err == nil) != tt.sees {
			t.Errorf("%+v: sees = %v, want %v", tt.actor, err == nil, tt.sees)
		}
		if err != nil && dynomad.KindOf(err) != dynomad.KindNotFound {
			t.Errorf("%+v is told %q: that the app exists must not leak", tt.actor, dynomad.KindOf(err))
		}
	}
	if err := (dynomad.App{}).Visible(dynomad.Actor{}); err == nil {
		t.Error("an app without an owner is visible to nobody in particular")
	}
}

func TestConfigPatch(t *testing.T) {
	old := dynomad.Config{"A": "1", "B": "2"}
	next, changed, err := old.Patch(map[string]*string{"B": nil, "C": ptr("3"), "A": ptr("1"), "Z": nil})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(dynomad.Config{"A": "1", "C": "3"}, next); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"B", "C"}, changed); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(dynomad.Config{"A": "1", "B": "2"}, old); diff != "" {
		t.Errorf("the old config was changed: %s", diff)
	}
}

func TestConfigRefusals(t *testing.T) {
	for name, value := range map[string]string{
		"PORT": "1", "DYNO": "x", "NOMAD_X": "x", "__A": "x", "HEROKU_X": "x", "1A": "x", "A-B": "x", "": "x", "Ä": "x",
		"NUL": "a\x00b", "BIG": strings.Repeat("x", dynomad.MaxConfigBytes),
	} {
		if _, _, err := (dynomad.Config{}).Patch(map[string]*string{name: &value}); dynomad.KindOf(err) != dynomad.KindInvalid {
			t.Errorf("%q was accepted: %v", name, err)
		}
	}
	fits := strings.Repeat("x", dynomad.MaxConfigBytes-len("BIG"))
	if _, _, err := (dynomad.Config{}).Patch(map[string]*string{"BIG": &fits}); err != nil {
		t.Errorf("a config of exactly the limit is refused: %v", err)
	}
}

func TestScale(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	f := dynomad.Formation{{Type: "web", Quantity: 1}, {Type: "worker"}}
	next, err := f.Scale([]dynomad.Change{{Type: "web", Quantity: "+2"}, {Type: "worker", Quantity: "4", Size: "Standard-2X"}}, now)
	if err != nil {
		t.Fatal(err)
	}
	if got := next.String(); got != "web=3, worker=4" {
		t.Error(got)
	}
	if next[1].Size != "standard-2x" || !next[1].UpdatedAt.Equal(now) {
		t.Errorf("%+v", next[1])
	}
	if f.Quantity("web") != 1 {
		t.Error("the formation before was changed")
	}
	for quantity, kind := range map[string]dynomad.Kind{"-2": dynomad.KindInvalid, "101": dynomad.KindInvalid, "+100": dynomad.KindInvalid, "two": dynomad.KindInvalid, "1.5": dynomad.KindInvalid} {
		if _, err := f.Scale([]dynomad.Change{{Type: "web", Quantity: quantity}}, now); dynomad.KindOf(err) != kind {
			t.Errorf("web=%s: %v", quantity, err)
		}
	}
	_, err = f.Scale([]dynomad.Change{{Type: "wrker", Quantity: "1"}}, now)
	if dynomad.KindOf(err) != dynomad.KindNotFound || !strings.Contains(dynomad.HintOf(err), "web, worker") {
		t.Errorf("%v / %s", err, dynomad.HintOf(err))
	}
}

func TestSettingsLayers(t *testing.T) {
	base := dynomad.Settings{
		Quantity: ptr(1), CPU: ptr(100), Memory: ptr(512), Env: map[string]string{"A": "base", "B": "base"},
		Check: &dynomad.Check{Kind: ptr("tcp"), Interval: ptr(time.Second)}, Restart: &dynomad.Restart{Attempts: ptr(1)},
	}
	top := dynomad.Settings{Size: ptr("standard-2x"), Env: map[string]string{"B": "top"}, Check: &dynomad.Check{Kind: ptr("http"), Path: ptr("/up")}}
	want := dynomad.Settings{
		Quantity: ptr(1), Size: ptr("standard-2x"), Env: map[string]string{"A": "base", "B": "top"},
		Check:   &dynomad.Check{Kind: ptr("http"), Path: ptr("/up"), Interval: ptr(time.Second)},
		Restart: &dynomad.Restart{Attempts: ptr(1)},
	}
	if diff := cmp.Diff(want, top.Over(base)); diff != "" {
		t.Error(diff)
	}
	if base.Env["B"] != "base" || *base.Check.Kind != "tcp" {
		t.Error("the layer below was changed")
	}
	if diff := cmp.Diff(base, dynomad.Settings{}.Over(base)); diff != "" {
		t.Errorf("a silent layer changed something: %s", diff)
	}
	if diff := cmp.Diff(top, top.Over(dynomad.Settings{})); diff != "" {
		t.Errorf("a silent base changed something: %s", diff)
	}
}

func TestHostnames(t *testing.T) {
	for name, want := range map[string]string{
		"WWW.Example.com": "www.example.com", "*.example.com": "*.example.com", "example.com.": "example.com", "a.localhost": "a.localhost",
		"localhost": "", "http://a.com": "", "a.com:80": "", "a.com/x": "", "-a.com": "", "a..com": "", "a.*.com": "", "1.2.3.4": "", "": "", "a b.com": "",
	} {
		got, err := dynomad.ParseHostname(name)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v; want %q", name, got, err, want)
		}
	}
}

func TestDynoSelectors(t *testing.T) {
	d := dynomad.Dyno{ID: "0B6C", Type: "web", Index: 2}
	for selector, want := range map[string]bool{"": true, "web": true, "web.2": true, "0b6c": true, "web.1": false, "worker": false, "we": false} {
		if d.Matches(selector) != want {
			t.Errorf("%q: %v", selector, !want)
		}
	}
}

func TestErrorsKeepTheirKindThroughWrapping(t *testing.T) {
	cause := errors.New("dial tcp: refused")
	err := fmt.Errorf("reading jobs: %w", dynomad.Errorf(dynomad.KindUnavailable, "nomad does not answer: %w", cause).WithHint("is it up?"))
	if dynomad.KindOf(err) != dynomad.KindUnavailable || dynomad.HintOf(err) != "is it up?" || !errors.Is(err, cause) {
		t.Errorf("%v %v %q", err, dynomad.KindOf(err), dynomad.HintOf(err))
	}
	if dynomad.KindOf(cause) != dynomad.KindInternal || dynomad.KindOf(nil) != "" {
		t.Error("an error that is none of ours is internal, and no error has no kind")
	}
}

func TestProblems(t *testing.T) {
	ps := dynomad.Problems{
		{File: "Procfile", Line: 2, Column: 3, Message: "no colon", Hint: "write NAME: COMMAND"},
		{File: "Procfile", Message: "old", Warning: true},
		{Message: "nothing to run"},
	}
	want := "Procfile:2:3: no colon (write NAME: COMMAND)\nnothing to run"
	if err := ps.Err(); err == nil || err.Error() != want || dynomad.KindOf(err) != dynomad.KindInvalid {
		t.Errorf("%v", ps.Err())
	}
	if err := ps.Warnings().Err(); err != nil {
		t.Errorf("warnings alone stop something: %v", err)
	}
}

func TestCapabilities(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key, text, other := rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "key"), rapid.String().Draw(t, "text"), rapid.String().Draw(t, "other")
		k := dynomad.CapabilityKey(key)
		if !k.Verify(text, k.Sign(text)) {
			t.Fatal("a signature does not verify")
		}
		if other != text && k.Verify(other, k.Sign(text)) {
			t.Fatalf("the signature of %q opens %q", text, other)
		}
	})
}
