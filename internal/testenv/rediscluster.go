package testenv

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// RedisCluster is the URL of an empty Redis Cluster of three masters, which the
// tests of a binary share one after the other: a cluster has one database alone.
// Whoever asks finds it empty.
func RedisCluster(tb testing.TB) string {
	tb.Helper()
	c, err := privateCluster()
	if err != nil {
		tb.Fatal(err)
	}
	for _, node := range c.Nodes {
		must(tb, withRedis(node.URL, func(ctx context.Context, c *redis.Client) error { return c.FlushAll(ctx).Err() }))
	}
	return c.URL
}

var privateCluster = sync.OnceValues(StartRedisCluster)

// Masters are a Redis Cluster without replicas. A part of it that is gone does
// not stop the rest (cluster-require-full-coverage no), and nothing is kept on
// disk but who has which slots: what a killed master had is lost.
type Masters struct {
	URL   string // of all nodes, as redis.ParseClusterURL takes it
	Nodes []*Server
}

const (
	masters    = 3
	hashSlots  = 16384
	nodeMillis = "1000" // after which a node that does not answer is taken for failed
)

// StartRedisCluster starts three masters, each with a third of the hash slots.
// It returns when all of them serve.
func StartRedisCluster() (*Masters, error) {
	path, err := program("redis-server", installRedis, "/opt/homebrew/bin", "/usr/local/bin", "/usr/sbin")
	if err != nil {
		return nil, err
	}
	c := &Masters{}
	for range masters {
		node, err := startMaster(path)
		if err != nil {
			return nil, errors.Join(err, c.Close())
		}
		c.Nodes = append(c.Nodes, node)
	}
	if err := c.join(); err != nil {
		return nil, errors.Join(fmt.Errorf("join a Redis Cluster: %w", err), c.Close())
	}
	for i, node := range c.Nodes {
		if i == 0 {
			c.URL = strings.TrimSuffix(node.URL, "/0") + "?"
			continue
		}
		c.URL += "&addr=" + node.address()
	}
	return c, nil
}

// address is host and port of a Redis.
func (s *Server) address() string {
	return strings.TrimSuffix(strings.TrimPrefix(s.URL, "redis://"), "/0")
}

// Close ends all nodes and removes their data.
func (c *Masters) Close() error {
	var errs []error
	for _, node := range c.Nodes {
		errs = append(errs, node.Close())
	}
	return errors.Join(errs...)
}

func startMaster(path string) (*Server, error) {
	bus, err := freePort() // the default, port + 10000, need not be one
	if err != nil {
		return nil, err
	}
	return startServer("redis-cluster", func(dir string, port int) (string, func() (running, error), error) {
		address := fmt.Sprintf("redis://127.0.0.1:%d/0", port)
		return address, func() (running, error) { return runMaster(path, dir, port, bus, address) }, nil
	})
}

func runMaster(path, dir string, port, bus int, address string) (running, error) {
	p, err := startProcess(dir, "KILL", []string{
		path, "--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--appendonly", "no",
		"--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(bus), "--cluster-config-file", filepath.Join(dir, "nodes.conf"),
		"--cluster-node-timeout", nodeMillis, "--cluster-require-full-coverage", "no",
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
	return p, nil
}

// join makes the nodes know each other, and waits until all serve all slots.
func (c *Masters) join() error {
	for i, node := range c.Nodes {
		first, last := i*hashSlots/masters, (i+1)*hashSlots/masters-1
		err := withRedis(node.URL, func(ctx context.Context, r *redis.Client) error {
			if err := r.Do(ctx, "cluster", "set-config-epoch", i+1).Err(); err != nil {
				return err
			}
			if err := r.ClusterAddSlotsRange(ctx, first, last).Err(); err != nil {
				return err
			}
			if i == 0 {
				return nil
			}
			return c.meet(ctx, r)
		})
		if err != nil {
			return err
		}
	}
	return c.AwaitOK()
}

// meet introduces the first node to the one that r talks to. The bus port is
// not the default one, so that it has to be told.
func (c *Masters) meet(ctx context.Context, r *redis.Client) error {
	return withRedis(c.Nodes[0].URL, func(ctx context.Context, first *redis.Client) error {
		bus, err := r.ConfigGet(ctx, "cluster-port").Result()
		if err != nil {
			return err
		}
		port, err := r.ConfigGet(ctx, "port").Result()
		if err != nil {
			return err
		}
		return first.Do(ctx, "cluster", "meet", "127.0.0.1", port["port"], bus["cluster-port"]).Err()
	})
}

// AwaitOK waits until every node says that the cluster serves all slots. After
// a start Redis takes two seconds before it does.
func (c *Masters) AwaitOK() error {
	deadline := time.Now().Add(startLimit)
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for ; ; <-ticker.C {
		err := c.ok()
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}

func (c *Masters) ok() error {
	for _, node := range c.Nodes {
		err := withRedis(node.URL, func(ctx context.Context, r *redis.Client) error {
			info, err := r.ClusterInfo(ctx).Result()
			if err == nil && !(strings.Contains(info, "cluster_state:ok") && strings.Contains(info, fmt.Sprintf("cluster_slots_ok:%d", hashSlots))) {
				err = fmt.Errorf("a node of the cluster does not serve:\n%s", info)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
