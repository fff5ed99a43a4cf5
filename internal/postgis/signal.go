package postgis

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// channel is where dispatchers tell each other of committed events.
const channel = "cabstand_outbox"

// relisten is the pause before a listener that was cut off connects again.
const relisten = 500 * time.Millisecond

// Committed signals that events may be waiting: committed by this process or by
// another. A signal may be missing when a process dies right after a commit, or
// while the database is away; who waits looks by itself from time to time.
func (s *Store) Committed() <-chan struct{} { return s.committed }

// signal tells this process at once and has the others told. It never waits:
// one signal that is not taken yet stands for all.
func (s *Store) signal() {
	raise(s.committed)
	raise(s.unnotified)
}

func raise(signal chan<- struct{}) {
	select {
	case signal <- struct{}{}:
	default:
	}
}

// notify tells the other processes of commits, many at a time. It does so after
// them, not within: a transaction with a NOTIFY commits under a lock of the
// whole server, which would make all changes of all trips wait for each other's
// write to disk.
func (s *Store) notify() {
	for {
		select {
		case <-s.life.Done():
			return
		case <-s.unnotified:
			_ = s.with(s.life, func(ctx context.Context, c *pgxpool.Conn) error {
				_, err := c.Exec(ctx, `SELECT pg_notify($1, '')`, channel)
				return err // who waits looks by itself
			})
		}
	}
}

// listen raises a signal at each notification, and after each connection that
// had to be made, since notifications may have been missed.
func (s *Store) listen() {
	for s.life.Err() == nil {
		s.follow()
		pause := time.NewTimer(relisten)
		select {
		case <-pause.C:
		case <-s.life.Done():
		}
		pause.Stop()
	}
}

// follow listens on a connection of its own until that fails.
func (s *Store) follow() {
	conn, err := pgx.ConnectConfig(s.life, s.pool.Config().ConnConfig)
	if err != nil {
		return
	}
	defer s.closeConn(conn)
	bounded, cancel := context.WithTimeout(s.life, s.bound)
	defer cancel()
	if _, err := conn.Exec(bounded, `LISTEN `+channel); err != nil {
		return
	}
	for err == nil {
		raise(s.committed)
		_, err = conn.WaitForNotification(s.life)
	}
}
