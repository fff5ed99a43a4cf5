package dispatch

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/match"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// Config is how a dispatcher matches.
type Config struct {
	ID      string        // among the dispatchers
	Window  time.Duration // between two ticks: requests are gathered for that long; the first one, see SetRegime
	Policy  Policy        // the first one; see SetPolicy
	Limits  Limits
	Sweep   time.Duration // between two readings of all unfinished trips; 0: 5 s
	Journal bool          // keep the reasons of decisions
}

// DefaultConfig offers a ride within half a second.
var DefaultConfig = Config{Window: 500 * time.Millisecond, Policy: DefaultPolicy, Limits: DefaultLimits, Journal: true}

// Deps are the parts that a dispatcher stands on.
type Deps struct {
	Trips     Trips
	Estimator Estimator
	Pusher    Pusher
	Feed      Feed
	Beats     Beats // nil: whether trackers live is known from positions alone
	Locations Locations
	Peers     Peers
	Signals   Signals
	Reachable func() bool // whether pushes leave this process at the moment; nil: always
	// Reaches reports whether a driver's tracker asks for what is pending, while
	// pushes do not leave; nil: none does.
	Reaches func(driverID string) bool
	NewID   func() string // of offers
	Now     func() time.Time
	Log     *slog.Logger
	Ticked  func(Tick) // told of each tick; may be nil
}

// Tick is what one tick did.
type Tick struct {
	Took      time.Duration
	Open      int // requests that waited for an offer
	Free      int // drivers who could have had one
	Priced    int // pairs of both whose travel time was asked for
	Offered   int // offers made
	Exchanged int // trips that were given another driver, or one who was on the way to another trip
	Refused   int // offers and exchanged trips that the store refused
	Expired   int // offers and searches whose time was over, and other steps that were due

	Online int                // drivers in the cells that are owned, now and then; -1 where nobody looked
	Ages   []time.Duration    // of the positions of those who could have had an offer; valid until the next tick
	Rungs  map[match.Rung]int // what travel times stood on for the trips that were given a driver
}

// Dispatcher works on the trips of the cells that it owns: it matches open
// requests to free drivers at each tick, and watches over the times of offers,
// searches and drivers. It decides nothing that the store does not commit, so
// it may crash, sleep or be wrong about what it owns at any moment.
type Dispatcher struct {
	config  Config
	deps    Deps
	inbox   inbox
	journal journal
	policy  atomic.Pointer[Policy]
	window  atomic.Int64 // a time.Duration
	areas   atomic.Pointer[areas]
	fastest float64 // m/s along the straight line that no travel time is faster than

	// What follows is touched by the goroutine of Run alone.
	book      *book
	supply    *supply
	domain    domain
	sulks     map[sulk]time.Time   // until when
	claimed   map[string]time.Time // drivers whom the store refused, until when they are left alone
	tickedAt  time.Time
	sweptAt   time.Time
	paces     map[string]pace // by area, "" for where there is none
	countedAt time.Time       // the last count of the drivers who are online
	ailing    bool            // the store failed; logged once an outage
	away      bool            // pushes do not leave this process

	// Memory that serves tick after tick.
	round                   round
	solver                  match.Solver
	swapper                 match.Solver // of exchanges that are looked for apart from offers
	prices                  []match.Cost
	ages                    []time.Duration
	requestKeys, driverKeys []uint64
}

// sulk is a driver who gets no offer for a while: of one trip, or of any when
// the trip is "".
type sulk struct{ driverID, tripID string }

const (
	sweepEvery = 5 * time.Second
	sweepAway  = time.Second // while no news come, since the bus is away
)

// New makes a dispatcher. It does nothing until Run. The policy of config must be
// valid.
func New(config Config, deps Deps) *Dispatcher {
	d := &Dispatcher{
		config: config, deps: deps, book: newBook(), sulks: map[sulk]time.Time{}, paces: map[string]pace{}, claimed: map[string]time.Time{},
		fastest: topSpeed, domain: domain{me: config.ID}, supply: &supply{
			feed: deps.Feed, beats: deps.Beats, locations: deps.Locations, fleet: driver.NewFleet(), fresh: config.Limits.Fresh,
			now: deps.Now, log: deps.Log,
			followed: map[geo.Cell]*following{},
		},
	}
	if paced, ok := deps.Estimator.(Paced); ok && paced.Fastest() > 0 {
		d.fastest = paced.Fastest()
	}
	d.policy.Store(&config.Policy)
	d.areas.Store(&areas{})
	d.window.Store(int64(config.Window))
	return d
}

// Policy is the policy in force.
func (d *Dispatcher) Policy() Policy { return *d.policy.Load() }

// SetPolicy has every tick from the next on go by p. A policy that is not
// accepted changes nothing; the error, fault.Invalid, names the field. It may be
// called at any time by anybody.
func (d *Dispatcher) SetPolicy(p Policy) error {
	if err := p.Validate(); err != nil {
		return err
	}
	d.policy.Store(&p)
	return nil
}

// Fleet is the drivers that the dispatcher knows of: those of the cells where it
// works. It is for others to read.
func (d *Dispatcher) Fleet() *driver.Fleet { return d.supply.fleet }

// Changed tells the dispatcher of a trip that was committed in this process.
func (d *Dispatcher) Changed(t *trip.Trip) { d.inbox.changed(t) }

// Decisions is what was decided for the trip here, the oldest first.
func (d *Dispatcher) Decisions(tripID string) []Decision { return d.journal.of(tripID) }

