// Package store keeps Dynomad's rows. It knows SQL and nothing else: no rules, no clock, no ids; those come in with the
// nouns from package platform.
//
// Everything happens in a transaction. View reads one consistent moment, Update reads and writes, and both hand a *Tx to a
// function; an error out of that function rolls everything back. The methods of Tx take and return the nouns of package
// dynomad, one file a noun, with the SQL in plain sight:
//
//	err := s.Update(ctx, func(tx *store.Tx) error {
//		app, err := tx.AppByName("hello")
//		if err != nil {
//			return err
//		}
//		app.Maintenance = true
//		return tx.PutApp(app)
//	})
//
// A noun has up to four methods: Noun(id) or NounByX (a NotFound error where there is none), Nouns(of what), PutNoun (writes
// the whole row, new or old) and DeleteNoun. Whatever the driver says becomes a dynomad.Error with a Kind: a second row
// under a unique name is a Conflict, an engine that is away or busy Unavailable.
//
// The statements are written for SQLite and PostgreSQL alike: numbered parameters, ON CONFLICT, RETURNING, no engine's own
// types. SQLite is the engine that is built in; Open sets it up and brings the schema up to date by the files in
// migrations, which only ever go forward.
//
// Config values are sealed before they reach SQL (seal.go), so that neither the database file nor its log holds one.
//
// Never call Nomad inside a transaction: there is one writer at a time, and it would wait for the network.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/dynomad/dynomad"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Pragmas hold for one connection, so they stand in the DSN, which makes every connection. The write connection's
// transactions take the lock when they begin, not half-way.
const (
	pragmas = "_pragma=foreign_keys(1)&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)"
	toWrite = pragmas + "&_txlock=immediate"
	toRead  = pragmas + "&_pragma=query_only(1)"
	readers = 8 // connections at most
)

// Store is an open database. It is safe for concurrent use.
type Store struct {
	reader *sql.DB
	writer *sql.DB // one connection: writers queue for it in Go, first come, first served
	seal   sealer
}

// Open opens the database file at path, makes it if need be (readable by this user only), and brings its schema up to date.
// Key is 32 bytes; a key that does not fit the values already there is refused.
func Open(ctx context.Context, path string, key []byte) (*Store, error) {
	seal, err := newSealer(key)
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // the log files beside it inherit its mode
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if err := file.Close(); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	s := &Store{seal: seal}
	if s.writer, err = sql.Open("sqlite", dsn(path, toWrite)); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	s.writer.SetMaxOpenConns(1)
	if s.reader, err = sql.Open("sqlite", dsn(path, toRead)); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database: %w", err), s.writer.Close())
	}
	s.reader.SetMaxOpenConns(readers)
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func dsn(path, query string) string {
	escaped := (&url.URL{Path: path}).EscapedPath()
	return (&url.URL{Scheme: "file", Opaque: escaped, RawQuery: query}).String()
}

func (s *Store) prepare(ctx context.Context) error {
	if err := s.migrate(ctx); err != nil {
		return err
	}
	return s.Update(ctx, (*Tx).checkKey)
}

func (s *Store) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, s.writer, files)
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("bring the database's schema up to date: %w", err)
	}
	return nil
}

// Close closes the database. Transactions still running fail.
func (s *Store) Close() error { return errors.Join(s.reader.Close(), s.writer.Close()) }

// Ping says whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return kind(s.reader.PingContext(ctx)) }

// Tx is a transaction. It is valid only inside the function it was handed to.
type Tx struct {
	ctx  context.Context // of the View or Update that made it
	sql  *sql.Tx
	seal sealer
}

// View runs read with one consistent moment of the database, side by side with writers. It cannot write.
func (s *Store) View(ctx context.Context, read func(*Tx) error) error {
	return s.run(ctx, s.reader, &sql.TxOptions{ReadOnly: true}, read)
}

// Update runs edit as the only writer and commits what it did, or, when it returns an error, nothing of it. Edit runs once.
func (s *Store) Update(ctx context.Context, edit func(*Tx) error) error {
	return s.run(ctx, s.writer, nil, edit)
}

func (s *Store) run(ctx context.Context, db *sql.DB, options *sql.TxOptions, do func(*Tx) error) error {
	tx, err := db.BeginTx(ctx, options)
	if err != nil {
		return kind(err)
	}
	defer func() { _ = tx.Rollback() }() // after a commit this does nothing
	if err := do(&Tx{ctx: ctx, sql: tx, seal: s.seal}); err != nil {
		return err
	}
	return kind(tx.Commit())
}

// missing is the answer for a row that is not there.
func missing(what, ref string) error {
	return dynomad.Errorf(dynomad.KindNotFound, "there is no %s %q", what, ref)
}
