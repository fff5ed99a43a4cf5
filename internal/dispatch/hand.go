package dispatch

import (
	"context"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// Redispatch takes the driver off for an operator, and the search goes on. With
// driverID it is about that one alone: then a repetition changes nothing, and no
// other driver is taken off by mistake.
func (d *Desk) Redispatch(ctx context.Context, by trip.Actor, tripID, driverID, reason string) (*trip.Trip, error) {
	var off string
	t, err := d.update(ctx, tripID, func(t *trip.Trip, now time.Time) ([]trip.Event, error) {
		if off = driverID; off == "" {
			off = t.DriverID
		}
		if off == "" {
			return nil, fault.New(fault.WrongState, "a trip that is %s has no driver", t.State)
		}
		return t.Redispatch(off, by, reason, d.Limits.Search, now)
	})
	if err == nil {
		d.promote(ctx, off)
	}
	return t, err
}

// Hand is an operator's wish to offer a trip to a driver.
type Hand struct {
	By       string // the operator
	TripID   string
	DriverID string
	Override bool // also if the driver declined or cancelled the trip
}

// Assign offers the trip to the driver at once, as a tick would: the same offer,
// by the same claim. A driver who is not fit for it is fault.DriverUnfit, one who
// is excluded fault.DriverExcluded, one who is not free fault.DriverClaimed. A
// trip that is offered to somebody is fault.WrongState; to this driver, or
// driven by this one, it is left as it is.
func (d *Desk) Assign(ctx context.Context, h Hand) (*trip.Trip, error) {
	t, err := d.Trips.Trip(ctx, h.TripID)
	if err != nil || t.DriverID == h.DriverID && t.State.HasDriver() || t.Offer.Pending() && t.Offer.DriverID == h.DriverID {
		return t, err
	}
	if t.State != trip.Searching {
		return nil, fault.New(fault.WrongState, "a trip that is %s takes no offers", t.State)
	}
	at, err := d.readyFor(ctx, t, h)
	if err != nil {
		return nil, err
	}
	times, _ := d.Estimator.Times(ctx, []geo.Point{at.Point}, t.Pickup)
	outcomes, err := d.Trips.Offer(ctx, []trip.Proposal{{
		OfferID: d.NewID(), TripID: t.ID, DriverID: h.DriverID, Epoch: t.Epoch, PickupIn: max(times[0], 0),
		Now: d.now(), Deliver: d.Limits.Deliver, By: h.By, Override: h.Override,
	}})
	if err != nil {
		return nil, err
	}
	if outcomes[0].Err != nil {
		return nil, outcomes[0].Err
	}
	return d.show(ctx, outcomes[0].Trip)
}

// show sends the offer to its driver's phone. One that does not leave this
// process is taken back.
func (d *Desk) show(ctx context.Context, t *trip.Trip) (*trip.Trip, error) {
	ctx = context.WithoutCancel(ctx) // the offer is committed
	why := d.Pusher.Push(ctx, t.Offer.DriverID, wire.OfferPush(t))
	if why == nil {
		d.tell(ctx, t)
		return t, nil
	}
	if taken, err := withdraw(ctx, d.Trips, t, d.now()); err == nil {
		d.tell(ctx, taken)
	}
	return nil, fault.Wrap(why, fault.Unavailable, "the offer could not be sent to the driver's phone")
}

// readyFor is where the driver is, who can be offered the trip.
func (d *Desk) readyFor(ctx context.Context, t *trip.Trip, h Hand) (driver.Location, error) {
	p, err := d.Drivers.Driver(ctx, h.DriverID)
	if err != nil {
		return driver.Location{}, err
	}
	if p.Inactive {
		return driver.Location{}, unfit("inactive", "driver %s does not drive any more", h.DriverID)
	}
	at, online, err := d.locate(ctx, h.DriverID)
	switch {
	case err != nil:
		return at, err
	case !online:
		return at, unfit("offline", "driver %s is not online", h.DriverID)
	case !at.Fresh(d.now(), d.Limits.Fresh):
		return at, unfit(NotFresh, "driver %s was not heard of for %d s", h.DriverID, int(at.Age(d.now()).Seconds()))
	case !at.Available:
		return at, unfit(NotAvailable, "driver %s is not available", h.DriverID)
	}
	switch why := misfit(t, &at); {
	case why == Declined && !h.Override:
		return at, fault.New(fault.DriverExcluded, "driver %s declined or cancelled this trip: override_exclusion offers it all the same", h.DriverID)
	case why == OtherClass:
		return at, unfit(why, "driver %s drives %s, the trip is for %s", h.DriverID, at.Class, t.Class)
	case why == TooFewSeats:
		return at, unfit(why, "driver %s has %d seats, the trip needs %d", h.DriverID, at.Seats, t.Seats)
	}
	claims, err := d.Trips.ClaimedBy(ctx, h.DriverID)
	if err == nil && len(claims) > 0 {
		err = fault.New(fault.DriverClaimed, "driver %s holds trip %s", h.DriverID, claims[0].ID)
	}
	return at, err
}

// locateWithin is how long the store of locations has to answer.
const locateWithin = time.Second

func (d *Desk) locate(ctx context.Context, driverID string) (at driver.Location, online bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, locateWithin)
	defer cancel()
	at, online, _, err = d.Finder.Locate(ctx, driverID)
	return at, online, err
}

// unfit says why a driver cannot be given a trip: the reason as decisions have
// it, then in words.
func unfit(why Reason, words string, args ...any) error {
	return fault.New(fault.DriverUnfit, string(why)+": "+words, args...)
}
