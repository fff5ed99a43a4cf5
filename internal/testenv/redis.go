package testenv

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

const installRedis = "Debian: redis-server; macOS: brew install redis"

// privateDatabases is how many logical databases a private Redis has: one for
// each test of a binary.
const privateDatabases = 4096

// Redis is the URL of an empty logical database for the test.
func Redis(tb testing.TB) string {
	tb.Helper()
	if given := os.Getenv("TEST_REDIS_URL"); given != "" {
		return borrowRedis(tb, given)
	}
	server, err := privateRedis()
	if err != nil {
		tb.Fatal(err)
	}
	n := lastDatabase.Add(1)
	if n >= privateDatabases {
		tb.Fatalf("more than %d tests want a Redis database", privateDatabases-1)
	}
	return onLogicalDatabase(server, int(n))
}

var (
	lastDatabase atomic.Int64
	privateRedis = sync.OnceValues(func() (string, error) {
		s, err := StartRedis()
		if err != nil {
			return "", err
		}
		return s.URL, nil
	})
)

// StartRedis starts a private Redis. It keeps an append-only file, so that its
// data outlives a restart.
func StartRedis() (*Server, error) {
	path, err := program("redis-server", installRedis, "/opt/homebrew/bin", "/usr/local/bin", "/usr/sbin")
	if err != nil {
		return nil, err
	}
	return startServer("redis", func(dir string, port int) (string, func() (running, error), error) {
		address := fmt.Sprintf("redis://127.0.0.1:%d/0", port)
		return address, func() (running, error) { return runRedis(path, dir, port, address) }, nil
	})
}

func runRedis(path, dir string, port int, address string) (running, error) {
	p, err := startProcess(dir, "KILL", []string{
		path, "--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--dir", dir,
		"--databases", strconv.Itoa(privateDatabases), "--save", "", "--appendonly", "yes",
		"--pidfile", filepath.Join(dir, "redis.pid"),
	})
	if err != nil {
		return nil, err
	}
	ready := func() error {
		return withRedis(address, func(ctx context.Context, c *redis.Client) error { return c.Ping(ctx).Err() })
	}
	if err := p.awaitReady(ready); err != nil {
		_ = p.kill()
		return nil, err
	}
	return lone{p}, nil
}

// borrowRedis takes an empty logical database of a server that is not ours.
func borrowRedis(tb testing.TB, server string) string {
	tb.Helper()
	for n := 1; n <= 15; n++ {
		address, lock := onLogicalDatabase(server, n), fmt.Sprintf("cabstand:testenv:%d", n)
		if !lockRedis(tb, server, lock) {
			continue
		}
		tb.Cleanup(func() { must(tb, withRedis(server, del(lock))) })
		if size(tb, address) == 0 {
			tb.Cleanup(func() { must(tb, withRedis(address, flush)) })
			return address
		}
	}
	tb.Fatalf("TEST_REDIS_URL: none of the databases 1 to 15 is empty and free")
	return ""
}

// lockRedis tells other test binaries that the database is taken. The lock of a
// binary that was killed ends after an hour.
func lockRedis(tb testing.TB, server, lock string) (taken bool) {
	tb.Helper()
	must(tb, withRedis(server, func(ctx context.Context, c *redis.Client) (err error) {
		taken, err = c.SetNX(ctx, lock, os.Getpid(), time.Hour).Result()
		return err
	}))
	return taken
}

func size(tb testing.TB, address string) (n int64) {
	tb.Helper()
	must(tb, withRedis(address, func(ctx context.Context, c *redis.Client) (err error) {
		n, err = c.DBSize(ctx).Result()
		return err
	}))
	return n
}

func flush(ctx context.Context, c *redis.Client) error { return c.FlushDB(ctx).Err() }

func del(key string) func(context.Context, *redis.Client) error {
	return func(ctx context.Context, c *redis.Client) error { return c.Del(ctx, key).Err() }
}

// withRedis runs do with a client of its own.
func withRedis(address string, do func(context.Context, *redis.Client) error) error {
	options, err := redis.ParseURL(address)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	options.MaxRetries = -1
	c := redis.NewClient(options)
	defer c.Close()
	return do(ctx, c)
}

// onLogicalDatabase is the server's URL with another logical database.
func onLogicalDatabase(server string, n int) string {
	u, err := url.Parse(server)
	if err != nil {
		return server // go-redis says what is wrong with it
	}
	u.Path = "/" + strconv.Itoa(n)
	return u.String()
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
