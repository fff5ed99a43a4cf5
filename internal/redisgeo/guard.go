package redisgeo

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// errAway stands for the answer of a node that is left alone.
var errAway = errors.New("a node of the Redis Cluster does not answer")

// probeEvery is how long a node that does not answer is left alone.
const probeEvery = 250 * time.Millisecond

// guards keep the nodes of a cluster apart: one that does not answer is refused
// at once, so that nobody waits for it who also wants something of others. A
// probe at a time, beside the traffic, finds out when it is back.
type guards struct {
	outages atomic.Uint64 // how often a node was lost
	cluster atomic.Pointer[redis.ClusterClient]

	ctx  context.Context // of the probes
	stop context.CancelFunc
	work sync.WaitGroup

	mu     sync.Mutex
	closed bool
}

func newGuards() *guards {
	g := &guards{}
	g.ctx, g.stop = context.WithCancel(context.Background())
	return g
}

// newNode makes the client of a node.
func (g *guards) newNode(o *redis.Options) *redis.Client {
	probe := *o
	probe.PoolSize, probe.MinIdleConns, probe.MaxRetries = 1, 0, -1
	o.Limiter = &guard{guards: g, options: probe}
	return redis.NewClient(o)
}

// close ends the probes and waits for them.
func (g *guards) close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.stop()
	g.work.Wait()
}

func (g *guards) start(probe func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		g.work.Go(probe)
	}
}

// guard is the limiter of one node's client.
type guard struct {
	*guards
	options redis.Options // of probes
	away    atomic.Bool
	probing atomic.Bool
}

// Allow refuses a node that is away.
func (g *guard) Allow() error {
	if !g.away.Load() {
		return nil
	}
	g.lookAfter()
	return errAway
}

// ReportResult hears what became of a conversation with the node.
func (g *guard) ReportResult(err error) {
	if isAway(err) && !g.away.Swap(true) {
		g.outages.Add(1)
		g.lookAfter()
	}
}

// isAway reports whether the error says that the node serves nobody: it cannot
// be reached, loads its data, or has no majority of masters around it.
func isAway(err error) bool {
	var network net.Error
	switch {
	case err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return false
	case errors.As(err, &network), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return true
	}
	return strings.HasPrefix(err.Error(), "LOADING ") || strings.HasPrefix(err.Error(), "CLUSTERDOWN The cluster is down")
}

// lookAfter starts a probe unless there is one. A node that is still away may
// have been replaced, which the others know.
func (g *guard) lookAfter() {
	if !g.probing.CompareAndSwap(false, true) {
		return
	}
	g.start(func() {
		defer g.probing.Store(false)
		if g.serves() {
			g.away.Store(false)
			return
		}
		if c := g.cluster.Load(); c != nil {
			c.ReloadState(g.ctx)
		}
		timer := time.NewTimer(probeEvery)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-g.ctx.Done():
		}
	})
}

func (g *guard) serves() bool {
	o := g.options
	c := redis.NewClient(&o)
	defer c.Close()
	ctx, cancel := context.WithTimeout(g.ctx, dialTimeout)
	defer cancel()
	info, err := c.ClusterInfo(ctx).Result()
	return err == nil && strings.Contains(info, "cluster_state:ok")
}
