package sim

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
	"golang.org/x/sync/errgroup"
)

// Config is a run of the live city.
type Config struct {
	Target  string // address of the dispatcher, such as http://127.0.0.1:8080
	Tracker string // address of the tracker; "" is Target
	Token   Token

	World      World
	Drivers    int         // drivers who cruise the world
	Recordings []Recording // in place of them: drivers who follow a recording
	Orders     iter.Seq[Order]
	Behaviour  Behaviour
	Stranger   Stranger // how riders of other makes say their PINs; nil: they cannot

	PositionEvery time.Duration // between a driver's positions; 0 is 4 s
	Binary        bool          // drivers ask to send positions in binary
	Duration      time.Duration // how long there are new orders; 0: until ctx ends
	Drain         time.Duration // how long trips may take to end after that
	Seed          uint64
	Prefix        string // of drivers' ids; "" is "sim"

	Unaudited bool // nobody reads the report: end at once when ctx ends

	// Enrol makes a driver known to the engine before the first session; nil
	// registers a standard car as an operator does.
	Enrol func(ctx context.Context, id string) error

	Note     func(Note)       // called with what each client says and is told, one at a time; may be nil
	Progress func(Report)     // called every ten seconds; may be nil
	Now      func() time.Time // nil is time.Now
	Log      *slog.Logger     // nil is none
}

// city is a run.
type city struct {
	Config
	client  *client
	ledger  *ledger
	pins    pins
	started time.Time
	run     string // makes the ids of riders unlike those of other runs
}

// Drive runs drivers and riders against an engine until the duration is over and
// the trips have ended, or ctx ends, and tells what they saw. The error says that
// the run could not be made; violations are in the report.
func Drive(ctx context.Context, cfg Config) (Report, error) {
	c, err := newCity(cfg)
	if err != nil {
		return Report{}, err
	}
	defer c.client.http.CloseIdleConnections()
	// Everybody works on while the run is wound up, also when ctx has ended.
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	people, work := errgroup.WithContext(work)
	people.Go(func() error { return c.drivers(work) })
	people.Go(func() error { return c.watch(work) })

	served := make(chan struct{})
	ordering, enough := context.WithCancel(work)
	defer enough()
	go func() {
		defer close(served)
		c.riders(ordering, work)
	}()
	c.last(ctx, work, enough, served)
	enough()
	if !c.Unaudited {
		c.audit(work)
	}
	report := c.report() // while everybody is still there
	stop()
	err = people.Wait()
	<-served
	return report, err
}

func newCity(cfg Config) (*city, error) {
	var err error
	if cfg.Target, err = checkAddress("target", cfg.Target); err != nil {
		return nil, err
	}
	if cfg.Tracker == "" {
		cfg.Tracker = cfg.Target
	}
	if cfg.Tracker, err = checkAddress("tracker", cfg.Tracker); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	c := &city{Config: cfg, started: cfg.Now()}
	c.run = strconv.FormatInt(c.started.UnixMilli(), 36)
	c.ledger = newLedger(cfg.Duration == 0, c.started)
	c.ledger.tell = cfg.Note
	c.ledger.report.Drivers = max(cfg.Drivers, len(cfg.Recordings))
	c.client = &client{
		target: cfg.Target, tracker: cfg.Tracker, token: cfg.Token, now: cfg.Now, count: c.ledger.answered,
		http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute}},
	}
	return c, nil
}

func (cfg Config) withDefaults() Config {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.PositionEvery == 0 {
		cfg.PositionEvery = 4 * time.Second
	}
	if cfg.Prefix == "" {
		cfg.Prefix = "sim"
	}
	if cfg.Behaviour == (Behaviour{}) {
		cfg.Behaviour = Usual
	}
	return cfg
}

func (c *city) report() Report { return c.ledger.snapshot(c.Now()) }

// last returns when the run is to be wound up: its time is over and no rider is
// left, or the drain is over, or somebody stopped it.
func (c *city) last(ctx, work context.Context, enough func(), served <-chan struct{}) {
	if c.Duration == 0 {
		wait(ctx, work, nil, nil)
		return
	}
	if wait(ctx, work, time.After(c.Duration), nil) {
		enough()
		wait(ctx, work, time.After(c.Drain), served)
	}
}

