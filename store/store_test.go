package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad"
)

var (
	testKey = bytes.Repeat([]byte{7}, 32)
	noon    = time.Date(2026, 11, 23, 12, 0, 0, 123000, time.UTC)
	later   = noon.Add(time.Hour)
)

func open(t *testing.T, path string, key []byte) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// filled is a store with the user "ada" and the apps "a" and "b" named hello and other.
func filled(t *testing.T) *Store {
	t.Helper()
	s := open(t, filepath.Join(t.TempDir(), "dynomad.db"), testKey)
	update(t, s, func(tx *Tx) error {
		return errors.Join(
			tx.PutUser(dynomad.User{ID: "ada", Email: "ada@example.com", PasswordHash: "x", Admin: true, CreatedAt: noon}),
			tx.PutApp(dynomad.App{ID: "a", Name: "hello", Owner: "ada", Revision: 1, CreatedAt: noon, UpdatedAt: noon}),
			tx.PutApp(dynomad.App{ID: "b", Name: "other", Owner: "ada", Revision: 1, CreatedAt: noon, UpdatedAt: noon}),
		)
	})
	return s
}

func update(t *testing.T, s *Store, edit func(*Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), edit); err != nil {
		t.Fatal(err)
	}
}

// read is what one method of a Tx answers.
func read[T any](t *testing.T, s *Store, get func(*Tx) (T, error)) T {
	t.Helper()
	var v T
	if err := s.View(t.Context(), func(tx *Tx) (err error) {
		v, err = get(tx)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return v
}

func want[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func wantKind(t *testing.T, err error, kind dynomad.Kind) {
	t.Helper()
	if dynomad.KindOf(err) != kind {
		t.Errorf("got the error %v of kind %q, want %q", err, dynomad.KindOf(err), kind)
	}
}

func TestTheFileIsTheUsersAloneAndOpensAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "odd name? 100%#.db")
	s, err := Open(t.Context(), path, testKey)
	if err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx *Tx) error { return tx.PutSetting("x", "y") })
	for _, file := range []string{path, path + "-wal"} {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		want(t, filepath.Base(file), info.Mode().Perm(), 0o600)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, path, testKey)
	want(t, "setting", read(t, again, func(tx *Tx) (string, error) { return tx.Setting("x") }), "y")
}

func TestAKeyThatDoesNotFitIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dynomad.db")
	open(t, path, testKey)
	_, err := Open(t.Context(), path, bytes.Repeat([]byte{8}, 32))
	wantKind(t, err, dynomad.KindInternal)
	if dynomad.HintOf(err) == "" {
		t.Error("no hint says which file to restore")
	}
	_, err = Open(t.Context(), path, []byte("short"))
	wantKind(t, err, dynomad.KindInvalid)
}

func TestConfigValuesAreInNoFile(t *testing.T) {
	s := filled(t)
	config := dynomad.Config{"SECRET_NAME": "hunter2-hunter2", "OTHER": "\x01\"quoted\"\n"}
	update(t, s, func(tx *Tx) error {
		version, err := tx.AddConfig("a", config)
		want(t, "version", version, 1)
		return err
	})
	want(t, "config", read(t, s, func(tx *Tx) (dynomad.Config, error) { return tx.Config("a", 1) }), config)
	want(t, "no config", read(t, s, func(tx *Tx) (dynomad.Config, error) { return tx.Config("a", 0) }), dynomad.Config{})
	var path string
	if err := s.reader.QueryRowContext(t.Context(), `SELECT file FROM pragma_database_list`).Scan(&path); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) < 2 {
		t.Fatal("no database and log to look into", files, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"hunter2", "SECRET_NAME", "quoted"} {
			if bytes.Contains(content, []byte(word)) {
				t.Errorf("%s contains %q", filepath.Base(file), word)
			}
		}
	}
}

func TestSealedValuesCannotChangePlaces(t *testing.T) {
	s := filled(t)
	update(t, s, func(tx *Tx) error {
		_, errA := tx.AddConfig("a", dynomad.Config{"X": "a"})
		_, errB := tx.AddConfig("b", dynomad.Config{"X": "b"})
		return errors.Join(errA, errB,
			tx.put(`UPDATE configs SET sealed = (SELECT sealed FROM configs WHERE app_id = 'a') WHERE app_id = 'b'`))
	})
	err := s.View(t.Context(), func(tx *Tx) error {
		_, err := tx.Config("b", 1)
		return err
	})
	wantKind(t, err, dynomad.KindInternal)
}

func TestAnErrorRollsBackAndAViewCannotWrite(t *testing.T) {
	s := filled(t)
	stop := errors.New("stop")
	err := s.Update(t.Context(), func(tx *Tx) error {
		return errors.Join(tx.PutSetting("x", "y"), stop)
	})
	if !errors.Is(err, stop) {
		t.Errorf("got %v, want what edit returned", err)
	}
	wantKind(t, s.View(t.Context(), func(tx *Tx) error {
		_, err := tx.Setting("x")
		return err
	}), dynomad.KindNotFound)
	wantKind(t, s.View(t.Context(), func(tx *Tx) error { return tx.PutSetting("x", "y") }), dynomad.KindUnavailable)
}

