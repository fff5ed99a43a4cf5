package replay

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/orders"
	"github.com/cabstand/cabstand/internal/trip"
)

// rider is somebody who asks for one ride.
type rider struct {
	number int
	order  orders.Order
	takes  time.Duration // the ride
	trip   *trip.Trip    // as it was last committed; nil before the request
	offers int           // made so far
}

// tripID is the id of the trip of the n-th order. Ids sort like orders.
func tripID(n int) string { return fmt.Sprintf("t%07d", n) }

// riderOf is whose trip it is.
func (w *world) riderOf(tripID string) *rider {
	n, err := strconv.Atoi(tripID[1:])
	if err != nil || n < 0 || n >= len(w.riders) {
		panic("no rider has trip " + tripID) // ids are made by tripID alone
	}
	return &w.riders[n]
}

// expectRequest waits for the n-th order's time.
func (w *world) expectRequest(n int) {
	r := &w.riders[n]
	if n+lookAhead/2 < len(w.riders) {
		w.travel.Expect(w.riders[n+lookAhead/2].order.Pickup)
	}
	w.queue.add(r.order.At.Sub(w.From), func(ctx context.Context) error {
		if n+1 < len(w.riders) {
			w.expectRequest(n + 1)
		}
		return w.request(ctx, r)
	})
}

func (w *world) request(ctx context.Context, r *rider) error {
	w.asked++
	_, _, err := w.desk.Request(ctx, trip.Request{
		ID: tripID(r.number), RiderID: "r" + tripID(r.number)[1:], Class: driver.Standard, Seats: 1,
		Pickup: r.order.Pickup, Dropoff: r.order.Dropoff, Search: w.Dispatch.Limits.Search,
	}, nil, nil)
	w.expectImpatience(r)
	return err
}

// expectImpatience waits for the time at which the rider gives up if no driver
// is found by then.
func (w *world) expectImpatience(r *rider) {
	at := r.order.At.Sub(w.From) + w.dice.patience(r.number, w.Behaviour)
	w.queue.add(max(at, w.now), func(ctx context.Context) error {
		if r.trip.State != trip.Searching {
			return nil
		}
		return w.giveUp(ctx, r, "no driver found yet")
	})
}

// hears tells the rider how long the driver will take to the pickup.
func (w *world) hears(r *rider, pickupIn time.Duration) {
	if !w.Behaviour.balks(w.dice.unit(mood, r.number, 0), pickupIn) {
		return
	}
	version := r.trip.Version
	w.queue.add(w.now, func(ctx context.Context) error {
		if r.trip.Version != version { // there is other news by now
			return nil
		}
		return w.giveUp(ctx, r, "the driver takes too long")
	})
}

func (w *world) giveUp(ctx context.Context, r *rider, reason string) error {
	_, err := w.desk.Cancel(ctx, trip.Actor{Role: trip.Rider, ID: r.trip.RiderID}, r.trip.ID, reason)
	return err
}

// offered is an offer on a driver's phone.
type offered struct{ driverID, offerID, tripID string }

// look confirms an offer, as the phone does by itself, and lets its driver think
// about it.
func (w *world) look(ctx context.Context, o offered) error {
	if _, err := w.desk.Received(ctx, o.driverID, o.offerID); err != nil {
		return ifOpen(err)
	}
	r := w.riderOf(o.tripID)
	accepts := w.dice.unit(answer, r.number, r.offers) < w.Behaviour.Accept
	r.offers++
	w.queue.add(w.now+w.Behaviour.Reaction, func(ctx context.Context) error {
		if accepts {
			_, err := w.desk.Accept(ctx, o.driverID, o.offerID)
			return ifOpen(err)
		}
		_, err := w.desk.Decline(ctx, o.driverID, o.offerID, "not now")
		return ifOpen(err)
	})
	return nil
}

// ifOpen is nil for the answer that an offer is closed: its rider gave up
// meanwhile, or it ran out.
func ifOpen(err error) error {
	if fault.Is(err, fault.OfferClosed) || fault.Is(err, fault.WrongState) || fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}
