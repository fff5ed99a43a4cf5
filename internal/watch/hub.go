package watch

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/match"
	"github.com/cabstand/cabstand/internal/trip"
)

// Estimator tells how long driving takes; see dispatch.Estimator.
type Estimator interface {
	Times(ctx context.Context, from []geo.Point, to geo.Point) ([]time.Duration, match.Rung)
}

// Deps are the parts that a hub stands on.
type Deps struct {
	Events    Events
	History   History
	Positions Positions
	Locations Locations
	Estimator Estimator
	Degraded  func() []string // parts that are gone, for operators; nil if unknown
	Fresh     time.Duration   // a driver whose position is older is silent
	Now       func() time.Time
	Log       *slog.Logger
}

// How often the hub does what it does.
const (
	pulse      = time.Second     // positions to operators and riders
	statsEvery = 2               // pulses
	compare    = 5 * time.Second // with the store
	retryAfter = time.Second     // when the store did not answer at the start
	clockSkew  = 5 * time.Second // between the clocks of dispatchers
)

// Hub hands events and positions to those who watch.
type Hub struct {
	Deps
	seeded chan struct{} // closed once the book has what the store had
	gone   chan struct{} // signals, coalescing, that a reader left
	slow   atomic.Uint64

	approaches map[string]approach // by trip; of the loop that locates riders alone
	compared   time.Time           // when the last comparison with the store began; of its loop alone

	mu        sync.Mutex // held for memory only, never across I/O
	closed    bool
	open      int // readers that did not leave
	book      *book
	riders    audience[*Rider]
	trips     audience[*Trip]
	operators map[*Operator]struct{}
	regions   map[geo.Cell]*region
	pulses    int
	stale     time.Time // since when the bus is away; zero while it is there
}

// New makes a hub. [Hub.Run] brings it to life.
func New(d Deps) *Hub {
	if d.Degraded == nil {
		d.Degraded = func() []string { return nil }
	}
	return &Hub{
		Deps: d, seeded: make(chan struct{}), gone: make(chan struct{}, 1), book: newBook(),
		riders: audience[*Rider]{}, trips: audience[*Trip]{},
		operators: map[*Operator]struct{}{}, regions: map[geo.Cell]*region{},
	}
}

// Run works until ctx ends, then closes every reader. It is to be called once.
func (h *Hub) Run(ctx context.Context) error {
	stop, err := h.Events.Subscribe(h.publish)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "the hub cannot hear trip events")
	}
	defer stop()
	defer h.close()
	if !h.seed(ctx) {
		return nil
	}
	var loops sync.WaitGroup
	defer loops.Wait()
	loops.Go(func() { every(ctx, pulse, h.pulse) })
	loops.Go(func() { every(ctx, pulse, h.locateRiders) })
	loops.Go(func() { every(ctx, compare, h.compare) })
	return nil
}

// every calls fn at each interval until ctx ends. A call that takes longer than
// the interval is followed by the next at once, by no more than one.
func every(ctx context.Context, interval time.Duration, fn func(context.Context)) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			fn(ctx)
		}
	}
}

// publish takes in an event and hands it to all who watch the trip.
func (h *Hub) publish(ev trip.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.book.apply(&ev.Trip, h.Now())
	for r := range h.riders[ev.Trip.RiderID] {
		r.push(ev)
	}
	for t := range h.trips[ev.TripID] {
		t.push(ev)
	}
	cell := ev.Trip.Cell()
	for o := range h.operators {
		if o.sees(cell) {
			o.push(ev)
		}
	}
}

// wait blocks until the hub knows what the store had when it started: from then
// on it misses nothing.
func (h *Hub) wait(ctx context.Context) error {
	select {
	case <-h.seeded:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// admit adds a reader, or closes it when the hub is closed.
func (h *Hub) admit(r *reader, add func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open++
	add()
	if h.closed {
		r.close(ErrClosed)
	}
}

// remove takes a reader off.
func (h *Hub) remove(off func()) {
	h.mu.Lock()
	h.open--
	off()
	h.mu.Unlock()
	select {
	case h.gone <- struct{}{}:
	default:
	}
}

func (h *Hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for r := range h.riders.all() {
		r.close(ErrClosed)
	}
	for t := range h.trips.all() {
		t.close(ErrClosed)
	}
	for o := range h.operators {
		o.close(ErrClosed)
	}
}

// Drain closes every reader, so that clients connect elsewhere, and waits until
// they have left or ctx ends.
func (h *Hub) Drain(ctx context.Context) {
	h.close()
	for h.Counts().open > 0 {
		select {
		case <-h.gone:
		case <-ctx.Done():
			return
		}
	}
}

// Counts tells how many readers there are.
type Counts struct {
	Riders, Operators, Trips int
	Slow                     uint64 // readers that were closed for being slow, since the start
	open                     int
}

// Counts are for metrics.
func (h *Hub) Counts() Counts {
	h.mu.Lock()
	defer h.mu.Unlock()
	return Counts{
		Riders: h.riders.size(), Trips: h.trips.size(), Operators: len(h.operators),
		Slow: h.slow.Load(), open: h.open,
	}
}
