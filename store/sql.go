package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/dynomad/dynomad"
)

// row is what one line of a result is read from: *sql.Row and *sql.Rows.
type row interface{ Scan(dest ...any) error }

// exec runs a statement and tells how many rows it touched.
func (tx *Tx) exec(query string, args ...any) (int64, error) {
	result, err := tx.sql.ExecContext(tx.ctx, query, args...)
	if err != nil {
		return 0, kind(err)
	}
	n, err := result.RowsAffected()
	return n, kind(err)
}

// put is exec for a statement of which only the error matters.
func (tx *Tx) put(query string, args ...any) error {
	_, err := tx.exec(query, args...)
	return err
}

// one reads a single row, or gives the NotFound error "there is no WHAT "REF"".
func one[T any](tx *Tx, scan func(row) (T, error), what, ref, query string, args ...any) (T, error) {
	v, err := scan(tx.sql.QueryRowContext(tx.ctx, query, args...))
	if errors.Is(err, sql.ErrNoRows) {
		return v, missing(what, ref)
	}
	return v, kind(err)
}

// all reads every row, in the query's order; none is an empty slice and no error.
func all[T any](tx *Tx, scan func(row) (T, error), query string, args ...any) ([]T, error) {
	rows, err := tx.sql.QueryContext(tx.ctx, query, args...)
	if err != nil {
		return nil, kind(err)
	}
	defer func() { _ = rows.Close() }()
	list := []T{}
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, kind(err)
		}
		list = append(list, v)
	}
	return list, kind(rows.Err())
}

// instant carries a time to and from a column of microseconds; 0 is the zero time. Read into one with (*instant)(&t).
type instant time.Time

// Value implements driver.Valuer.
func (i instant) Value() (driver.Value, error) {
	if t := time.Time(i); !t.IsZero() {
		return t.UnixMicro(), nil
	}
	return int64(0), nil
}

// Scan implements sql.Scanner.
func (i *instant) Scan(src any) error {
	n, ok := src.(int64)
	if !ok {
		return fmt.Errorf("a time is stored as %T", src)
	}
	*i = instant{}
	if n != 0 {
		*i = instant(time.UnixMicro(n).UTC())
	}
	return nil
}

// text carries a value to and from a column of JSON text, in which ” is the zero value. Read into one with text{&v}.
type text struct{ of any }

// Value implements driver.Valuer. Nothing to say, be it null, [] or {}, is ”.
func (t text) Value() (driver.Value, error) {
	body, err := json.Marshal(t.of)
	if said := string(body); said != "null" && said != "[]" && said != "{}" {
		return said, err
	}
	return "", err
}

// Scan implements sql.Scanner.
func (t text) Scan(src any) error {
	body, ok := src.(string)
	if !ok {
		return fmt.Errorf("JSON is stored as %T", src)
	}
	if body == "" {
		return nil
	}
	return json.Unmarshal([]byte(body), t.of)
}

// kinds is the table from SQLite's primary result codes to ours; whatever is not in it is our own fault.
var kinds = map[int]dynomad.Kind{
	sqlite3.SQLITE_BUSY:     dynomad.KindUnavailable,
	sqlite3.SQLITE_LOCKED:   dynomad.KindUnavailable,
	sqlite3.SQLITE_FULL:     dynomad.KindUnavailable,
	sqlite3.SQLITE_IOERR:    dynomad.KindUnavailable,
	sqlite3.SQLITE_CANTOPEN: dynomad.KindUnavailable,
	sqlite3.SQLITE_READONLY: dynomad.KindUnavailable,
}

// kind turns what the driver said into an error for people, and passes on what is one already, or a context's end.
func kind(err error) error {
	_, ours := errors.AsType[*dynomad.Error](err)
	if err == nil || ours || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	wrapped := &dynomad.Error{Kind: dynomad.KindInternal, Message: "the database refused a statement", Err: err}
	failure, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return wrapped
	}
	switch code := failure.Code(); {
	case code == sqlite3.SQLITE_CONSTRAINT_UNIQUE, code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		wrapped.Kind, wrapped.Message = dynomad.KindConflict, "there is one already"
	case kinds[code&0xff] != "":
		wrapped.Kind, wrapped.Message = kinds[code&0xff], "the database does not answer"
		wrapped.Hint = "try again in a moment; if it stays, look at the disk of the server's data directory"
	}
	return wrapped
}
