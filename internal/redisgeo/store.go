// Package redisgeo is the shared store of drivers' locations on Redis GEO, by
// cell. Hash tags keep the keys of a cell in one slot, so that the same layout
// runs on one Redis and on a cluster:
//
//	geo:{<cell5>}   GEO set      drivers in the cell
//	seen:{<cell5>}  sorted set   driver → last position, unix ms
//	at:{<cell5>}    hash         driver@writer → that writer's word: the location, packed
//	driver:{<id>}   hash, TTL    cell and writer: which word stands; seen: since when;
//	                             status, class, seats, session; at: the location then
//
// # What an update costs
//
// A driver who stays in a cell, with the same session and status, costs a share
// of three commands for all such drivers of the cell: ZADD seen, ZADD geo (the
// score is what GEOADD would compute) and HSET at. The driver's hash is written
// when something of it changes, and its TTL is renewed twice a minute.
//
// # Order
//
// An older location (by SeenAt) never stands over a newer one, whoever wrote
// them. Within a writer that is its own business: it writes one batch after the
// other. Writers do not overwrite each other, because each has its own words; the
// driver's hash tells which word stands, and passes to another writer, or to
// another cell, only by a script that refuses what is older than it. Whoever
// takes it over takes the word that stood before out of its cell. If that word
// is newer after all, it gets the hash back. The writer who lost the driver
// notices at its next position, because its word is gone, and so it notices when
// Redis lost what it had: then it takes the hash again, if it is the newer.
//
// The sets only lead to the hash. Where a process died half way a driver may be
// in the sets of a cell left behind: readers go by the hash and count each
// driver once, where it says; Sweep takes the rest away.
//
// A writer that failed is not used again, and what it knew is forgotten: what it
// sent may still arrive, and changes nothing then.
//
// # A cluster of which a part is gone
//
// What the other nodes have is written and read as ever, and nobody waits for
// the part that is gone. A driver can be found while both the node of the cell
// and the node of the driver's hash are there; what is away of the rest is told
// with an [Incomplete]. A driver who comes from a cell that is away is taken out
// of its sets by a sweep. Whenever a node was lost every writer makes sure, with
// each driver's next position, that the driver's hash is there.
//
// Times keep their milliseconds. A failure of Redis is fault.Unavailable.
package redisgeo

import (
	"context"
	"sync"
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

// In a cluster the first batch after a node vanished waits for it, and nobody
// after that.
const (
	nodeTimeout = time.Second
	redirects   = 2
)

// renewEvery is how often the TTL of a driver's hash is renewed, at most.
const renewEvery = 30 * time.Second

// Store is the store. It is safe for concurrent use; its state is in Redis, and
// what it remembers of it only saves work.
type Store struct {
	redis      redis.UniversalClient
	cluster    bool
	guards     *guards // of the nodes of a cluster
	ttl        time.Duration
	renewAfter time.Duration

	mu   sync.Mutex
	idle []*writer
}

// Open makes a store. It connects when it is first used, and again whenever
// Redis comes back.
func Open(o Options) (*Store, error) {
	guards := newGuards()
	client, err := newClient(o, guards)
	if err != nil {
		guards.close()
		return nil, fault.Wrap(err, fault.Invalid, "the address of Redis is not accepted: redis://host:port/database")
	}
	if o.TTL <= 0 {
		o.TTL = DefaultTTL
	}
	return &Store{redis: client, cluster: o.Cluster, guards: guards, ttl: o.TTL, renewAfter: min(o.TTL/2, renewEvery)}, nil
}

func newClient(o Options, g *guards) (redis.UniversalClient, error) {
	if o.Cluster {
		return newClusterClient(o.URL, g)
	}
	c, err := redis.ParseURL(o.URL)
	if err != nil {
		return nil, err
	}
	c.DialTimeout, c.ReadTimeout, c.WriteTimeout = dialTimeout, ioTimeout, ioTimeout
	c.MaxRetries, c.DialerRetries, c.ContextTimeoutEnabled = retries, 1, true
	return redis.NewClient(c), nil
}

func newClusterClient(url string, g *guards) (redis.UniversalClient, error) {
	c, err := redis.ParseClusterURL(url)
	if err != nil {
		return nil, err
	}
	c.DialTimeout, c.ReadTimeout, c.WriteTimeout = dialTimeout, nodeTimeout, nodeTimeout
	c.MaxRedirects, c.MinRetryBackoff, c.MaxRetryBackoff = redirects, -1, -1 // at once: guards know when to wait
	c.DialerRetries, c.ContextTimeoutEnabled = 1, true
	c.NewClient = g.newNode
	client := redis.NewClusterClient(c)
	g.cluster.Store(client)
	return client, nil
}

// Ping reports whether Redis answers: in a cluster, whether all masters do.
func (s *Store) Ping(ctx context.Context) error {
	cluster, ok := s.redis.(*redis.ClusterClient)
	if !ok {
		return unavailable(s.redis.Ping(ctx).Err())
	}
	return s.missing(cluster.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error { return node.Ping(ctx).Err() }))
}

// Close closes the connections.
func (s *Store) Close() error {
	s.guards.close()
	return s.redis.Close()
}

func geoKey(cell geo.Cell) string  { return "geo:{" + string(cell) + "}" }
func seenKey(cell geo.Cell) string { return "seen:{" + string(cell) + "}" }
func atKey(cell geo.Cell) string   { return "at:{" + string(cell) + "}" }
func driverKey(id string) string   { return "driver:{" + id + "}" }
