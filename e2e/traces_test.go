//go:build e2e

package e2e

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // to read the store as a stranger would
)

// rows names every row of the store, and every file of the logs, that still knows an app.
func (s *stack) rows(t *testing.T, app string) (left []string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.dir, "dynomad/dynomad.db")+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, table := range strings1(t, db, "SELECT name FROM sqlite_master WHERE type = 'table'") {
		var columns []string
		for _, column := range strings1(t, db, "SELECT name FROM pragma_table_info('"+table+"')") {
			columns = append(columns, "coalesce(CAST(\""+column+"\" AS TEXT), '')")
		}
		for _, row := range strings1(t, db, "SELECT "+strings.Join(columns, " || '|' || ")+" FROM \""+table+"\"") {
			if strings.Contains(row, app) {
				left = append(left, table+": "+row)
			}
		}
	}
	return left
}

// strings1 are the values of a query's first column.
func strings1(t *testing.T, db *sql.DB, query string) (out []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		out = append(out, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// grep names every place in which a config value stands that should stand nowhere but in the dyno and in Nomad's sealed
// variables: what Nomad tells about the job, and every file of the whole cluster. Left out are the places by which Nomad
// hands the value to the dyno: the task's secrets folder, and the client's own note of how it started the process.
func (s *stack) grep(t *testing.T, app, value string) (found []string) {
	t.Helper()
	o := s.operator(t)
	versions, _, _, err := o.nomad.Jobs().Versions(app, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	evaluations, _, err := o.nomad.Jobs().Evaluations(app, nil)
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]any{"the job's versions": versions, "its evaluations": evaluations}
	for _, a := range o.running(t, app) {
		full, _, err := o.nomad.Allocations().Info(a.ID, nil)
		if err != nil {
			t.Fatal(err)
		}
		told["allocation "+a.ID] = full
	}
	for what, v := range told {
		if text, err := json.Marshal(v); err != nil || bytes.Contains(text, []byte(value)) {
			found = append(found, fmt.Sprint(what, " ", err))
		}
	}
	if log := s.run(t, "logs", "-a", app, "-n", "1500"); strings.Contains(log, value) {
		found = append(found, "the app's log")
	}
	return append(found, grepFiles(t, s.dir, []byte(value))...)
}

func grepFiles(t *testing.T, root string, value []byte) (found []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil //nolint:nilerr // files come and go below a running cluster
		case entry.IsDir() && (entry.Name() == "secrets" || entry.Name() == "proc" || entry.Name() == "usr"):
			return fs.SkipDir
		case entry.Name() == "state.db":
			return nil
		case entry.Type().IsRegular():
			if text, err := os.ReadFile(path); err == nil && bytes.Contains(text, value) {
				found = append(found, path)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
