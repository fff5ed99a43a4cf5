package dispatch

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/match"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// round is the work of one matching.
type round struct {
	now      time.Time
	requests []*trip.Trip
	busy     map[string]string // driver → trip
	free     []driver.Location // who could be offered some trip
	drivers  []string          // by number
	numberOf map[string]int
	arcs     []match.Arc
	records  []Decision // one per request
}

// match offers the open requests to free drivers.
func (d *Dispatcher) match(ctx context.Context, now time.Time, report *Tick) error {
	live := d.deps.Peers.Live()
	r := &round{now: now, busy: d.book.busy(), numberOf: map[string]int{}}
	for _, e := range d.book.oldestFirst(func(e *entry) bool {
		return e.trip.Open() && now.Before(e.trip.SearchUntil) && d.owns(e.trip, live)
	}) {
		r.requests = append(r.requests, e.trip)
	}
	report.Open = len(r.requests)
	if report.Open == 0 {
		return nil
	}
	r.free = d.supply.fleet.Select(func(l driver.Location) bool { return d.reasonAgainst(r, l) == "" })
	report.Free = len(r.free)
	for i := range r.requests {
		d.price(ctx, r, i)
	}
	driverOf := match.Greedy(len(r.requests), len(r.drivers), r.arcs)
	return d.propose(ctx, r, driverOf, report)
}

// price finds who can serve a request and what each costs.
func (d *Dispatcher) price(ctx context.Context, r *round, request int) {
	t := r.requests[request]
	record := Decision{TripID: t.ID, Epoch: t.Epoch, At: r.now, Ticks: 1, Policy: "greedy"}
	able := d.sift(r, t, &record)
	points := make([]geo.Point, len(able))
	for i, l := range able {
		points[i] = l.Point
	}
	times, rung := d.deps.Estimator.Times(ctx, points, t.Pickup)
	record.Rung = rung
	for i, l := range able {
		if times[i] < 0 || times[i] > d.config.PickupCap {
			record.exclude(l, TooFar)
			continue
		}
		r.arcs = append(r.arcs, match.Arc{Request: request, Driver: r.number(l.DriverID), Cost: match.Cost(times[i].Milliseconds())})
		record.Candidates = append(record.Candidates, Candidate{
			DriverID: l.DriverID, Metres: l.Metres, PickupIn: times[i], Age: r.now.Sub(l.SeenAt), Accuracy: l.Accuracy,
		})
	}
	slices.SortFunc(record.Candidates, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(a.PickupIn, b.PickupIn), cmp.Compare(a.DriverID, b.DriverID))
	})
	if len(record.Candidates) > candidatesPerTrip {
		record.Candidates = slices.Clone(record.Candidates[:candidatesPerTrip])
	}
	r.records = append(r.records, record)
}

// reach is how far a driver gets within the pickup cap at the highest speed
// that a city sees, in metres. Only the estimator knows better.
func (d *Dispatcher) reach() float64 { return d.config.PickupCap.Seconds() * topSpeed }

const topSpeed = 25 // m/s

// sift is those of the free drivers who can serve the trip; why the nearest of
// all others cannot goes into the record.
func (d *Dispatcher) sift(r *round, t *trip.Trip, record *Decision) []driver.Located {
	var able []driver.Located
	for _, l := range r.free {
		metres := geo.Distance(l.Point, t.Pickup)
		if metres <= d.reach() && d.reasonAgainstTrip(r, t, l) == "" {
			able = append(able, driver.Located{Location: l, Metres: metres})
		}
	}
	for _, l := range d.supply.fleet.Nearest(t.Pickup, exclusionsPerTrip, d.reach(), nil) {
		if reason := cmp.Or(d.reasonAgainst(r, l.Location), d.reasonAgainstTrip(r, t, l.Location)); reason != "" {
			record.exclude(l, reason)
		}
	}
	return able
}

// reasonAgainst is why the driver cannot be offered any trip now, "" if nothing
// speaks against it.
func (d *Dispatcher) reasonAgainst(r *round, l driver.Location) Reason {
	switch {
	case !l.Fresh(r.now, d.config.Limits.Fresh):
		return NotFresh
	case !l.Available:
		return NotAvailable
	case r.busy[l.DriverID] != "" || r.now.Before(d.claimed[l.DriverID]):
		return Claimed
	case r.now.Before(d.sulks[sulk{driverID: l.DriverID}]):
		return Unreachable
	}
	return ""
}

// reasonAgainstTrip is why a free driver cannot be offered this trip.
func (d *Dispatcher) reasonAgainstTrip(r *round, t *trip.Trip, l driver.Location) Reason {
	switch {
	case l.Class != t.Class:
		return OtherClass
	case l.Seats < t.Seats:
		return TooFewSeats
	case t.Excludes(l.DriverID):
		return Declined
	case r.now.Before(d.sulks[sulk{l.DriverID, t.ID}]):
		return Unanswered
	}
	return ""
}

