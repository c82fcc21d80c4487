package store

import (
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/pressly/goose/v3"

	"github.com/dynomad/dynomad"
)

// before makes a database as it was when this migration was the last, with some rows in it, and opens it as it is today.
func before(t *testing.T, last string, rows ...string) *Store {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dynomad.db")
	db, err := sql.Open("sqlite", dsn(path, toWrite))
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	entries, err := migrations.ReadDir("migrations")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		body, err := migrations.ReadFile("migrations/" + entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		if entry.Name() <= last {
			files[entry.Name()] = &fstest.MapFile{Data: body}
		}
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if _, err := db.ExecContext(t.Context(), row); err != nil {
			t.Fatalf("%s: %v", row, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, path, testKey)
}

func TestRowsOfTheFirstSchemaAreReadOn(t *testing.T) {
	s := before(t, "00001_first.sql",
		`INSERT INTO users VALUES ('ada', 'ada@example.com', 'x', TRUE, 0)`,
		`INSERT INTO apps VALUES ('a', 'hello', 'ada', FALSE, 3, 0, 0)`,
		`INSERT INTO slugs VALUES ('s', 'a', 'k', 'u', 'ff', 1, '', '[{"type":"web","command":"x","settings":{"quantity":2}}]', 0, 0)`,
		`INSERT INTO applied VALUES ('a', 'r', 'g', 7, 3, TRUE, '', 0, 0)`,
		`INSERT INTO formation VALUES ('a', 'release', '1', 1, '', 0, 0), ('a', 'web', '2', 2, '', 0, 0)`,
		`INSERT INTO targets VALUES ('d', '{"driver":"exec","templates":{"web":{"size":"standard-1x"},"worker":{"size":"webby"}}}')`)
	err := s.View(t.Context(), func(tx *Tx) error {
		return errors.Join(
			back(dynomad.Slug{ID: "s", App: "a", Key: "k", URL: "u", SHA256: "ff", Size: 1, Processes: []dynomad.Process{
				{Type: "web", Command: "x", Settings: dynomad.Settings{Quantity: new(2)}},
			}})(tx.Slug("s")),
			back(Applied{App: "a", Release: "r", Digest: "g", Index: 7, Revision: 3, Settled: true})(tx.Applied("a")),
			back(dynomad.Formation{{ID: "2", Type: "web", Quantity: 2}})(tx.Formation("a")),
			back(`{"driver":"exec","templates":{"release":{"size":"standard-1x","timeout":3600000000000,"kill_signal":"SIGTERM",`+
				`"kill_timeout":30000000000,"restart":{"attempts":0,"delay":0,"interval":5000000000},"sidecar":"prestart"},`+
				`"web":{"service":true,"route":[{"path":"/"}],"size":"standard-1x"},"worker":{"size":"webby"}}}`)(
				asText(tx.Target("d"))))
	})
	if err != nil {
		t.Error(err)
	}
}

func asText(body []byte, err error) (string, error) { return string(body), err }
