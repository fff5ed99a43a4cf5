package dispatch

import (
	"context"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/match"
	"github.com/cabstand/cabstand/internal/trip"
)

// round is the work of one matching. Its memory serves tick after tick.
type round struct {
	now      time.Time
	areas    *areas
	rules    []rule        // the dispatcher's first, then those of the areas
	forward  time.Duration // the most of them
	rows     []*row        // the open requests, then the assigned trips that may change drivers; each the oldest first
	open     int           // how many of rows are open
	vehicles []vehicle     // by driver's id
	field    field         // of the vehicles, where they are not surveyed
	from     []geo.Point
	survey   func(to geo.Point, dst []int32) ([]int32, match.Rung, bool) // of the vehicles; nil where the estimator cannot
	total    match.Cost

	spare []*row // rows of earlier rounds
	used  int    // how many of them this round has
}

// vehicle is a driver whom a request could get.
type vehicle struct {
	driver.Location
	slot   int           // of the claim that it would be
	from   geo.Point     // where the way to the pickup would begin
	lead   time.Duration // until it would
	riding *entry        // the ride that ends before it; nil for none
	holder *row          // the trip that has the driver now and may change; nil for none
	idle   time.Duration // for how long it has been, where any rule asks for that
	taken  bool          // by an earlier choice of the same tick
	dual   match.Cost
}

// begin starts a round with the trips that take part.
func (d *Dispatcher) begin(now time.Time) *round {
	r := &d.round
	set := d.areas.Load()
	rules := d.rules(now, *set, r.rules)
	*r = round{now: now, areas: set, rules: rules, forward: farthest(rules), rows: r.rows[:0], vehicles: r.vehicles[:0], field: r.field, from: r.from, spare: r.spare}
	r.field.reset()
	for _, e := range d.book.order {
		if e.trip.Open() && now.Before(e.trip.SearchUntil) && d.owns(e) {
			if ru := d.ruleOf(r, e); ru.due {
				r.add(e, ru, ru.unserved(waited(e.trip, d.config.Limits.Lead, now)))
			}
		}
	}
	r.open = len(r.rows)
	d.addExchangeable(r)
	return r
}

// waited is how long the rider has waited for a driver. A ride that is booked for
// later is not waited for before its search begins.
func waited(t *trip.Trip, lead time.Duration, now time.Time) time.Duration {
	since := t.RequestedAt
	if begins := t.ScheduledFor.Add(-lead); !t.ScheduledFor.IsZero() && begins.After(since) {
		since = begins
	}
	return now.Sub(since)
}

// add makes a row for the trip, at the price of leaving it unserved.
func (r *round) add(e *entry, ru *rule, price match.Cost) *row {
	if r.used == len(r.spare) {
		r.spare = append(r.spare, &row{})
	}
	w := r.spare[r.used]
	r.used++
	w.reset(e, ru, price)
	r.rows = append(r.rows, w)
	return w
}

// end lets go of what belongs to others.
func (r *round) end() {
	for _, w := range r.spare[:r.used] {
		w.entry.row = nil
	}
}

// muster finds the vehicles of the round and where they are.
func (d *Dispatcher) muster(ctx context.Context, r *round) {
	d.supply.fleet.Each(func(l *driver.Location) {
		if v, ok := d.vehicle(r, l); ok {
			r.vehicles = append(r.vehicles, v)
		}
	})
	d.foresee(ctx, r)
	d.priceOwn(ctx, r)
	r.settle()
	d.survey(r)
	if r.survey != nil {
		return
	}
	for i := range r.vehicles {
		r.field.put(r.vehicles[i].from, i)
	}
	r.field.build()
}