// Recall is the public form of Decisions.
func (d *Dispatcher) Recall(tripID string) []wire.Decision {
	public := []wire.Decision{}
	for _, decision := range d.journal.of(tripID) {
		public = append(public, decision.Public())
	}
	return public
}

// Run dispatches until ctx ends.
func (d *Dispatcher) Run(ctx context.Context) error {
	stop, err := d.subscribe()
	if err != nil {
		return err
	}
	defer stop()
	defer d.supply.close()
	window := d.beat()
	ticker := time.NewTicker(window)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			d.Tick(ctx)
		}
		if now := d.beat(); now != window {
			window = now
			ticker.Reset(window)
		}
	}
}

func (d *Dispatcher) subscribe() (stop func(), err error) {
	stopNudges, err := d.deps.Signals.OnNudge(func(n wire.Nudge) {
		if n.From != d.config.ID {
			d.inbox.nudged(n)
		}
	})
	if err != nil {
		return nil, err
	}
	stopEvents, err := d.deps.Signals.Subscribe(d.inbox.told)
	if err != nil {
		stopNudges()
		return nil, err
	}
	return func() { stopNudges(); stopEvents() }, nil
}

// Tick does one round: take in the news, let run out what has run out, match.
func (d *Dispatcher) Tick(ctx context.Context) {
	began := d.deps.Now()
	report, err := d.tick(ctx, began)
	switch {
	case ctx.Err() != nil:
		return
	case err != nil && !d.ailing:
		d.deps.Log.Error("a tick failed; trying again at each of the next", "err", err)
	case err == nil && d.ailing:
		d.deps.Log.Info("ticks succeed again")
	}
	d.ailing = err != nil
	report.Took = d.deps.Now().Sub(began)
	if d.deps.Ticked != nil {
		d.deps.Ticked(report)
	}
}

func (d *Dispatcher) tick(ctx context.Context, now time.Time) (Tick, error) {
	report := Tick{Online: -1}
	d.away = d.deps.Reachable != nil && !d.deps.Reachable()
	d.notice(now)
	d.domain.look(d.deps.Peers.Live())
	if err := d.catchUp(ctx, now); err != nil {
		return report, err
	}
	d.supply.follow(ctx, d.cells())
	d.supply.listen(ctx)
	d.countOnline(now, &report)
	var late error // one trip that cannot be written is no reason not to match the others
	report.Expired, late = d.runOut(ctx, now)
	if d.away && d.deps.Reaches == nil {
		return report, late // an offer now would reach no phone, and hold its driver for nothing
	}
	return report, errors.Join(late, d.match(ctx, now, &report))
}

// owns reports whether the trip is this dispatcher's to work on.
func (d *Dispatcher) owns(e *entry) bool { return d.domain.owns(e.cell) }

// catchUp brings the book up to date: by a sweep of the store when it is due,
// else by the news.
func (d *Dispatcher) catchUp(ctx context.Context, now time.Time) error {
	news, overflow := d.inbox.take()
	if overflow || now.Sub(d.sweptAt).Abs() >= d.sweepEvery() { // the clock may be set back
		if err := d.sweep(ctx, now); err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(news)) { // in an order that is the same everywhere
		n := news[id]
		if n.trip != nil {
			d.book.hear(n.trip, n.whole, now)
		} else if err := d.read(ctx, id, now); err != nil {
			return err
		}
	}
	for _, e := range d.book.oldestFirst(func(e *entry) bool { return !e.whole && d.owns(e) }) {
		if err := d.read(ctx, e.id, now); err != nil {
			return err
		}
	}
	return nil
}

// sweepEvery is the time between two sweeps.
func (d *Dispatcher) sweepEvery() time.Duration {
	every := cmp.Or(d.config.Sweep, sweepEvery)
	if d.away {
		every = min(every, sweepAway)
	}
	return every
}

// read puts the trip into the book as the store has it.
func (d *Dispatcher) read(ctx context.Context, id string, now time.Time) error {
	t, err := d.deps.Trips.Trip(ctx, id)
	switch {
	case fault.Is(err, fault.NotFound):
		d.book.drop(id)
		return nil
	case err != nil:
		return err
	}
	d.book.set(t, now)
	return nil
}

const sweepPage = 1000

// sweep reads every trip that is not final, so that none is forgotten whatever
// message got lost, and takes over what others left behind.
func (d *Dispatcher) sweep(ctx context.Context, now time.Time) error {
	before, found := d.book.ids(), map[string]bool{}
	for after := ""; ; {
		page, err := d.deps.Trips.Unfinished(ctx, after, sweepPage)
		if err != nil {
			return err
		}
		for _, t := range page {
			found[t.ID], after = true, t.ID
			d.book.set(t, now)
		}
		if len(page) < sweepPage {
			break
		}
	}
	d.book.keepOnly(found, before)
	d.remind(ctx, now)
	d.supply.forget()
	d.noteIdle(now)
	over := func(until time.Time) bool { return now.After(until) }
	maps.DeleteFunc(d.sulks, func(_ sulk, until time.Time) bool { return over(until) })
	maps.DeleteFunc(d.claimed, func(_ string, until time.Time) bool { return over(until) })
	d.sweptAt = now
	return nil
}

// cells is the owner cells of the trips that this dispatcher works on.
func (d *Dispatcher) cells() map[geo.Cell]bool {
	cells := make(map[geo.Cell]bool, len(d.book.cells))
	for cell := range d.book.cells {
		if d.domain.owns(cell) {
			cells[cell] = true
		}
	}
	return cells
}

// errStale says that the book was wrong about a trip: read it again.
var errStale = errors.New("the book is behind the store")
