// Package postgis keeps trips, offers, claims, events and drivers in PostgreSQL
// with PostGIS: the store that many dispatchers share.
//
// Every change of a trip is one transaction at the level READ COMMITTED that
// locks the trip's row first and reads afterwards. What dispatchers race for, a
// driver, is decided by the primary key of the table claims; no lock or lease
// outside of the database takes part in it.
//
// Times are kept to the microsecond. Errors are faults: fault.Unavailable where
// the database cannot be reached or used at the moment. After a connection was
// cut during a commit nobody knows whether it was made; that too is
// fault.Unavailable, and repeating the call is safe, since commands are.
package postgis

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/cabstand/cabstand/internal/fault"
	migrations "github.com/cabstand/cabstand/sql"
)

// Options say where the database is. Only URL is needed.
type Options struct {
	URL      string        // postgres://user:password@host:port/database?…
	MaxConns int           // at most so many connections, and two beside them; 0: DefaultConns
	Patience time.Duration // how long to wait for a free connection; 0: DefaultPatience
	Bound    time.Duration // how long a call may take, that wait included; 0: DefaultBound
}

// Defaults of Options. The bound is less than the 5 s that a command over the
// bus may take, so that who asked is told that the database is away, and not
// nothing.
const (
	DefaultConns    = 16
	DefaultPatience = 3 * time.Second
	DefaultBound    = 4 * time.Second
)

// attempts is how often a transaction is tried that lost a deadlock or a
// connection that had died before.
const attempts = 5

// Store is a pool of connections to the database.
type Store struct {
	pool      *pgxpool.Pool
	patience  time.Duration
	bound     time.Duration
	newcomers chan struct{} // a place for each connection that may be used for what can be put off

	creations creations

	candidates chan *pgx.Conn // capacity one: waits for the next try to lead
	committed  chan struct{}  // capacity one: signals coalesce
	unnotified chan struct{}  // capacity one: other processes are to be told

	life context.Context // ends the goroutines below
	stop context.CancelFunc
	work sync.WaitGroup
}

// Open prepares a store. It connects when there is something to do, so that a
// dispatcher starts, and says that it is not ready, while its database is away:
// Ping tells.
func Open(ctx context.Context, o Options) (*Store, error) {
	config, err := configure(o)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	s := &Store{
		pool: pool, patience: orDefault(o.Patience, DefaultPatience), bound: orDefault(o.Bound, DefaultBound),
		newcomers:  make(chan struct{}, max(1, config.MaxConns-reserved(config.MaxConns))),
		candidates: make(chan *pgx.Conn, 1), committed: make(chan struct{}, 1), unnotified: make(chan struct{}, 1),
	}
	s.creations.places = make(chan struct{}, creatingAtOnce)
	s.life, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.work.Go(s.listen)
	s.work.Go(s.notify)
	return s, nil
}

func orDefault(given, otherwise time.Duration) time.Duration {
	if given <= 0 {
		return otherwise
	}
	return given
}

// configure sets the limits that keep a lost client or a stuck query from
// holding on to a trip, unless the URL sets its own.
func configure(o Options) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		return nil, err
	}
	config.MaxConns = DefaultConns
	if o.MaxConns > 0 {
		config.MaxConns = int32(o.MaxConns)
	}
	config.PingTimeout = 2 * time.Second
	c := config.ConnConfig
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 3 * time.Second
	}
	// These find connections that wait for nothing in particular, as the
	// listener's does, and whose host vanished without a word. They say nothing
	// of a server that is there and does not answer: calls have their bound.
	keepAlive := net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 3 * time.Second, Count: 3}
	c.DialFunc = (&net.Dialer{KeepAliveConfig: keepAlive}).DialContext
	for name, value := range map[string]string{
		"application_name": "cabstand", "statement_timeout": "10s", "lock_timeout": "3s",
		"idle_in_transaction_session_timeout": "10s",
		"tcp_keepalives_idle":                 "5", "tcp_keepalives_interval": "3", "tcp_keepalives_count": "3",
	} {
		if _, given := c.RuntimeParams[name]; !given {
			c.RuntimeParams[name] = value
		}
	}
	return config, nil
}

// Migrate brings the schema up to date. Of several processes that try it at the
// same time one does it, the others wait for it.
func (s *Store) Migrate(ctx context.Context) error {
	config := s.pool.Config().ConnConfig
	config.RuntimeParams["statement_timeout"] = "0" // an index of a large table takes its time
	db := stdlib.OpenDB(*config)
	defer db.Close()

	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.Postgres(), goose.WithSessionLocker(locker))
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return faulted(ctx, fmt.Errorf("migrate: %w", err))
	}
	return nil
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	return s.with(ctx, func(ctx context.Context, c *pgxpool.Conn) error { return c.Ping(ctx) })
}

// Clock is what time it is by the database's clock, which all who use it can go by.
func (s *Store) Clock(ctx context.Context) (at time.Time, err error) {
	return at, s.with(ctx, func(ctx context.Context, c *pgxpool.Conn) error {
		return c.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&at)
	})
}

// Close ends what runs in the background and closes the connections. Calls that
// run are waited for. It may be called twice.
func (s *Store) Close() {
	s.stop()
	s.work.Wait()
	s.dropCandidate()
	s.pool.Close()
}

// with runs do on a connection of the pool. Both share the store's bound, which
// is in the context that do gets: no answer comes from a server that hangs. A
// caller who goes away meanwhile does not cut do off: that would cost the
// connection, and where many lose patience with a slow database, most of them.
func (s *Store) with(ctx context.Context, do func(context.Context, *pgxpool.Conn) error) error {
	bounded, cancel := context.WithTimeout(ctx, s.bound)
	defer cancel()
	conn, err := s.acquire(bounded)
	if err != nil {
		return err
	}
	defer conn.Release()
	working, stop := context.WithDeadline(context.WithoutCancel(bounded), deadline(bounded))
	defer stop()
	return faulted(working, do(working, conn))
}

// deadline is when ctx ends, which has a bound.
func deadline(ctx context.Context) time.Time {
	at, _ := ctx.Deadline()
	return at
}

func (s *Store) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	patient, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	conn, err := s.pool.Acquire(patient)
	if err != nil && !givenUp(ctx) {
		return nil, fault.Wrap(err, fault.Unavailable, "the store cannot be reached at the moment")
	}
	return conn, err
}

// write runs do in a transaction, again if that lost to another one without a
// fault of its own. It is committed when write returns nil. All attempts
// together share the bound.
func (s *Store) write(ctx context.Context, do func(context.Context, pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.bound)
	defer cancel()
	var err error
	for range attempts {
		again := false
		err = s.with(ctx, func(ctx context.Context, c *pgxpool.Conn) error {
			err := pgx.BeginTxFunc(ctx, c, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) error { return do(ctx, tx) })
			again = passing(err)
			return err
		})
		if !again || ctx.Err() != nil {
			return err
		}
	}
	return err
}

// collect reads all rows of a query.
func collect[T any](ctx context.Context, s *Store, scan pgx.RowToFunc[T], query string, args ...any) (all []T, err error) {
	err = s.with(ctx, func(ctx context.Context, c *pgxpool.Conn) error {
		rows, err := c.Query(ctx, query, args...)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, scan)
		return err
	})
	return all, err
}
