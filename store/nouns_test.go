package store

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad"
)

// TestEveryNounComesBackAsItWasWritten writes each noun with every field set, and reads it by every way there is.
func TestEveryNounComesBackAsItWasWritten(t *testing.T) {
	s := filled(t)
	quantity, size := 3, "standard-2x"
	user := dynomad.User{ID: "eve", Email: "eve@example.com", PasswordHash: "argon", Admin: true, CreatedAt: noon}
	token := dynomad.Token{ID: "t", User: "eve", Hash: "h", Description: "cli", CreatedAt: noon, ExpiresAt: later}
	app := dynomad.App{
		ID: "c", Name: "third", Owner: "eve", OwnerEmail: "eve@example.com", Maintenance: true, Revision: 4,
		CreatedAt: noon, UpdatedAt: later,
	}
	slug := dynomad.Slug{
		ID: "s", App: "c", Key: "slugs/x", URL: "http://x", SHA256: "ff", Size: 1 << 40, Commit: "abc", CreatedAt: noon, UpdatedAt: later,
		Processes: []dynomad.Process{
			{Type: "web", Command: "a \"b\" $C\n", Settings: dynomad.Settings{Quantity: &quantity, Size: &size}},
			{Type: "nightly", Settings: dynomad.Settings{
				Schedule: []string{"0 3 * * *"}, Exec: []string{}, Routes: []dynomad.Route{}, Nomad: json.RawMessage(`{"Meta":{"a":null}}`),
			}},
		},
		Image: "docker.io/library/redis:7", Domains: []string{"www.example.com", "*.example.com"},
		Overlay: json.RawMessage(`[{"Priority":70},{"Meta":null}]`),
	}
	bare := dynomad.Slug{ID: "t", App: "a", CreatedAt: noon, UpdatedAt: later}
	build := dynomad.Build{
		ID: "u", App: "c", User: "eve", UserEmail: "eve@example.com", Status: dynomad.BuildPending, SourceKey: "k", Commit: "abc",
		Slug: "s", Release: "r", CreatedAt: noon, UpdatedAt: later,
	}
	release := dynomad.Release{
		ID: "r", App: "c", Version: 1, Slug: "s", Config: 2, Target: "d", User: "eve", UserEmail: "eve@example.com",
		Description: "Deploy", Status: dynomad.ReleasePending, Reason: "why", Current: true, CreatedAt: noon, UpdatedAt: later,
	}
	formation := dynomad.Formation{
		{ID: "1", Type: "web", Quantity: 2, Size: "s", CreatedAt: noon, UpdatedAt: later},
		{ID: "2", Type: "worker", CreatedAt: noon, UpdatedAt: noon},
	}
	domain := dynomad.Domain{ID: "m", App: "c", Hostname: "*.example.com", CreatedAt: noon, UpdatedAt: later}
	event := dynomad.Event{
		Seq: 1, Time: noon, App: "c", AppName: "third", Actor: "eve", Source: "app", Process: "api", Text: "x", Key: "k",
	}
	applied := Applied{
		App: "c", Release: "r", Digest: "g", Index: 1 << 60, Stopped: true, Crons: map[string]uint64{"third~cron-x": 1 << 61},
		Revision: 4, Settled: true, Progress: "web", Registered: noon, Moved: later,
	}
	update(t, s, func(tx *Tx) error {
		return errors.Join(tx.PutUser(user), tx.PutToken(token), tx.PutApp(app), tx.PutSlug(slug), tx.PutSlug(bare), tx.PutBuild(build),
			tx.PutRelease(release), tx.PutFormation("c", formation), tx.PutDomain(domain), tx.AddEvent(event), tx.PutApplied(applied),
			tx.PutTarget("d", []byte(`{"x":1}`)), tx.PutCursor("log", 7))
	})
	err := s.View(t.Context(), func(tx *Tx) error {
		return errors.Join(
			back(user)(tx.User("eve")), back(user)(tx.UserByEmail("eve@example.com")),
			back(token)(tx.Token("t")), back(token)(tx.TokenByHash("h")), back([]dynomad.Token{token})(tx.Tokens("eve")),
			back(app)(tx.App("c")), back(app)(tx.AppByName("third")), back([]dynomad.App{app})(tx.Apps("eve")),
			back(slug)(tx.Slug("s")), back([]dynomad.Slug{slug})(tx.Slugs("c")), back(bare)(tx.Slug("t")),
			back(build)(tx.Build("u")), back([]dynomad.Build{build})(tx.Builds("c")), back([]dynomad.Build{build})(tx.PendingBuilds()),
			back(release)(tx.Release("r")), back(release)(tx.ReleaseByVersion("c", 1)), back(release)(tx.CurrentRelease("c")),
			back([]dynomad.Release{release})(tx.Releases("c")), back([]dynomad.Release{release})(tx.PendingReleases("c")),
			back(dynomad.Version(1))(tx.LastVersion("c")), back(formation)(tx.Formation("c")),
			back(domain)(tx.DomainByHostname("*.example.com")), back([]dynomad.Domain{domain})(tx.Domains("c")),
			back([]dynomad.Event{event})(tx.Events(0, 10)), back(true)(tx.HasEvent("k")), back(false)(tx.HasEvent("other")),
			back(applied)(tx.Applied("c")), back(Applied{App: "a"})(tx.Applied("a")),
			back([]byte(`{"x":1}`))(tx.Target("d")), back(int64(7))(tx.Cursor("log")), back(int64(0))(tx.Cursor("new")),
		)
	})
	if err != nil {
		t.Error(err)
	}
}

