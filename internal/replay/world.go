package replay

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/memtrips"
	"github.com/cabstand/cabstand/internal/trip"
)

// world is one run.
type world struct {
	*Scenario
	dice   dice
	travel Travel
	store  *memtrips.Store
	desk   *dispatch.Desk
	engine *dispatch.Dispatcher
	feed   *feed
	tally  *tally

	now      time.Duration // since From
	queue    queue
	nextTick time.Duration
	swapTick time.Duration   // the last one that looked for exchanges
	commits  [][]trip.Change // of the store, not yet reacted to
	offered  []offered       // to phones, not yet looked at

	riders    []rider
	cars      []*car
	carOf     map[string]*car
	asked     int // riders who have asked
	over      int // trips that are final
	searching int // trips that look for a driver
	assigned  int // trips whose driver is on the way
	made      int // names made
}

// slack is how long a run goes on after the last request before it is taken to
// have come to a standstill.
const slack = 24 * time.Hour

func newWorld(s *Scenario, seed uint64) *world {
	w := &world{Scenario: s, dice: dice(seed), travel: s.Network.Travel(), carOf: map[string]*car{}, swapTick: -forever}
	w.store = memtrips.NewSlim(func(changes []trip.Change) { w.commits = append(w.commits, changes) })
	w.feed = newFeed(w)
	w.tally = newTally(w)
	w.wire()
	w.hire()
	w.riders = make([]rider, len(s.Orders))
	for i, o := range s.Orders {
		w.riders[i] = rider{number: i, order: o.Order, takes: o.Takes}
	}
	if len(w.riders) > 0 {
		w.expectRequest(0)
	}
	return w
}

// wire puts the real dispatcher and the real desk onto the simulated world.
func (w *world) wire() {
	log := slog.New(slog.DiscardHandler)
	config := w.Dispatch
	config.ID, config.Journal, config.Sweep = self, false, forever // news cannot get lost in here
	config.Limits.Fresh, config.Limits.Lost = forever, forever     // see feed
	w.engine = dispatch.New(config, dispatch.Deps{
		Trips: w.store, Estimator: w.travel, Pusher: w.feed, Feed: w.feed, Locations: w.feed, Peers: w.feed, Signals: w.feed,
		NewID: w.newID, Now: w.clock, Log: log,
	})
	w.desk = &dispatch.Desk{
		ID: self, Trips: w.store, Drivers: w.store, Pusher: w.feed, Signals: w.feed,
		Changed: w.engine.Changed, Limits: config.Limits, Now: w.clock, Log: log,
	}
}

// clock is the virtual time.
func (w *world) clock() time.Time { return w.From.Add(w.now) }

func (w *world) newID() string { w.made++; return fmt.Sprintf("o%08d", w.made) }

// run goes from event to event and from tick to tick, until every trip has
// ended. An event comes before a tick of the same time.
func (w *world) run(ctx context.Context) error {
	for w.over < len(w.riders) {
		at, ok := w.queue.next()
		var err error
		if ok && at <= w.nextTick {
			err = w.happen(ctx)
		} else {
			err = w.tick(ctx)
		}
		if err != nil {
			return fmt.Errorf("at %v: %w", w.clock().Format(time.RFC3339), err)
		}
	}
	return nil
}

// happen lets the next event happen.
func (w *world) happen(ctx context.Context) error {
	e := w.queue.take()
	w.now = e.at
	if err := e.do(ctx); err != nil {
		return err
	}
	return w.react(ctx)
}

// tick lets the dispatcher do one round, unless nothing can come of it.
func (w *world) tick(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.now = w.nextTick
	w.nextTick += w.Dispatch.Window
	if w.now > w.To.Sub(w.From)+slack {
		return fmt.Errorf("%d trips have not ended %v after the last request", len(w.riders)-w.over, slack)
	}
	w.report()
	if !w.everyTick && w.idle() {
		w.tally.skipped++
		return nil
	}
	w.locate()
	w.feed.flush()
	began := w.stopwatch()
	w.engine.Tick(ctx)
	w.tally.took(w.stopwatch() - began)
	w.order()
	return w.react(ctx)
}

// idle reports whether a tick could change nothing: nobody looks for a driver,
// or waits in slot 1, and no tick counts for the time between two looks for
// exchanges.
func (w *world) idle() bool {
	return w.searching == 0 && w.assigned == 0 && !w.Dispatch.Policy.Swap
}

func (w *world) stopwatch() time.Duration {
	if w.Stopwatch == nil {
		return 0
	}
	return w.Stopwatch()
}

// reportEvery is how many ticks pass between two reports of progress.
const reportEvery = 256

func (w *world) report() {
	w.tally.ticks++
	if w.Progress != nil && w.tally.ticks%reportEvery == 0 {
		w.Progress(min(1, float64(w.now)/float64(w.To.Sub(w.From))))
	}
}