// wait reports whether the time came before anything else.
func wait(ctx, work context.Context, timeout <-chan time.Time, done <-chan struct{}) bool {
	select {
	case <-timeout:
		return true
	case <-ctx.Done():
	case <-work.Done():
	case <-done:
	}
	return false
}

// startEvery spreads the start of the drivers.
const startEvery = 5 * time.Millisecond

// drivers lets all drivers work until ctx ends.
func (c *city) drivers(ctx context.Context) error {
	phones, ctx := errgroup.WithContext(ctx)
	for i := range c.ledger.report.Drivers {
		if i > 0 && !sleep(ctx, startEvery) {
			break
		}
		p := &phone{cabbie: c.cabbie(i), client: c.client, ledger: c.ledger, now: c.Now, enrol: c.Enrol, stranger: c.Stranger}
		if c.Binary {
			p.protocols = []string{wire.SubprotocolBinary}
		}
		phones.Go(func() error { return p.run(ctx) })
	}
	return phones.Wait()
}

// cabbie makes the driver of the given number.
func (c *city) cabbie(i int) *cabbie {
	rng := rand.New(rand.NewPCG(c.Seed, uint64(i)+1))
	b := &cabbie{pins: &c.pins, world: c.World, mood: c.Behaviour, every: c.PositionEvery, rng: rng}
	if len(c.Recordings) > 0 {
		r := c.Recordings[i]
		b.id, b.pastime = c.Prefix+"-"+r.Cab, &following{recording: r, world: c.World}
		b.car = parked(r.home(), c.started)
	} else {
		b.id = fmt.Sprintf("%s-%04d", c.Prefix, i+1)
		b.pastime = &cruising{world: c.World, stand: c.Behaviour.Stand, rng: rng}
		b.car = parked(c.World.Place(rng), c.started)
	}
	b.idle(c.started)
	return b
}

// riders sends riders out as the orders come until ordering ends, and waits for
// all of them.
func (c *city) riders(ordering, work context.Context) {
	var all sync.WaitGroup
	defer all.Wait()
	n := 0
	for o := range c.Orders {
		if !sleep(ordering, o.After-c.Now().Sub(c.started)) {
			return
		}
		n++
		r := &rider{pins: &c.pins,
			id: fmt.Sprintf("rider-%s-%d", c.run, n), order: o, mood: c.Behaviour,
			rng: rand.New(rand.NewPCG(c.Seed^0x51de5, uint64(n))), client: c.client, ledger: c.ledger, now: c.Now,
		}
		all.Go(func() {
			defer func() { c.pins.forget(r.trip.ID) }()
			r.run(work)
		})
	}
}

// watch tells of the progress.
func (c *city) watch(ctx context.Context) error {
	for sleep(ctx, 10*time.Second) {
		r := c.report() // also lets the checker judge what has had its time
		if c.Progress != nil {
			c.Progress(r)
		}
	}
	return nil
}

// audit asks for every trip that was acknowledged: each must be there, and over
// or being worked on.
func (c *city) audit(ctx context.Context) {
	trips := c.ledger.accounts()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	var asking errgroup.Group
	asking.SetLimit(8)
	for _, id := range slices.Sorted(maps.Keys(trips)) {
		asking.Go(func() error {
			c.ask(ctx, id)
			return nil
		})
	}
	_ = asking.Wait()
	c.Log.Debug("every acknowledged trip was asked for", "trips", len(trips))
}

func (c *city) ask(ctx context.Context, tripID string) {
	asked := c.Now()
	var t wire.Trip
	err := c.client.do(ctx, call{
		role: "operator", sub: "simulator", method: http.MethodGet, path: "/v1/trips/" + tripID,
		patience: time.Minute,
	}, &t)
	var refused *refusal
	switch {
	case err == nil:
		c.ledger.audited(t, asked, c.Now())
	case errors.As(err, &refused) && refused.code == fault.NotFound:
		c.ledger.notFound(tripID, c.Now())
	default:
		c.ledger.unread(tripID)
	}
}
