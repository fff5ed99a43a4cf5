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
// session with the database: it ends with the connection, which is this call's
// own.
func (s *Store) Lead(ctx context.Context) (lost <-chan struct{}, release func(), ok bool, err error) {
	conn, err := pgx.ConnectConfig(ctx, s.pool.Config().ConnConfig)
	if err != nil {
		return nil, nil, false, faulted(ctx, err)
	}
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, relayLock).Scan(&ok); err != nil || !ok {
		s.closeConn(conn)
		return nil, nil, false, faulted(ctx, err)
	}
	l := lead{conn: conn, lost: make(chan struct{}), stop: make(chan struct{}), done: make(chan struct{})}
	s.work.Go(func() { s.keep(l) })
	return l.lost, sync.OnceFunc(func() { close(l.stop); <-l.done }), true, nil
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
