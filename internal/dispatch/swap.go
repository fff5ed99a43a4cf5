package dispatch

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// Until pickup a tick may exchange the drivers of assigned trips. The trips that
// may change are rows of the round beside the open ones, each with the driver
// that it has at what that costs and with all others at the threshold more. So
// where the solver moves a trip the whole saves, and each group of moves that
// need each other is committed as one exchange: all, or none.

// settledIn is how near to the pickup a driver keeps the trip: the rider sees
// the car come, and there is next to nothing left to save.
const settledIn = 30 * time.Second

// addExchangeable adds the assigned trips that may change drivers, where this
// tick looks for exchanges.
func (d *Dispatcher) addExchangeable(r *round) {
	if !slices.ContainsFunc(r.rules, func(ru rule) bool { return ru.swaps }) {
		return
	}
	for _, e := range d.book.order {
		if e.trip.State != trip.Assigned || !e.whole || !d.owns(e) {
			continue
		}
		if ru := d.ruleOf(r, e); ru.swaps && (ru.MaxSwaps < 0 || e.trip.Swaps < ru.MaxSwaps) {
			e.row = r.add(e, ru, mustServe)
		}
	}
}

// priceOwn asks how far the drivers of assigned trips are. Who has all but
// arrived stays.
func (d *Dispatcher) priceOwn(ctx context.Context, r *round) {
	var held []*vehicle
	for i := range r.vehicles {
		if r.vehicles[i].holder != nil {
			held = append(held, &r.vehicles[i])
		}
	}
	if len(held) == 0 {
		return
	}
	atOnce(len(held), func(i int) {
		v, w := held[i], held[i].holder
		times, _ := d.deps.Estimator.Times(ctx, []geo.Point{v.from}, w.trip.Pickup)
		w.ownIn = v.lead + times[0]
		if times[0] < 0 { // on an island: whoever has a way is nearer
			w.ownIn = w.rule.PickupCap
		}
		w.fixed = w.ownIn < settledIn
	})
}

// group is trips whose changes need each other: each but the last takes the
// vehicle that the next one gives up. In a circle the last takes the first's.
type group []*row

// groups is the changes of the round, apart from each other. Those of open trips
// that take free drivers come first, in offers.
func (r *round) groups() (offers []*row, exchanges []group) {
	taker := make([]*row, len(r.vehicles))
	for _, w := range r.rows {
		if w.changed() {
			taker[w.to] = w
		}
	}
	seen := map[*row]bool{}
	follow := func(w *row) {
		var g group
		for ; w != nil && !seen[w]; w = r.vehicles[w.to].holder {
			seen[w] = true
			g = append(g, w)
		}
		if len(g) == 1 && g[0].own == none {
			offers = append(offers, g[0])
		} else if len(g) > 0 {
			exchanges = append(exchanges, g)
		}
	}
	for _, w := range r.rows { // chains, from their beginnings
		if w.changed() && (w.own == none || taker[w.own] == nil) {
			follow(w)
		}
	}
	for _, w := range r.rows { // what is left is circles
		if w.changed() {
			follow(w)
		}
	}
	return offers, exchanges
}

// exchange commits a group of moves. One that is refused is as if it had not been
// thought of: the next look starts from what the store says.
func (d *Dispatcher) exchange(ctx context.Context, r *round, g group, report *Tick) error {
	now := d.deps.Now()
	moves := make([]trip.Move, len(g))
	for i, w := range g {
		moves[i] = d.move(r, w, now)
	}
	trips, err := d.deps.Trips.Exchange(ctx, moves)
	if err != nil {
		return d.refusedExchange(r, g, moves, err, report)
	}
	for i, t := range trips {
		d.book.set(t, r.now)
		g[i].settled(moves[i].To, "")
	}
	report.Exchanged += len(trips)
	return nil
}

func (d *Dispatcher) refusedExchange(r *round, g group, moves []trip.Move, err error, report *Tick) error {
	code := fault.CodeOf(err)
	if code != fault.WrongState && code != fault.DriverClaimed && code != fault.NotFound {
		return err
	}
	report.Refused += len(moves)
	for i, m := range moves {
		g[i].settled("", string(code))
		d.inbox.nudged(wire.Nudge{TripID: m.TripID}) // the book was behind: read it at the next tick
		if code == fault.DriverClaimed && r.vehicles[g[i].to].holder == nil {
			d.claimed[m.To] = r.now.Add(claimedElsewhere)
		}
	}
	return nil
}

func (d *Dispatcher) move(r *round, w *row, now time.Time) trip.Move {
	v, chosen := &r.vehicles[w.to], w.chosen()
	return trip.Move{
		TripID: w.trip.ID, Epoch: w.trip.Epoch, From: w.trip.DriverID, To: v.DriverID, Slot: v.slot,
		OfferID: d.deps.NewID(), PickupIn: chosen.pickupIn, Reason: w.whyMoved(chosen.pickupIn), Now: now,
	}
}

// whyMoved is what the riders and drivers concerned are told.
func (w *row) whyMoved(pickupIn time.Duration) string {
	saved := (w.ownIn - pickupIn).Round(time.Second)
	switch {
	case w.own == none:
		return "assigned: a driver on the way nearby is exchanged for another"
	case saved > 0:
		return fmt.Sprintf("swapped: another driver is %d s nearer", saved/time.Second)
	}
	return "swapped: the riders nearby are picked up sooner by it"
}
