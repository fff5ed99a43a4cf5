// Package sqlite keeps trips, offers, claims, events and drivers in one SQLite
// file: the store of the one-binary size.
//
// What a call has stored is on disk when it returns (write-ahead log,
// synchronous=FULL), and stays there whatever happens to the process. There is
// one writing connection, so that transactions run one after the other; those
// that wait at the same time reach the disk together. A few more connections
// read, and the writer does not keep them waiting.
//
// Times are kept to the microsecond. Errors are faults: fault.Unavailable where
// the file cannot be used at the moment (disk full, I/O error, locked).
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"

	migrations "github.com/cabstand/cabstand/sql"
)

const (
	writers = 2 // the one that transactions use, and one to migrate
	readers = 4 // how many reads may run at the same time, beside the writer
)

// Store is an open database file.
type Store struct {
	writer  *sql.DB
	reader  *sql.DB
	writing *sql.Conn // where all transactions run
	writes  *session  // on writing
	reads   *session

	jobs    chan *job     // not buffered: the callers are the queue
	closing chan struct{} // closed by Close
	close   func()
	work    sync.WaitGroup

	committed chan struct{} // capacity one: signals coalesce
	led       atomic.Bool
}

// Open opens the file at path and makes it where there is none. Its folder must
// be there.
func Open(ctx context.Context, path string) (*Store, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	s := &Store{jobs: make(chan *job), closing: make(chan struct{}), committed: make(chan struct{}, 1)}
	s.close = sync.OnceFunc(func() { close(s.closing) })
	if s.writer, err = connect(absolute, writers); err != nil {
		return nil, err
	}
	if s.reader, err = connect(absolute, readers, "_query_only=1"); err != nil {
		return nil, errors.Join(err, s.writer.Close())
	}
	if s.writing, err = s.writer.Conn(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, faulted(err)), s.writer.Close(), s.reader.Close())
	}
	s.writes, s.reads = newSession(s.writing.PrepareContext), newSession(s.reader.PrepareContext)
	s.work.Go(func() { s.serve(context.WithoutCancel(ctx)) })
	return s, nil
}

func connect(path string, conns int, options ...string) (*sql.DB, error) {
	options = append(options, "_journal_mode=WAL", "_synchronous=FULL", "_foreign_keys=1", "_busy_timeout=5000")
	file := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: strings.Join(options, "&")}
	db, err := sql.Open("sqlite", file.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// Migrate brings the schema up to date.
func (s *Store) Migrate(ctx context.Context) error {
	provider, err := goose.NewProvider(goose.DialectSQLite3, s.writer, migrations.SQLite())
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return faulted(fmt.Errorf("migrate: %w", err))
	}
	return nil
}

// Ping reports whether the file can be read.
func (s *Store) Ping(ctx context.Context) error {
	_, err := collect(ctx, s.reads, scanString, `SELECT count(*) FROM sqlite_schema`)
	return err
}

// Close closes the file. Calls that run are waited for. It may be called twice.
func (s *Store) Close() {
	s.close()
	s.work.Wait()
	s.reads.close()
	s.writes.close()
	_ = s.reader.Close()
	_ = s.writing.Close()
	_ = s.writer.Close() // the last to close folds the log into the file
}