// vehicle is the driver as one of the round, if the driver can be one.
func (d *Dispatcher) vehicle(r *round, l *driver.Location) (v vehicle, ok bool) {
	if d.unfit(r.now, l) != "" {
		return v, false
	}
	h, held := d.book.holds[l.DriverID]
	if !held {
		return vehicle{Location: *l, from: l.Point, idle: d.idleFor(r, l.DriverID)}, true
	}
	now, next := h.slot(0), h.slot(1)
	switch {
	case now == nil || (next == nil && h.only() == nil): // the book is behind about one of two trips
		return v, false
	case now.trip.State == trip.Riding && next == nil:
		if !d.soonDone(r, now) {
			return v, false
		}
		return vehicle{Location: *l, from: now.trip.Dropoff, slot: 1, riding: now}, true
	case now.trip.State == trip.Riding && next.row != nil:
		return vehicle{Location: *l, from: now.trip.Dropoff, slot: 1, riding: now, holder: next.row}, true
	case next == nil && now.row != nil:
		return vehicle{Location: *l, from: l.Point, holder: now.row}, true
	}
	return v, false
}

// idleFor is for how long a free driver has been idle, 0 where no rule asks.
func (d *Dispatcher) idleFor(r *round, driverID string) time.Duration {
	if !fair(r.rules) {
		return 0
	}
	return r.now.Sub(d.idleSince(driverID, r.now))
}

// idleSince is when the driver's last ride ended. Whoever is seen for the first
// time begins to idle.
func (d *Dispatcher) idleSince(driverID string, now time.Time) time.Time {
	since, known := d.book.idle[driverID]
	if !known {
		since = now
		d.book.idle[driverID] = since
	}
	return since
}

// noteIdle sees to it that all who are online are known to idle, whether or not
// anybody asks for a ride, and that nobody else is.
func (d *Dispatcher) noteIdle(now time.Time) {
	maps.DeleteFunc(d.book.idle, func(id string, _ time.Time) bool { return !d.supply.knows(id) })
	d.supply.fleet.Each(func(l *driver.Location) { d.idleSince(l.DriverID, now) })
}

// settle drops the vehicles that turned out not to be ones, and the trips that
// keep their drivers after all, and ties those that remain to each other.
func (r *round) settle() {
	for i := range r.vehicles {
		if w := r.vehicles[i].holder; w != nil {
			w.own = i
		}
	}
	rows := r.rows[:r.open]
	for _, w := range r.rows[r.open:] {
		if w.own != none && !w.fixed {
			rows = append(rows, w)
		} else {
			w.fixed = true
		}
	}
	r.rows = rows
	vehicles := r.vehicles[:0]
	for _, v := range r.vehicles {
		if v.holder != nil && v.holder.fixed || v.holder == nil && v.riding != nil && v.lead > r.forward {
			continue
		}
		if v.holder != nil {
			v.holder.own = len(vehicles)
		}
		vehicles = append(vehicles, v)
	}
	r.vehicles = vehicles
}

// unfit is why a driver cannot be given any trip now, whatever holds the driver.
func (d *Dispatcher) unfit(now time.Time, l *driver.Location) Reason {
	switch {
	case !l.Fresh(now, d.config.Limits.Fresh):
		return NotFresh
	case !l.Available:
		return NotAvailable
	case now.Before(d.claimed[l.DriverID]):
		return Claimed
	case now.Before(d.sulks[sulk{driverID: l.DriverID}]), d.away && !d.deps.Reaches(l.DriverID):
		return Unreachable
	}
	return ""
}

// reasonAgainst is why a driver cannot be offered this trip.
func (d *Dispatcher) reasonAgainst(r *round, t *trip.Trip, l *driver.Location) Reason {
	switch why := misfit(t, l); {
	case why != "":
		return why
	case r.now.Before(d.sulks[sulk{l.DriverID, t.ID}]):
		return Unanswered
	}
	return ""
}

// misfit is why the driver's car is not for this trip, or the driver not to be
// asked again.
func misfit(t *trip.Trip, l *driver.Location) Reason {
	switch {
	case l.Class != t.Class:
		return OtherClass
	case l.Seats < t.Seats:
		return TooFewSeats
	case t.Excludes(l.DriverID):
		return Declined
	}
	return ""
}

const pricedAtOnce = 8

// atOnce calls do for 0 to n-1, several at once, and waits for all: travel times
// may come from far away.
func atOnce(n int, do func(int)) {
	if n == 1 {
		do(0)
		return
	}
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(n, pricedAtOnce) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	workers.Wait()
}