// back says whether a noun was read as it was written.
func back[T any](want T) func(T, error) error {
	return func(got T, err error) error {
		if diff := cmp.Diff(want, got); err == nil && diff != "" {
			return errors.New("(-want +got):\n" + diff)
		}
		return err
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	s := filled(t)
	for what, get := range map[string]func(*Tx) error{
		"user":    func(tx *Tx) error { _, err := tx.User("x"); return err },
		"token":   func(tx *Tx) error { _, err := tx.TokenByHash("x"); return err },
		"app":     func(tx *Tx) error { _, err := tx.AppByName("x"); return err },
		"config":  func(tx *Tx) error { _, err := tx.Config("a", 5); return err },
		"slug":    func(tx *Tx) error { _, err := tx.Slug("x"); return err },
		"release": func(tx *Tx) error { _, err := tx.CurrentRelease("a"); return err },
		"build":   func(tx *Tx) error { _, err := tx.Build("x"); return err },
		"domain":  func(tx *Tx) error { _, err := tx.DomainByHostname("x"); return err },
		"target":  func(tx *Tx) error { _, err := tx.Target("x"); return err },
		"setting": func(tx *Tx) error { _, err := tx.Setting("x"); return err },
	} {
		t.Run(what, func(t *testing.T) { wantKind(t, s.View(t.Context(), get), dynomad.KindNotFound) })
	}
}

func TestCurrentIsTheNewestThatHasNotFailed(t *testing.T) {
	s := filled(t)
	put := func(version dynomad.Version, status dynomad.ReleaseStatus) {
		update(t, s, func(tx *Tx) error {
			return tx.PutRelease(dynomad.Release{ID: dynomad.ReleaseID(version.String()), App: "a", Version: version, Status: status})
		})
	}
	current := func() string {
		return string(read(t, s, func(tx *Tx) (dynomad.Release, error) { return tx.CurrentRelease("a") }).ID)
	}
	put(1, dynomad.ReleaseSucceeded)
	put(2, dynomad.ReleasePending)
	want(t, "while pending", current(), "v2")
	put(2, dynomad.ReleaseFailed)
	want(t, "after it failed", current(), "v1")
	put(3, dynomad.ReleaseExpired)
	want(t, "after one was overtaken", current(), "v1")
	put(4, dynomad.ReleaseSucceeded)
	want(t, "after one succeeded", current(), "v4")
	var flags []bool
	for _, r := range read(t, s, func(tx *Tx) ([]dynomad.Release, error) { return tx.Releases("a") }) {
		flags = append(flags, r.Current)
	}
	want(t, "flags", flags, []bool{false, false, false, true})
}

func TestABlueprintIsWhatShouldRun(t *testing.T) {
	s := filled(t)
	blueprint := func() dynomad.Blueprint {
		return read(t, s, func(tx *Tx) (dynomad.Blueprint, error) { return tx.Blueprint("a") })
	}
	want(t, "processes of an app without a release", len(blueprint().Processes), 0)
	update(t, s, func(tx *Tx) error {
		_, err := tx.AddConfig("a", dynomad.Config{"COLOR": "blue"})
		return errors.Join(err,
			tx.PutSlug(dynomad.Slug{ID: "s", App: "a", Processes: []dynomad.Process{{Type: "web", Command: "x"}}}),
			tx.PutRelease(dynomad.Release{ID: "r", App: "a", Version: 1, Slug: "s", Config: 1, Status: dynomad.ReleasePending}))
	})
	b := blueprint()
	want(t, "config", b.Config, dynomad.Config{"COLOR": "blue"})
	want(t, "processes", b.Processes, []dynomad.Process{{Type: "web", Command: "x"}})
	want(t, "release", b.Release.ID, dynomad.ReleaseID("r"))
}

func TestAnOutputEndsOnce(t *testing.T) {
	s := filled(t)
	update(t, s, func(tx *Tx) error {
		return errors.Join(
			tx.AddOutput("a", "o", dynomad.OutputLine{Text: "1"}),
			tx.AddOutput("a", "o", dynomad.OutputLine{Text: "2", Last: true}),
			tx.AddOutput("a", "o", dynomad.OutputLine{Text: "3"}))
	})
	lines := func(after int64) []dynomad.OutputLine {
		return read(t, s, func(tx *Tx) ([]dynomad.OutputLine, error) { return tx.Output("o", after) })
	}
	want(t, "all", lines(0), []dynomad.OutputLine{{Seq: 1, Text: "1"}, {Seq: 2, Text: "2", Last: true}})
	want(t, "the rest", lines(1), []dynomad.OutputLine{{Seq: 2, Text: "2", Last: true}})
}

func TestOfTwoRegistrationsTheOlderLoses(t *testing.T) {
	s := filled(t)
	for _, index := range []uint64{5, 9, 7} {
		update(t, s, func(tx *Tx) error { return tx.PutApplied(Applied{App: "a", Index: index}) })
	}
	want(t, "index", read(t, s, func(tx *Tx) (Applied, error) { return tx.Applied("a") }).Index, 9)
	update(t, s, func(tx *Tx) error { return tx.PutApplied(Applied{App: "a"}) })
	want(t, "index of a job that is gone", read(t, s, func(tx *Tx) (Applied, error) { return tx.Applied("a") }).Index, 0)
}

func TestOnlyWhatMovesIsUnsettled(t *testing.T) {
	s := filled(t)
	unsettled := func() (names []dynomad.AppName) {
		for _, app := range read(t, s, func(tx *Tx) ([]Standing, error) { return tx.Unsettled() }) {
			names = append(names, app.Name)
		}
		return names
	}
	want(t, "at first", unsettled(), nil)
	update(t, s, func(tx *Tx) error {
		return errors.Join(tx.PutApplied(Applied{App: "b", Index: 1}),
			tx.PutRelease(dynomad.Release{ID: "r", App: "a", Version: 1, Status: dynomad.ReleasePending}))
	})
	want(t, "a pending release and a deployment", unsettled(), []dynomad.AppName{"hello", "other"})
	update(t, s, func(tx *Tx) error {
		return errors.Join(tx.PutApplied(Applied{App: "b", Index: 1, Settled: true}),
			tx.PutRelease(dynomad.Release{ID: "r", App: "a", Version: 1, Status: dynomad.ReleaseFailed}))
	})
	want(t, "in the end", unsettled(), nil)
}

func TestEventsGoOnceEveryReaderHasPassedThem(t *testing.T) {
	s := filled(t)
	update(t, s, func(tx *Tx) error {
		return errors.Join(
			tx.AddEvent(dynomad.Event{Time: noon, App: "a", Text: "old"}),
			tx.AddEvent(dynomad.Event{Time: later, App: "a", Text: "new"}),
			tx.AddEvent(dynomad.Event{Time: later, App: "gone", Text: "gone"}),
			tx.AddEvent(dynomad.Event{Time: noon, App: "a", Text: "unread"}))
	})
	left := func() (texts []string) {
		update(t, s, func(tx *Tx) error { return tx.PruneEvents(later) })
		for _, e := range read(t, s, func(tx *Tx) ([]dynomad.Event, error) { return tx.Events(0, 10) }) {
			texts = append(texts, e.Text)
		}
		return texts
	}
	want(t, "without a reader", left(), []string{"old", "new", "gone", "unread"})
	update(t, s, func(tx *Tx) error { return errors.Join(tx.PutCursor("log", 3), tx.PutCursor("audit", 1)) })
	want(t, "as far as the slowest", left(), []string{"new", "gone", "unread"})
	update(t, s, func(tx *Tx) error { return tx.PutCursor("audit", 3) })
	want(t, "then", left(), []string{"new", "unread"})
}
