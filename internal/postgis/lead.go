package postgis

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// relayLock is the key of the advisory lock that the one relay of a database
// holds: "cabstand" in ASCII.
const relayLock int64 = 0x63616273_74616e64

// How often the leader looks whether its connection still stands, and how long
// it waits for the answer.
const (
	leadCheck = time.Second
	leadWait  = 3 * time.Second
)

// Lead tries to become the one relay of this database. The lead is a lock of a
// session with the database: it ends with the connection, which no other call
// has. A connection that did not get the lead is kept for the next try: those
// who wait for it ask often, and for as long as the leader lives.
func (s *Store) Lead(ctx context.Context) (lost <-chan struct{}, release func(), ok bool, err error) {
	bounded, cancel := context.WithTimeout(ctx, s.bound)
	defer cancel()
	conn, err := s.candidate(bounded)
	if err != nil {
		return nil, nil, false, faulted(ctx, err)
	}
	if err := conn.QueryRow(bounded, `SELECT pg_try_advisory_lock($1)`, relayLock).Scan(&ok); err != nil {
		s.closeConn(conn)
		return nil, nil, false, faulted(ctx, err)
	}
	if !ok {
		s.keepCandidate(conn)
		return nil, nil, false, nil
	}
	l := lead{conn: conn, lost: make(chan struct{}), stop: make(chan struct{}), done: make(chan struct{})}
	s.work.Go(func() { s.keep(l) })
	return l.lost, sync.OnceFunc(func() { close(l.stop); <-l.done }), true, nil
}

// candidate is the connection of an earlier try, or a new one.
func (s *Store) candidate(ctx context.Context) (*pgx.Conn, error) {
	select {
	case conn := <-s.candidates:
		return conn, nil
	default:
		return pgx.ConnectConfig(ctx, s.pool.Config().ConnConfig)
	}
}

// keepCandidate keeps one connection, and none once the store is closed.
func (s *Store) keepCandidate(conn *pgx.Conn) {
	select {
	case s.candidates <- conn:
	default:
		s.closeConn(conn)
	}
	if s.life.Err() != nil {
		s.dropCandidate()
	}
}

func (s *Store) dropCandidate() {
	select {
	case conn := <-s.candidates:
		s.closeConn(conn)
	default:
	}
}

type lead struct {
	conn *pgx.Conn
	lost chan struct{} // closed when the connection is gone, or about to be
	stop chan struct{} // closed to give the lead up
	done chan struct{} // closed when the connection is closed
}

// keep holds the lead until it is given up, lost, or the store is closed.
func (s *Store) keep(l lead) {
	defer close(l.done)
	defer s.closeConn(l.conn)
	check := time.NewTicker(leadCheck)
	defer check.Stop()
	for {
		select {
		case <-l.stop:
			s.unlock(l.conn)
			return
		case <-s.life.Done():
			close(l.lost)
			return
		case <-check.C:
			if !s.stands(l.conn) {
				close(l.lost)
				return
			}
		}
	}
}

func (s *Store) stands(conn *pgx.Conn) bool {
	ctx, cancel := context.WithTimeout(s.life, leadWait)
	defer cancel()
	return conn.Ping(ctx) == nil
}

// unlock lets the next leader in now, not when the server notices the end of
// the connection. When it fails, that is what happens.
func (s *Store) unlock(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(s.life, leadWait)
	defer cancel()
	_, _ = conn.Exec(ctx, `SELECT pg_advisory_unlock($1)`, relayLock)
}

func (s *Store) closeConn(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.life), leadWait)
	defer cancel()
	_ = conn.Close(ctx)
}
