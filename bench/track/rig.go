package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/natsbus"
	"github.com/cabstand/cabstand/internal/redisgeo"
	"github.com/cabstand/cabstand/internal/testenv"
	"github.com/cabstand/cabstand/internal/wire"
)

// Parts whose processor time is told apart.
const (
	partTracker    = "tracker"
	partRedis      = "redis"
	partNATS       = "nats"
	partFollower   = "follower" // this process: it follows the feed as a dispatcher does
	partLoad       = "load"
	partDispatcher = "dispatcher"
)

// natsMode is a NATS server, a process of its own. It says where it is.
type natsMode struct{}

// Run serves until its input ends.
func (*natsMode) Run(std streams) error {
	server, err := testenv.StartNATS()
	if err != nil {
		return err
	}
	if err := json.NewEncoder(std.out).Encode(server.URL); err != nil {
		return errors.Join(err, server.Close())
	}
	_, err = io.Copy(io.Discard, std.in)
	return errors.Join(err, server.Close())
}

// rig is what everything is measured on: Redis and NATS, and the two stores as a
// dispatcher sees them.
type rig struct {
	config   config
	key      string
	redisURL string
	redis    *redis.Client
	natsURL  string
	bus      *natsbus.Bus
	store    *redisgeo.Store
	pids     processes

	closers []func() error // in reverse order
}

// openRig starts Redis and NATS, and answers trackers: every driver is known.
func openRig(ctx context.Context, c config) (r *rig, err error) {
	r = &rig{config: c, key: rand.Text() + rand.Text(), pids: processes{partFollower: os.Getpid()}}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.close())
		}
	}()
	if err := r.startRedis(ctx); err != nil {
		return nil, err
	}
	if err := r.startNATS(ctx); err != nil {
		return nil, err
	}
	stop, err := r.bus.Commands.Serve(welcome)
	if err != nil {
		return nil, err
	}
	r.onClose(func() error { stop(); return nil })
	return r, nil
}

func (r *rig) onClose(f func() error) { r.closers = append(r.closers, f) }

// startRedis starts Redis without persistence: positions come again.
func (r *rig) startRedis(ctx context.Context) error {
	server, err := testenv.StartRedis()
	if err != nil {
		return err
	}
	r.onClose(server.Close)
	options, err := redis.ParseURL(server.URL)
	if err != nil {
		return err
	}
	r.redisURL, r.redis = server.URL, redis.NewClient(options)
	r.onClose(r.redis.Close)
	if err := r.redis.ConfigSet(ctx, "appendonly", "no").Err(); err != nil {
		return err
	}
	info, err := r.redis.InfoMap(ctx, "server").Result()
	if err != nil {
		return err
	}
	if r.pids[partRedis], err = number(info["Server"]["process_id"]); err != nil {
		return err
	}
	r.store, err = redisgeo.Open(redisgeo.Options{URL: r.redisURL})
	if err == nil {
		r.onClose(r.store.Close)
	}
	return err
}

func (r *rig) startNATS(ctx context.Context) error {
	server, err := startChild("nats")
	if err != nil {
		return err
	}
	r.onClose(server.close)
	r.pids[partNATS] = server.pid()
	if err := server.hear(&r.natsURL); err != nil {
		return err
	}
	r.bus, err = natsbus.Connect(ctx, natsbus.Options{URL: r.natsURL, Name: "bench-track"})
	if err == nil {
		r.onClose(func() error { r.bus.Close(); return nil })
	}
	return err
}

// welcome answers a tracker that asks who a driver is.
func welcome(_ context.Context, c wire.Command) wire.Reply {
	return wire.Reply{Profile: &wire.Driver{ID: c.DriverID, Name: c.DriverID, Class: "standard", Seats: 4, CreatedAt: time.Unix(1, 0).UTC()}}
}

// startTracker starts the tracker as a service.
func (r *rig) startTracker(ctx context.Context, flags ...string) (*program, error) {
	p, err := r.config.serve(ctx, "tracker", slices.Concat([]string{"serve", "--listen", "127.0.0.1:0", "--redis-url", r.redisURL,
		"--nats-url", r.natsURL, "--auth-key", r.key, "--flush", r.config.Flush.String()}, flags, r.config.TrackerFlags)...)
	if err == nil {
		r.pids[partTracker] = p.pid()
	}
	return p, err
}

// follow follows the feed of the city's cells.
func (r *rig) follow(f *follower) error {
	cells, err := geo.CoverBox(bounds(), geo.OwnerLength, 64)
	if err != nil {
		return err
	}
	for _, cell := range cells {
		stop, err := r.bus.Positions.Follow(cell, f.hear)
		if err != nil {
			return err
		}
		r.onClose(func() error { stop(); return nil })
	}
	return nil
}

func (r *rig) close() error {
	var errs []error
	for i := len(r.closers) - 1; i >= 0; i-- {
		errs = append(errs, r.closers[i]())
	}
	r.closers = nil
	return errors.Join(errs...)
}
