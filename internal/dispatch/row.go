package dispatch

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/match"
	"github.com/cabstand/cabstand/internal/trip"
)

const none = -1

// Paced is an Estimator that knows how fast the fastest way is, as the crow
// flies. The closer it says so the fewer drivers are priced.
type Paced interface {
	// Fastest is the speed, in m/s along the straight line, that no travel time
	// of it is faster than.
	Fastest() float64
}

// topSpeed is the speed that no vehicle in a city is faster than along the
// straight line, m/s, where the estimator knows no better.
const topSpeed = 25

// row is one trip of a round with the vehicles that could serve it. It prices
// them from the nearest outward, no further than it is asked: match reads it as
// a row of costs that comes lazily.
type row struct {
	entry *entry
	trip  *trip.Trip
	rule  *rule      // what it is matched by
	price match.Cost // of leaving it unserved
	own   int        // the vehicle that has it now, none for an open trip
	ownIn time.Duration
	fixed bool // keeps its driver in this round

	walk   outward
	begun  bool
	ahead  []match.Arc // priced, and not delivered yet
	bound  match.Cost  // of what is neither
	chunk  int         // how many to price next
	picked []int
	points []geo.Point
	rung   match.Rung
	priced []pair  // all that were priced and can serve, as they came
	beyond []int   // vehicles beyond the cap
	times  []int32 // of a survey: from each vehicle, milliseconds
	queue  queue   // of a survey: what is within the cap and not delivered yet

	to     int // the vehicle that it is to have, none for none
	dual   match.Cost
	record *Decision // of this round; nil when nothing is to be written down
}

// pair is a vehicle that can serve the trip.
type pair struct {
	vehicle  int
	pickupIn time.Duration
	cost     match.Cost
}

// How many vehicles are priced in one call of the estimator: few at first, since
// the nearest mostly do, then more, since calls are dear where they leave the
// process.
const (
	firstChunk = 12
	lastChunk  = 192
)

func (w *row) reset(e *entry, ru *rule, price match.Cost) {
	*w = row{
		entry: e, trip: e.trip, rule: ru, price: price, own: none, to: none, chunk: firstChunk, walk: w.walk, ahead: w.ahead[:0],
		picked: w.picked, points: w.points, priced: w.priced[:0], beyond: w.beyond[:0],
		times: w.times[:0], queue: w.queue[:0],
	}
}

// rows is some rows of a round as a match.Source. It lives as long as one solve,
// and so may keep its context.
type rows struct {
	ctx  context.Context
	d    *Dispatcher
	r    *round
	rows []*row
}

// More delivers what was priced ahead, else prices some more.
func (s rows) More(request int, dst []match.Arc) ([]match.Arc, match.Cost) {
	w := s.rows[request]
	if len(w.ahead) == 0 {
		s.d.priceMore(s.ctx, s.r, w)
	}
	for _, a := range w.ahead {
		dst = append(dst, match.Arc{Request: request, Driver: a.Driver, Cost: a.Cost})
	}
	w.ahead = w.ahead[:0]
	return dst, w.bound
}

// priceMore prices the next vehicles outward.
func (d *Dispatcher) priceMore(ctx context.Context, r *round, w *row) {
	if !w.begun {
		d.begun(ctx, r, w)
	}
	if w.bound == match.Infinite {
		return
	}
	if r.survey != nil {
		d.takeNext(r, w)
		return
	}
	d.pick(r, w)
	if len(w.picked) > 0 {
		times, rung := d.deps.Estimator.Times(ctx, w.points, w.trip.Pickup)
		w.rung = rung
		for i, v := range w.picked {
			d.weigh(r, w, v, times[i])
		}
	}
	w.bound = d.boundAhead(r, w)
}

