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

// readers is how many reads may run at the same time, beside the writer.
const readers = 4

// Store is an open database file.
type Store struct {
	writer *sql.DB // one connection
	reader *sql.DB

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
	// BEGIN IMMEDIATE: a transaction that turned from reading to writing could
	// fail half-way on another process's write.
	if s.writer, err = connect(absolute, 1, "_txlock=immediate"); err != nil {
		return nil, err
	}
	if s.reader, err = connect(absolute, readers, "_query_only=1"); err != nil {
		return nil, errors.Join(err, s.writer.Close())
	}
	if err := s.Ping(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
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
	if err := s.writer.PingContext(ctx); err != nil {
		return faulted(err)
	}
	return faulted(s.reader.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(new(int)))
}

// Close closes the file. Calls that run are waited for. It may be called twice.
func (s *Store) Close() {
	s.close()
	s.work.Wait()
	_ = s.reader.Close()
	_ = s.writer.Close() // the last to close folds the log into the file
}

// querier is the writer's transaction or the readers' pool.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// collect reads all rows of a query.
func collect[T any](ctx context.Context, q querier, scan func(row) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, faulted(err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, faulted(err)
		}
		all = append(all, v)
	}
	return all, faulted(rows.Err())
}