func (r *round) number(driverID string) int {
	n, ok := r.numberOf[driverID]
	if !ok {
		n = len(r.drivers)
		r.numberOf[driverID] = n
		r.drivers = append(r.drivers, driverID)
	}
	return n
}

func (d *Decision) exclude(l driver.Located, reason Reason) {
	if len(d.Excluded) < exclusionsPerTrip {
		d.Excluded = append(d.Excluded, Exclusion{DriverID: l.DriverID, Metres: l.Metres, Reason: reason})
	}
}

const proposalsAtOnce = 256

// propose commits the pairs as offers and claims, pushes those that stand, and
// keeps the record.
func (d *Dispatcher) propose(ctx context.Context, r *round, driverOf []int, report *Tick) error {
	var proposals []trip.Proposal
	var recordOf []int
	costs := r.costs(driverOf)
	for i, driverNumber := range driverOf {
		if driverNumber == match.None {
			continue
		}
		proposals = append(proposals, d.proposal(r.requests[i], r.drivers[driverNumber], costs[i]))
		recordOf = append(recordOf, i)
	}
	var err error
	for start := 0; start < len(proposals) && err == nil; start += proposalsAtOnce {
		end := min(start+proposalsAtOnce, len(proposals))
		err = d.offer(ctx, r, proposals[start:end], recordOf[start:end], report)
	}
	for _, record := range r.records {
		d.journal.add(record)
	}
	return err
}

// offer commits some proposals. Their time runs from here: what the tick took
// before is not taken from the drivers.
func (d *Dispatcher) offer(ctx context.Context, r *round, proposals []trip.Proposal, recordOf []int, report *Tick) error {
	now := d.deps.Now()
	for i := range proposals {
		proposals[i].Now = now
	}
	outcomes, err := d.deps.Trips.Offer(ctx, proposals)
	if err != nil {
		return err
	}
	for i, o := range outcomes {
		d.settle(ctx, r, proposals[i], o, &r.records[recordOf[i]], report)
	}
	return nil
}

func (d *Dispatcher) proposal(t *trip.Trip, driverID string, cost match.Cost) trip.Proposal {
	return trip.Proposal{
		OfferID: d.deps.NewID(), TripID: t.ID, DriverID: driverID, Epoch: t.Epoch,
		PickupIn: time.Duration(cost) * time.Millisecond, Deliver: d.config.Limits.Deliver,
	}
}

// costs is the cost of each request's pair.
func (r *round) costs(driverOf []int) []match.Cost {
	costs := make([]match.Cost, len(driverOf))
	for _, a := range r.arcs {
		if driverOf[a.Request] == a.Driver {
			costs[a.Request] = a.Cost
		}
	}
	return costs
}

// claimedElsewhere is how long a driver whom the store refused is left alone,
// unless the book learns of the claim before.
const claimedElsewhere = 2 * time.Second

// settle takes in what became of one proposal.
func (d *Dispatcher) settle(ctx context.Context, r *round, p trip.Proposal, o trip.Outcome, record *Decision, report *Tick) {
	if o.Err == nil {
		report.Offered++
		record.Chosen = p.DriverID
		d.book.set(o.Trip, r.now)
		if err := d.deps.Pusher.Push(ctx, p.DriverID, wire.OfferPush(o.Trip)); err != nil {
			d.withdraw(ctx, o.Trip, err)
		}
		return
	}
	report.Refused++
	record.Refused = string(fault.CodeOf(o.Err))
	if fault.Is(o.Err, fault.DriverClaimed) {
		d.claimed[p.DriverID] = r.now.Add(claimedElsewhere)
		return
	}
	d.inbox.nudged(wire.Nudge{TripID: p.TripID}) // the book was behind: read it at the next tick
}

// withdraw takes back an offer that did not leave this process: no driver is to
// be held, nor blamed, for what no phone was shown. If that fails too the offer
// runs out.
func (d *Dispatcher) withdraw(ctx context.Context, t *trip.Trip, why error) {
	d.deps.Log.Warn("an offer was not sent; it is taken back", "trip", t.ID, "driver", t.Offer.DriverID, "err", why)
	offerID := t.Offer.ID
	t, err := d.deps.Trips.Update(ctx, t.ID, func(t *trip.Trip) ([]trip.Event, error) {
		t.Withdraw(offerID, d.deps.Now())
		return nil, nil
	})
	if err == nil {
		d.book.set(t, d.deps.Now())
	}
}
