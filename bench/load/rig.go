package main

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/postgis"
	"github.com/cabstand/cabstand/internal/testenv"
)

// rig is the servers, and what the bench itself needs to speak to them. NATS is in
// this process.
type rig struct {
	config   config
	key      string
	urls     servers
	issuer   *auth.Issuer
	store    *postgis.Store
	pool     *pgxpool.Pool
	client   *http.Client
	programs map[string]*program

	closers []func() error // in reverse order
}

// servers is where they are.
type servers struct{ postgres, redis, nats string }

// onRig opens a rig for do, and closes it.
func onRig(ctx context.Context, c config, do func(*rig) error) error {
	r := &rig{config: c, key: rand.Text() + rand.Text(), programs: map[string]*program{}}
	err := r.open(ctx)
	if err == nil {
		err = do(r)
	}
	for i := len(r.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, r.closers[i]())
	}
	return err
}

func (r *rig) onClose(f func() error) { r.closers = append(r.closers, f) }

func (r *rig) open(ctx context.Context) (err error) {
	for _, s := range []struct {
		start func() (*testenv.Server, error)
		url   *string
	}{{testenv.StartPostgres, &r.urls.postgres}, {testenv.StartRedis, &r.urls.redis}, {testenv.StartNATS, &r.urls.nats}} {
		server, err := s.start()
		if err != nil {
			return err
		}
		r.onClose(server.Close)
		*s.url = server.URL
	}
	if r.store, err = postgis.Open(ctx, postgis.Options{URL: r.urls.postgres}); err != nil {
		return err
	}
	r.onClose(func() error { r.store.Close(); return nil })
	if err := r.store.Migrate(ctx); err != nil {
		return err
	}
	if r.pool, err = pgxpool.New(ctx, r.urls.postgres); err != nil {
		return err
	}
	r.onClose(func() error { r.pool.Close(); return nil })
	transport := &http.Transport{MaxIdleConns: 4096, MaxIdleConnsPerHost: 4096}
	r.client = &http.Client{Transport: transport, Timeout: 20 * time.Second}
	r.onClose(func() error { transport.CloseIdleConnections(); return nil })
	r.issuer, err = auth.NewIssuer([]byte(r.key), time.Now)
	return err
}

// serve starts the real programs.
func (r *rig) serve(ctx context.Context, names ...string) error {
	shared := []string{"serve", "--listen", "127.0.0.1:0", "--redis-url", r.urls.redis, "--nats-url", r.urls.nats, "--auth-key", r.key}
	own := map[string][]string{"dispatcher": {"--database-url", r.urls.postgres, "--window", r.config.Window.String(), "--pprof", r.config.Pprof}}
	for _, name := range names {
		p, err := r.config.serve(context.WithoutCancel(ctx), name, append(shared[:len(shared):len(shared)], own[name]...)...)
		if err != nil {
			return err
		}
		r.programs[name] = p
		r.onClose(p.stop)
	}
	return nil
}

// empty forgets all trips.
func (r *rig) empty(ctx context.Context) error {
	_, err := r.pool.Exec(ctx, `TRUNCATE trips, claims, offers, trip_events, outbox, idempotency_keys, tracks, track_parts CASCADE`)
	return err
}

// count is the one number that the query yields.
func (r *rig) count(ctx context.Context, query string) (n float64, err error) {
	err = r.pool.QueryRow(ctx, query).Scan(&n)
	return n, err
}
