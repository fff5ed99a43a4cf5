package dispatch

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// A deadline is found in the trips themselves, at each tick, and not kept as a
// timer: whoever takes a cell over finds the same deadlines.

// step is what a trip's time asks for.
type step func(*trip.Trip) ([]trip.Event, error)

const stepsAtOnce = 8

// runOut takes the steps that are due, and returns how many were taken.
func (d *Dispatcher) runOut(ctx context.Context, now time.Time) (int, error) {
	d.confirmLost(ctx, now)
	due := d.book.oldestFirst(func(e *entry) bool { return d.owns(e) && d.due(e, now) != nil })
	if len(due) == 0 {
		return 0, nil
	}
	results := make([]*trip.Trip, len(due))
	var group errgroup.Group // without a context: one step that fails is no reason to cut off the others
	group.SetLimit(stepsAtOnce)
	for i, e := range due {
		next := d.due(e, now)
		group.Go(func() (err error) {
			results[i], err = d.take(ctx, e.trip.ID, next)
			return err
		})
	}
	err := group.Wait()
	for i, t := range results {
		if t != nil {
			d.tookStep(ctx, due[i], t, now)
		}
	}
	return len(due), err
}

// take commits one step. A trip that moved on meanwhile is read instead.
func (d *Dispatcher) take(ctx context.Context, id string, next step) (*trip.Trip, error) {
	t, err := d.deps.Trips.Update(ctx, id, next)
	if errors.Is(err, errStale) || fault.Is(err, fault.WrongState) || fault.Is(err, fault.NotFound) || fault.Is(err, fault.DriverClaimed) {
		return d.deps.Trips.Trip(ctx, id)
	}
	return t, err
}

// tookStep puts the result into the book and tells the driver whose offer ran
// out. Drivers of events are told by the outbox relay.
func (d *Dispatcher) tookStep(ctx context.Context, e *entry, t *trip.Trip, now time.Time) {
	if before := e.trip.Offer; before.Pending() && t.Offer.ID == before.ID && t.Offer.State == trip.OfferExpired {
		d.sulk(t.Offer, now)
		d.push(ctx, t.Offer.DriverID, wire.OfferClosedPush(t.Offer.ID, t.Offer.Reason))
	}
	d.book.set(t, now)
}

// sulk keeps a driver who did not answer from the next offers for a while.
func (d *Dispatcher) sulk(o *trip.Offer, now time.Time) {
	if o.Reason == trip.ReasonUndelivered {
		d.sulks[sulk{driverID: o.DriverID}] = now.Add(d.config.Limits.Unreached)
		return
	}
	d.sulks[sulk{o.DriverID, o.TripID}] = now.Add(d.config.Limits.Unwilling)
}

// due is the step that the trip's time asks for, nil when there is none.
func (d *Dispatcher) due(e *entry, now time.Time) step {
	t := e.trip
	switch {
	case t.State == trip.Scheduled && !now.Before(t.ScheduledFor.Add(-d.config.Limits.Lead)):
		return func(t *trip.Trip) ([]trip.Event, error) { return t.Release(d.searchFor(t, now), now) }
	case t.State == trip.Searching && !now.Before(t.SearchUntil):
		return func(t *trip.Trip) ([]trip.Event, error) { return t.Expire(now) }
	case t.State == trip.Searching && t.Offer.Pending() && (!now.Before(t.Offer.ExpiresAt) || d.config.Limits.overlong(t.Offer, now)):
		return d.expire(t.Offer.ID, now)
	case d.lost(e, now):
		return d.replace(t.DriverID, t.Epoch, "driver lost", now)
	}
	return d.next(e, now)
}

// expire ends an offer whose time is over.
func (d *Dispatcher) expire(offerID string, now time.Time) step {
	return func(t *trip.Trip) ([]trip.Event, error) {
		if t.Offer.Pending() && d.config.Limits.overlong(t.Offer, now) {
			t.Offer.ExpiresAt = now
		}
		if !t.ExpireOffer(offerID, now) {
			return nil, errStale
		}
		return nil, nil
	}
}

// searchFor is how long to search for a scheduled trip: past its time by as
// long as a trip that is wanted at once.
func (d *Dispatcher) searchFor(t *trip.Trip, now time.Time) time.Duration {
	return max(t.ScheduledFor.Sub(now), 0) + d.config.Limits.Search
}

// forsaken is how many times longer the silence of a driver has to last when no
// tracker is heard either. Phones find another one, or the same one started
// again, within seconds; then the rider is not to wait for ever.
const forsaken = 3

// patience is how long a driver on the way may be silent, and whether silence
// says anything at all: where the bus is away, or the shared store does not
// answer while no tracker is heard, it is we who are deaf.
func (d *Dispatcher) patience() (least time.Duration, ok bool) {
	switch {
	case d.supply.hears():
		return d.config.Limits.Lost, true
	case d.supply.impaired, d.away:
		return 0, false
	}
	return forsaken * d.config.Limits.Lost, true
}

// lost reports whether the driver on the way to a pickup has been silent for
// too long, while we could hear.
func (d *Dispatcher) lost(e *entry, now time.Time) bool {
	t := e.trip
	if t.State != trip.Assigned && t.State != trip.Arrived {
		return false
	}
	patience, ok := d.patience()
	if !ok {
		return false
	}
	last := e.since
	if now.Sub(last) <= patience {
		return false // whatever the positions say, which take longer to find
	}
	if l, ok := d.supply.fleet.Get(t.DriverID); ok && l.SeenAt.After(last) {
		last = l.SeenAt
	}
	return now.Sub(last) > patience
}

// confirmLost asks the shared store about the drivers who seem lost, so that the
// steps that follow go by the latest that anybody knows.
func (d *Dispatcher) confirmLost(ctx context.Context, now time.Time) {
	var ids []string
	for _, e := range d.book.order {
		if d.owns(e) && d.lost(e, now) {
			ids = append(ids, e.trip.DriverID)
		}
	}
	if len(ids) > 0 {
		d.supply.confirm(ctx, ids)
	}
}

// replace takes a driver off the trip, if it is still the same driver and epoch.
func (d *Dispatcher) replace(driverID string, epoch int64, why string, now time.Time) step {
	return func(t *trip.Trip) ([]trip.Event, error) {
		if t.Epoch != epoch || t.DriverID != driverID {
			return nil, errStale
		}
		return t.Redispatch(driverID, trip.Actor{Role: trip.System}, why, d.config.Limits.Search, now)
	}
}

func (d *Dispatcher) push(ctx context.Context, driverID string, p wire.Push) {
	if err := d.deps.Pusher.Push(ctx, driverID, p); err != nil {
		d.deps.Log.Debug("push not sent; the driver learns of it on reconnecting", "driver", driverID, "err", err)
	}
}
