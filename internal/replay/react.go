package replay

import (
	"cmp"
	"context"
	"slices"

	"github.com/cabstand/cabstand/internal/trip"
)

// order puts what a tick committed into an order that is the same everywhere:
// the dispatcher lets several trips' time run out at once.
func (w *world) order() {
	slices.SortStableFunc(w.commits, func(a, b []trip.Change) int {
		return cmp.Compare(a[0].After.ID, b[0].After.ID)
	})
}

// react lets everybody take in what was committed, and what that leads to.
func (w *world) react(ctx context.Context) error {
	for len(w.commits) > 0 || len(w.offered) > 0 {
		commits, phones := w.commits, w.offered
		w.commits, w.offered = nil, nil
		var changes []trip.Change
		for _, c := range commits {
			changes = append(changes, c...)
		}
		if err := w.takeIn(changes); err != nil {
			return err
		}
		for _, o := range phones {
			if err := w.look(ctx, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// takeIn takes in changes that were committed at one time. Drivers give up what
// is not theirs any more before anybody is given anything: in an exchange they
// pass trips on in a circle.
func (w *world) takeIn(changes []trip.Change) error {
	for _, c := range changes {
		w.count(c)
		if before, after := holder(c.Before), holder(c.After); before != "" && before != after {
			w.unbind(w.carOf[before], w.riderOf(c.After.ID))
		}
	}
	for _, c := range changes {
		if before, after := holder(c.Before), holder(c.After); after != "" && before != after {
			if err := w.bind(w.carOf[after], w.riderOf(c.After.ID), c.After.Slot); err != nil {
				return err
			}
			w.hears(w.riderOf(c.After.ID), c.After.Offer.PickupIn)
		}
	}
	for _, c := range changes {
		for _, id := range []string{holder(c.Before), holder(c.After)} {
			if id == "" {
				continue
			}
			if err := w.proceed(w.carOf[id]); err != nil {
				return err
			}
		}
	}
	return nil
}

// holder is the driver who is bound to the trip, "" if there is none.
func holder(t *trip.Trip) string {
	if t.State.HasDriver() {
		return t.DriverID
	}
	return ""
}

// count keeps the books of a change.
func (w *world) count(c trip.Change) {
	r := w.riderOf(c.After.ID)
	r.trip = c.After
	w.searching += one(c.After.State == trip.Searching) - one(c.Before.State == trip.Searching)
	w.assigned += one(c.After.State == trip.Assigned) - one(c.Before.State == trip.Assigned)
	w.tally.decided(w, c)
	if c.Before.State.HasDriver() && c.After.State == trip.Searching {
		w.expectImpatience(r)
	}
	if c.After.State == trip.Arrived || c.After.State.Final() {
		w.travel.Done(r.order.Pickup)
	}
	if c.After.State.Final() {
		w.travel.Done(r.order.Dropoff)
		w.over++
	}
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