// begun starts the walk outward, or looks at all at once. A trip that has a
// driver has that one's price.
func (d *Dispatcher) begun(ctx context.Context, r *round, w *row) {
	w.begun = true
	if r.survey != nil {
		d.surveyed(ctx, r, w)
	} else {
		w.walk.start(&r.field, placeOf(w.trip.Pickup))
	}
	if w.own != none {
		v := &r.vehicles[w.own]
		w.put(pair{w.own, w.ownIn, costOf(w.ownIn) + w.rule.unfair(v.idle)})
	}
}

// pick gathers the next vehicles that could serve the trip.
func (d *Dispatcher) pick(r *round, w *row) {
	w.picked, w.points = w.picked[:0], w.points[:0]
	within := chordOf(w.cap().Seconds() * d.fastest)
	for len(w.picked) < w.chunk {
		number, _, ok := w.walk.next(within)
		if !ok {
			break
		}
		if v := &r.vehicles[number]; r.allows(w, v) && d.reasonAgainst(r, w.trip, &v.Location) == "" {
			w.picked, w.points = append(w.picked, int(number)), append(w.points, v.from)
		}
	}
	w.chunk = min(2*w.chunk, lastChunk)
}

// cap is the longest way to the pickup that the trip may get.
func (w *row) cap() time.Duration {
	if w.own != none && w.rule.SwapLoss > 0 {
		return min(w.rule.PickupCap, w.ownIn+w.rule.SwapLoss)
	}
	return w.rule.PickupCap
}

// weigh takes in the price of a vehicle.
func (d *Dispatcher) weigh(r *round, w *row, number int, way time.Duration) {
	v := &r.vehicles[number]
	pickupIn := v.lead + way
	if way < 0 || pickupIn > w.cap() {
		w.beyond = append(w.beyond, number)
		return
	}
	c := costOf(pickupIn) + w.rule.unfair(v.idle)
	if w.own != none {
		c += costOf(w.rule.SwapThreshold)
	}
	// Where streets begin a little off the pickup a way may be shorter than the
	// straight line allows. It costs what was promised: a bound is a bound.
	w.put(pair{number, pickupIn, max(c, w.bound)})
}

func (w *row) put(p pair) {
	w.priced = append(w.priced, p)
	w.ahead = append(w.ahead, match.Arc{Driver: p.vehicle, Cost: p.cost})
}

// boundAhead is what each vehicle that is not priced yet costs at least.
func (d *Dispatcher) boundAhead(r *round, w *row) match.Cost {
	square, ok := w.walk.clear()
	least := time.Duration(metresOf(square) / d.fastest * float64(time.Second))
	if !ok || least > w.cap() {
		return match.Infinite
	}
	return max(w.bound, costOf(least))
}

// allows reports whether the trip may be given the vehicle, which nobody else
// may need: trips that have drivers trade them among each other, unless free
// drivers may be given trips unasked.
func (r *round) allows(w *row, v *vehicle) bool {
	switch {
	case v.taken || v.holder == w:
		return false
	case v.holder == nil && v.riding != nil && v.lead > w.rule.Forward:
		return false
	case w.own == none && v.holder != nil:
		return w.joint() && v.holder.joint() && w.rule.SwapIdle && v.holder.rule.SwapIdle
	case w.own != none && v.holder == nil:
		return w.rule.SwapIdle
	case w.own != none:
		return w.joint() == v.holder.joint()
	}
	return true
}

// joint reports whether the trip is solved together with all others of its kind,
// open or not. Exchanges of other policies are looked for apart.
func (w *row) joint() bool { return w.rule.Name == Optimal }

// chosen is the pair of the trip and the vehicle that it is to have.
func (w *row) chosen() pair {
	for _, p := range w.priced {
		if p.vehicle == w.to {
			return p
		}
	}
	return pair{vehicle: none}
}

// changed reports whether the trip is to have another driver than it has.
func (w *row) changed() bool { return w.to != none && w.to != w.own }

// cheapest is the pairs by cost, ties by vehicle.
func (w *row) cheapest() []pair {
	slices.SortFunc(w.priced, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(a.vehicle, b.vehicle))
	})
	return w.priced
}