func TestUniqueNamesConflict(t *testing.T) {
	s := filled(t)
	update(t, s, func(tx *Tx) error {
		return tx.PutDomain(dynomad.Domain{ID: "d", App: "a", Hostname: "www.example.com"})
	})
	for what, write := range map[string]func(*Tx) error{
		"app": func(tx *Tx) error { return tx.PutApp(dynomad.App{ID: "c", Name: "hello", Owner: "ada"}) },
		"domain": func(tx *Tx) error {
			return tx.PutDomain(dynomad.Domain{ID: "e", App: "b", Hostname: "www.example.com"})
		},
		"user":    func(tx *Tx) error { return tx.PutUser(dynomad.User{ID: "eve", Email: "ada@example.com"}) },
		"release": twoReleasesOfOneVersion,
	} {
		t.Run(what, func(t *testing.T) { wantKind(t, s.Update(t.Context(), write), dynomad.KindConflict) })
	}
}

func twoReleasesOfOneVersion(tx *Tx) error {
	if err := tx.PutRelease(dynomad.Release{ID: "1", App: "a", Version: 1}); err != nil {
		return err
	}
	return tx.PutRelease(dynomad.Release{ID: "2", App: "a", Version: 1})
}

func TestWritersQueueAndReadersDoNot(t *testing.T) {
	s := filled(t)
	inside, leave := make(chan struct{}), make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		err := s.Update(context.WithoutCancel(t.Context()), func(tx *Tx) error {
			close(inside)
			<-leave
			return tx.PutSetting("n", "first")
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-inside
	want(t, "a read beside a writer", len(read(t, s, func(tx *Tx) ([]dynomad.App, error) { return tx.Apps("") })), 2)
	impatient, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := s.Update(impatient, func(*Tx) error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second writer got %v, want to wait until its deadline", err)
	}
	close(leave)
	group.Wait()
}

func TestEventsAreNumberedWithoutAGapByManyWriters(t *testing.T) {
	s := filled(t)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 10 {
				if err := s.Update(t.Context(), func(tx *Tx) error {
					return tx.AddEvent(dynomad.Event{Time: noon, App: "a", Text: fmt.Sprint(i, j), Key: fmt.Sprint(j)})
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	var seqs []int64
	for _, e := range read(t, s, func(tx *Tx) ([]dynomad.Event, error) { return tx.Events(0, 1000) }) {
		seqs = append(seqs, e.Seq)
	}
	want(t, "one event a key", seqs, []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
}

func TestDestroyLeavesNothingOfAnApp(t *testing.T) {
	s := filled(t)
	update(t, s, func(tx *Tx) error {
		return errors.Join(everything(tx, "a"), everything(tx, "b"), tx.PutCursor("log", 99))
	})
	tables := read(t, s, func(tx *Tx) ([]string, error) {
		return all(tx, scanString, `SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c ON c.name = 'app_id'
			WHERE m.type = 'table'`)
	})
	if len(tables) < 8 || !slices.Contains(tables, "configs") {
		t.Fatalf("too few tables to look into: %v", tables)
	}
	count := func(table, app string) int64 {
		return read(t, s, func(tx *Tx) (int64, error) {
			return one(tx, scanInt, "table", table, `SELECT COUNT(*) FROM `+table+` WHERE app_id = $1`, app)
		})
	}
	for _, table := range tables {
		if count(table, "a") == 0 {
			t.Errorf("%s had nothing of the app to begin with", table)
		}
	}
	update(t, s, func(tx *Tx) error { return errors.Join(tx.DeleteApp("a"), tx.PruneEvents(noon)) })
	for _, table := range tables {
		want(t, table+" of the app", count(table, "a"), 0)
		if count(table, "b") == 0 {
			t.Errorf("%s lost the other app's rows", table)
		}
	}
}

// everything writes a row of every kind for an app.
func everything(tx *Tx, app dynomad.AppID) error {
	id := string(app)
	_, err := tx.AddConfig(app, dynomad.Config{"X": "y"})
	return errors.Join(err,
		tx.PutSlug(dynomad.Slug{ID: dynomad.SlugID(id), App: app}),
		tx.PutRelease(dynomad.Release{ID: dynomad.ReleaseID(id), App: app, Version: 1}),
		tx.PutBuild(dynomad.Build{ID: dynomad.BuildID(id), App: app}),
		tx.PutFormation(app, dynomad.Formation{{ID: id, Type: "web", Quantity: 1}}),
		tx.PutDomain(dynomad.Domain{ID: id, App: app, Hostname: id + ".example.com"}),
		tx.AddOutput(app, dynomad.OutputID(id), dynomad.OutputLine{Text: "x"}),
		tx.AddEvent(dynomad.Event{Time: later, App: app, Text: "x"}),
		tx.PutApplied(Applied{App: app, Index: 1}),
	)
}
