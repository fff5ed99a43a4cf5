// Package redisgeo is the shared store of drivers' locations on Redis GEO, by
// cell. Hash tags keep the two keys of a cell in one slot, so that the same
// layout runs on one Redis and on a cluster:
//
//	geo:{<cell5>}   GEO set      drivers in the cell
//	seen:{<cell5>}  sorted set   driver → last position, unix ms
//	driver:{<id>}   hash, TTL    everything of a driver's location
//
// The hash is the truth; a cell's sets only lead to it. A script takes a
// location into the hash if it is not older than the one there, whichever
// process wrote that, so an older position never stands. The sets follow: the
// new cell first, then out of the old one. Between the two steps, and for good
// where a process died between them, a driver may be in a set of a cell left
// behind: readers go by the hash and count each driver once, where the hash
// says; Sweep takes the rest away. Two processes that write one driver at the
// same moment may leave the sets at the older of the two places, until the
// driver's next position.
//
// Times keep their milliseconds. A failure of Redis is fault.Unavailable.
package redisgeo

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/fault"
)

// Options say where Redis is.
type Options struct {
	URL     string        // redis://[user:password@]host:port[/database], rediss:// for TLS
	Cluster bool          // URL names a node of a Redis Cluster; more nodes as ?addr=host:port
	TTL     time.Duration // how long a driver is remembered without a position; 0 is DefaultTTL
}

// DefaultTTL is far over the time after which a position is of no use to
// matching: it only bounds what crashed processes leave behind.
const DefaultTTL = 10 * time.Minute

// A position is soft and comes again: it is better lost than late.
const (
	dialTimeout = time.Second
	ioTimeout   = 2 * time.Second
	retries     = 1
)

// Store is the store. It is safe for concurrent use; its state is in Redis
// alone.
type Store struct {
	redis redis.UniversalClient
	ttl   time.Duration
}

// Open makes a store. It connects when it is first used, and again whenever
// Redis comes back.
func Open(o Options) (*Store, error) {
	client, err := newClient(o)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the address of Redis is not accepted: redis://host:port/database")
	}
	if o.TTL <= 0 {
		o.TTL = DefaultTTL
	}
	return &Store{redis: client, ttl: o.TTL}, nil
}

func newClient(o Options) (redis.UniversalClient, error) {
	if o.Cluster {
		c, err := redis.ParseClusterURL(o.URL)
		if err != nil {
			return nil, err
		}
		c.DialTimeout, c.ReadTimeout, c.WriteTimeout = dialTimeout, ioTimeout, ioTimeout
		c.MaxRetries, c.DialerRetries, c.ContextTimeoutEnabled = retries, 1, true
		return redis.NewClusterClient(c), nil
	}
	c, err := redis.ParseURL(o.URL)
	if err != nil {
		return nil, err
	}
	c.DialTimeout, c.ReadTimeout, c.WriteTimeout = dialTimeout, ioTimeout, ioTimeout
	c.MaxRetries, c.DialerRetries, c.ContextTimeoutEnabled = retries, 1, true
	return redis.NewClient(c), nil
}

// Ping reports whether Redis answers.
func (s *Store) Ping(ctx context.Context) error { return unavailable(s.redis.Ping(ctx).Err()) }

// Close closes the connections.
func (s *Store) Close() error { return s.redis.Close() }

func geoKey(cell geo.Cell) string  { return "geo:{" + string(cell) + "}" }
func seenKey(cell geo.Cell) string { return "seen:{" + string(cell) + "}" }
func driverKey(id string) string   { return "driver:{" + id + "}" }

func unavailable(err error) error {
	if err == nil {
		return nil
	}
	return fault.Wrap(err, fault.Unavailable, "the store of positions does not answer")
}
