package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/cabstand/cabstand/internal/faults"
	"github.com/cabstand/cabstand/internal/testenv"
)

// town is a running city of the services size: two trackers, two dispatchers,
// PostgreSQL with PostGIS, Redis and NATS, each a process of its own, and a way
// that can be broken between any two that talk.
type town struct {
	bin, logs string
	key       string

	postgres, redis *testenv.Server
	nats            *program
	programs        map[string]*program // dispatchers, trackers and nats, by name
	links           map[string]*link    // by "from to to"
	balancers       []*testenv.Balancer
	recorder        *recorder
	folder          string
}

// Names of the parts.
var (
	dispatchers = []string{"dispatcher-1", "dispatcher-2"}
	trackers    = []string{"tracker-1", "tracker-2"}
)

const (
	toDispatchers = "clients to dispatchers"
	toTrackers    = "clients to trackers"
)

// settings of the dispatchers: short windows, so that a paused process outlasts
// all of them, and everything that moves claims about.
var settings = []string{
	"--accept-window", "4s", "--search-timeout", "90s", "--lost-after", "20s",
	"--swap", "--swap-threshold", "1s", "--swap-every", "2s", "--log-level", "warn",
}

// openTown starts everything.
func openTown(ctx context.Context, bin, logs string) (t *town, err error) {
	t = &town{bin: bin, logs: logs, key: rand.Text() + rand.Text(), programs: map[string]*program{}, links: map[string]*link{}}
	if err := t.open(ctx); err != nil {
		return nil, errors.Join(err, t.close())
	}
	return t, nil
}

func (t *town) open(ctx context.Context) (err error) {
	if t.folder, err = os.MkdirTemp("", "cabstand-faults-"); err != nil {
		return err
	}
	if t.redis, err = testenv.StartRedis(); err != nil {
		return err
	}
	if err := t.openNATS(); err != nil {
		return err
	}
	if err := t.openPostgres(ctx); err != nil {
		return err
	}
	for _, name := range slices.Concat(dispatchers, trackers) {
		if err := t.openProgram(name); err != nil {
			return err
		}
	}
	if err := t.front(toDispatchers, dispatchers); err != nil {
		return err
	}
	return t.front(toTrackers, trackers)
}

func (t *town) openNATS() (err error) {
	if t.nats, err = natsProgram(t.folder, filepath.Join(t.logs, "nats.log")); err != nil {
		return err
	}
	t.programs["nats"] = t.nats
	return t.nats.start()
}

// openPostgres has the database note when each transaction was committed, and
// every change of a claim.
func (t *town) openPostgres(ctx context.Context) (err error) {
	if t.postgres, err = testenv.StartPostgres(); err != nil {
		return err
	}
	if err := execute(ctx, t.postgres.URL, "ALTER SYSTEM SET track_commit_timestamp = on"); err != nil {
		return err
	}
	if err := errors.Join(t.postgres.Stop(), t.postgres.Start()); err != nil {
		return err
	}
	migrate := exec.CommandContext(ctx, filepath.Join(t.bin, "dispatcher"), "migrate", "--database-url", t.postgres.URL)
	migrate.Env = environment()
	if out, err := migrate.CombinedOutput(); err != nil {
		return fmt.Errorf("migrate: %w\n%s", err, out)
	}
	t.recorder, err = record(ctx, t.postgres.URL)
	return err
}

// openProgram starts a dispatcher or a tracker behind links of its own.
func (t *town) openProgram(name string) error {
	to := map[string]string{"redis": t.redis.URL, "nats": t.nats.url}
	flags := map[string]string{"redis": "--redis-url", "nats": "--nats-url"}
	kind, args := "tracker", []string{"serve", "--auth-key", t.key, "--log-level", "warn"}
	if slices.Contains(dispatchers, name) {
		to["postgres"], flags["postgres"] = t.postgres.URL, "--database-url"
		kind, args = "dispatcher", slices.Concat([]string{"serve", "--auth-key", t.key, "--id", name}, settings)
	}
	if kind == "tracker" {
		for _, d := range dispatchers {
			args = append(args, "--dispatcher-url", t.programs[d].url)
		}
	}
	for server, address := range to {
		l, err := t.link(name+" to "+server, address)
		if err != nil {
			return err
		}
		args = append(args, flags[server], l.url)
	}
	t.programs[name] = &program{path: filepath.Join(t.bin, kind), args: args, log: filepath.Join(t.logs, name+".log"), clock: filepath.Join(t.folder, name+".clock")}
	return t.programs[name].start()
}

func (t *town) link(name, address string) (l *link, err error) {
	if l, err = newLink(name, address); err == nil {
		t.links[name] = l
	}
	return l, err
}

// front puts a load balancer before programs, and a way for clients before it.
func (t *town) front(name string, behind []string) error {
	var urls []string
	for _, b := range behind {
		urls = append(urls, t.programs[b].url)
	}
	b, err := testenv.Balance(urls...)
	if err != nil {
		return err
	}
	t.balancers = append(t.balancers, b)
	_, err = t.link(name, b.URL)
	return err
}

// parts is what can be broken.
func (t *town) parts() faults.Parts {
	programs := slices.Concat(dispatchers, trackers, []string{"nats", "postgres", "redis"})
	var links []string
	for name := range t.links {
		links = append(links, name)
	}
	slices.Sort(links)
	return faults.Parts{
		faults.Kill: programs, faults.Pause: programs,
		faults.Cut: links, faults.Stall: links, faults.Slow: links, faults.Duplicate: {"nats"},
		faults.Clock: slices.Concat(dispatchers, trackers),
	}
}

// close ends everything. Nothing of it is needed any more.
func (t *town) close() error {
	for _, b := range t.balancers {
		b.Close()
	}
	for _, p := range t.programs {
		p.kill()
	}
	for _, l := range t.links {
		l.cut()
	}
	var errs []error
	for _, s := range []*testenv.Server{t.postgres, t.redis} {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	return errors.Join(append(errs, os.RemoveAll(t.folder))...)
}
