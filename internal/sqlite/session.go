package sqlite

import (
	"context"
	"database/sql"
	"sync"

	"github.com/cabstand/cabstand/internal/fault"
)

// session runs statements that it prepares once and keeps: parsing SQL is most
// of the work of a short one. There are a few dozen different ones.
type session struct {
	// prepare is of the writer's one connection, or of the readers' pool.
	prepare func(ctx context.Context, query string) (*sql.Stmt, error)

	mu    sync.Mutex
	known map[string]*sql.Stmt
}

func newSession(prepare func(context.Context, string) (*sql.Stmt, error)) *session {
	return &session{prepare: prepare, known: map[string]*sql.Stmt{}}
}

func (s *session) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	statement, err := s.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	return statement.ExecContext(ctx, args...)
}

// statement is the prepared query. Two callers may prepare the same one at the
// same time: nobody waits for the file under the lock, and the first is kept.
func (s *session) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	if statement := s.lookUp(query); statement != nil {
		return statement, nil
	}
	statement, err := s.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if first := s.known[query]; first != nil {
		_ = statement.Close()
		return first, nil
	}
	s.known[query] = statement
	return statement, nil
}

func (s *session) lookUp(query string) *sql.Stmt {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known[query]
}

// close gives the statements back.
func (s *session) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, statement := range s.known {
		_ = statement.Close()
	}
	clear(s.known)
}

// collect reads all rows of a query.
func collect[T any](ctx context.Context, s *session, scan func(row) (T, error), query string, args ...any) ([]T, error) {
	statement, err := s.statement(ctx, query)
	if err != nil {
		return nil, faulted(err)
	}
	rows, err := statement.QueryContext(ctx, args...)
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

// theOne is the single result, or fault.NotFound with the given detail.
func theOne[T any](found []T, err error) func(missing string) (T, error) {
	return func(missing string) (one T, _ error) {
		switch {
		case err != nil:
			return one, err
		case len(found) == 0:
			return one, fault.New(fault.NotFound, "%s", missing)
		}
		return found[0], nil
	}
}
