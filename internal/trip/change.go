package trip

import (
	"fmt"
	"reflect"
	"time"
)

// Precision is what the stores keep of a time.
const Precision = time.Microsecond

// Truncate cuts the trip's times to Precision, in UTC: the form that it is
// stored in, so that what a change returns equals what is read later.
func (t *Trip) Truncate() {
	for _, at := range []*time.Time{
		&t.RequestedAt, &t.ScheduledFor, &t.SearchUntil, &t.AssignedAt, &t.ArrivedAt,
		&t.RidingAt, &t.CompletedAt, &t.CancelledAt, &t.ExpiredAt, &t.PIN.Since, &t.PIN.Last,
	} {
		truncate(at)
	}
	if t.Offer != nil {
		t.Offer.Truncate()
	}
	if t.Rating != nil {
		truncate(&t.Rating.At)
	}
}

// Truncate cuts the offer's times to Precision, in UTC.
func (o *Offer) Truncate() {
	for _, at := range []*time.Time{&o.CreatedAt, &o.ReceivedAt, &o.ExpiresAt, &o.ClosedAt} {
		truncate(at)
	}
}

func truncate(at *time.Time) { *at = at.UTC().Truncate(Precision) }

// Change is what a store writes, in one transaction, when commands were run on
// a trip.
type Change struct {
	Before, After *Trip
	Events        []Event
}

// Run runs change on a copy of before. An error of change is returned as it is;
// a change that does not keep to the protocol of this package is an error.
func Run(before *Trip, change func(*Trip) ([]Event, error)) (Change, error) {
	after := before.Clone()
	events, err := change(after)
	if err != nil {
		return Change{}, err
	}
	return newChange(before, after, events)
}

// Created is the change that a new trip is.
func Created(t *Trip, events []Event) (Change, error) {
	return newChange(&Trip{}, t, events)
}

func newChange(before, after *Trip, events []Event) (Change, error) {
	c := Change{Before: before, After: after, Events: events}
	if err := c.check(); err != nil {
		return Change{}, err
	}
	after.Truncate()
	for i := range events {
		truncate(&events[i].At)
		events[i].Trip.Truncate()
	}
	return c, nil
}

// check holds the change against what a store relies on: an event for each
// version, none skipped, and no offer whose end would be lost.
func (c Change) check() error {
	for i, ev := range c.Events {
		if ev.TripID != c.After.ID || ev.Version != c.Before.Version+int64(i)+1 {
			return fmt.Errorf("trip %s at version %d: event %d of the change is %s", c.After.ID, c.Before.Version, i, ev.ID())
		}
	}
	if c.After.Version != c.Before.Version+int64(len(c.Events)) {
		return fmt.Errorf("trip %s went from version %d to %d with %d events", c.After.ID, c.Before.Version, c.After.Version, len(c.Events))
	}
	if old := c.Before.Offer; old.Pending() && (c.After.Offer == nil || c.After.Offer.ID != old.ID) {
		return fmt.Errorf("trip %s: one change replaced the pending offer %s, whose end would be lost", c.After.ID, old.ID)
	}
	return nil
}

// Nothing reports whether there is nothing to write.
func (c Change) Nothing() bool {
	return len(c.Events) == 0 && reflect.DeepEqual(c.Before, c.After)
}

// NewOffer is the offer that the change made, nil if it made none.
func (c Change) NewOffer() *Offer {
	o := c.After.Offer
	if o == nil || c.Before.Offer != nil && c.Before.Offer.ID == o.ID {
		return nil
	}
	return o
}

// ChangedOffer is the offer that was there before and is different now, nil if
// there is none.
func (c Change) ChangedOffer() *Offer {
	if c.After.Offer == nil || c.NewOffer() != nil || reflect.DeepEqual(c.Before.Offer, c.After.Offer) {
		return nil
	}
	return c.After.Offer
}

// Claims is the claim to delete and then the one to make; nil for none.
func (c Change) Claims() (drop, take *Claim) {
	before, had := c.Before.Claim()
	after, has := c.After.Claim()
	if had && has && before == after {
		return nil, nil
	}
	if had {
		drop = &before
	}
	if has {
		take = &after
	}
	return drop, take
}
