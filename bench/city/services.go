package main

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"

	"github.com/cabstand/cabstand/internal/testenv"
)

// services is the size of services: Redis, PostGIS and NATS, a tracker, and two
// dispatchers behind a load balancer.
type services struct {
	launcher    launcher
	key         string
	servers     []*testenv.Server
	tracker     *program
	dispatchers []*program
	balancer    *testenv.Balancer
	arguments   []string // of both dispatchers
	spent       usage
}

func openServices(ctx context.Context, l launcher) (city, error) {
	s := &services{launcher: l, key: rand.Text() + rand.Text()}
	if err := s.start(context.WithoutCancel(ctx)); err != nil {
		_, closing := s.close()
		return nil, errors.Join(err, closing)
	}
	return s, nil
}

func (s *services) start(ctx context.Context) (err error) {
	var urls []string
	for _, start := range []func() (*testenv.Server, error){testenv.StartPostgres, testenv.StartRedis, testenv.StartNATS} {
		server, err := start()
		if err != nil {
			return err
		}
		s.servers, urls = append(s.servers, server), append(urls, server.URL)
	}
	shared := []string{"--redis-url", urls[1], "--nats-url", urls[2], "--auth-key", s.key}
	s.arguments = slices.Concat([]string{"serve", "--database-url", urls[0]}, shared)
	if err := s.migrate(ctx, urls[0]); err != nil {
		return err
	}
	for _, id := range []string{"first", "second"} {
		d, err := s.dispatcher(ctx, id, "127.0.0.1:0")
		if err != nil {
			return err
		}
		s.dispatchers = append(s.dispatchers, d)
	}
	if s.tracker, err = s.launcher.serve(ctx, "tracker", slices.Concat([]string{"serve", "--listen", "127.0.0.1:0"}, shared)...); err != nil {
		return err
	}
	s.balancer, err = testenv.Balance(s.dispatchers[0].url, s.dispatchers[1].url)
	return err
}

func (s *services) migrate(ctx context.Context, database string) error {
	p, err := s.launcher.start(ctx, "dispatcher", "migrate", "--database-url", database)
	if err != nil {
		return err
	}
	return p.wait()
}

func (s *services) dispatcher(ctx context.Context, id, listen string) (*program, error) {
	return s.launcher.serve(ctx, "dispatcher", slices.Concat(s.arguments, []string{"--listen", listen, "--id", id})...)
}

func (s *services) access() []string {
	return []string{"--target", s.balancer.URL, "--tracker", s.tracker.url, "--auth-key", s.key}
}

// crash kills the first dispatcher: the second takes over its cells until it is
// back.
func (s *services) crash(ctx context.Context) error {
	first := s.dispatchers[0]
	if err := first.kill(); err != nil {
		return err
	}
	s.spent = s.spent.plus(first.usage)
	again, err := s.dispatcher(context.WithoutCancel(ctx), "first", strings.TrimPrefix(first.url, "http://"))
	if err == nil {
		s.dispatchers[0] = again
	}
	return err
}

// close ends what was started. What the servers cost is not counted: they are
// not ours.
func (s *services) close() (usage, error) {
	var errs []error
	if s.balancer != nil {
		s.balancer.Close()
	}
	for _, p := range append([]*program{s.tracker}, s.dispatchers...) {
		if p != nil {
			errs = append(errs, p.stop())
			s.spent = s.spent.plus(p.usage)
		}
	}
	for _, server := range s.servers {
		errs = append(errs, server.Close())
	}
	return s.spent, errors.Join(errs...)
}
