package dispatch

import (
	"context"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

const proposalsAtOnce = 256

// carryOut commits what was decided: offers with their claims, then exchanges.
func (d *Dispatcher) carryOut(ctx context.Context, r *round, report *Tick) error {
	offers, exchanges := r.groups()
	for len(offers) > 0 {
		some := offers[:min(len(offers), proposalsAtOnce)]
		if err := d.offer(ctx, r, some, report); err != nil {
			return err
		}
		offers = offers[len(some):]
	}
	for _, g := range exchanges {
		if err := d.exchange(ctx, r, g, report); err != nil {
			return err
		}
	}
	return nil
}

// offer commits some offers, and pushes those that stand. Their time runs from
// here: what the tick took before is not taken from the drivers.
func (d *Dispatcher) offer(ctx context.Context, r *round, some []*row, report *Tick) error {
	now := d.deps.Now()
	proposals := make([]trip.Proposal, len(some))
	for i, w := range some {
		proposals[i] = d.proposal(r, w, now)
	}
	outcomes, err := d.deps.Trips.Offer(ctx, proposals)
	if err != nil {
		return err
	}
	for i, o := range outcomes {
		d.settle(ctx, r, proposals[i], o, some[i], report)
	}
	return nil
}

func (d *Dispatcher) proposal(r *round, w *row, now time.Time) trip.Proposal {
	v := &r.vehicles[w.to]
	return trip.Proposal{
		OfferID: d.deps.NewID(), TripID: w.trip.ID, DriverID: v.DriverID, Epoch: w.trip.Epoch, Slot: v.slot,
		PickupIn: w.chosen().pickupIn, Now: now, Deliver: d.config.Limits.Deliver,
	}
}

// claimedElsewhere is how long a driver whom the store refused is left alone,
// unless the book learns of the claim before.
const claimedElsewhere = 2 * time.Second

// settle takes in what became of one proposal.
func (d *Dispatcher) settle(ctx context.Context, r *round, p trip.Proposal, o trip.Outcome, w *row, report *Tick) {
	if o.Err == nil {
		report.Offered++
		w.settled(p.DriverID, "")
		d.book.set(o.Trip, r.now)
		if err := d.deps.Pusher.Push(ctx, p.DriverID, wire.OfferPush(o.Trip)); err != nil {
			d.withdraw(ctx, o.Trip, err)
		}
		return
	}
	report.Refused++
	w.settled("", string(fault.CodeOf(o.Err)))
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
	t, err := withdraw(ctx, d.deps.Trips, t, d.deps.Now())
	if err == nil {
		d.book.set(t, d.deps.Now())
	}
}

func withdraw(ctx context.Context, trips Trips, t *trip.Trip, now time.Time) (*trip.Trip, error) {
	offerID := t.Offer.ID
	return trips.Update(ctx, t.ID, func(t *trip.Trip) ([]trip.Event, error) {
		t.Withdraw(offerID, now)
		return nil, nil
	})
}
