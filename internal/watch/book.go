package watch

import (
	"cmp"
	"time"

	"github.com/cabstand/cabstand/internal/trip"
)

// book is the newest version of every unfinished trip, and for a while of those
// that ended. Its trips are shared and never changed.
type book struct {
	trips    map[string]entry
	byDriver map[string]bonds
	tally    tally
}

// bonds are the trips that a driver is bound to: the one at hand and the next
// one; "" for none.
type bonds struct{ atHand, next string }

func (b bonds) without(tripID string) bonds {
	if b.atHand == tripID {
		b.atHand = ""
	}
	if b.next == tripID {
		b.next = ""
	}
	return b
}

// with binds the driver to the trip. That a next trip became the one at hand has
// no event: when another one comes after it, it has.
func (b bonds) with(t *trip.Trip) bonds {
	b = b.without(t.ID)
	if t.Slot == 0 {
		b.atHand = t.ID
		return b
	}
	b.atHand, b.next = cmp.Or(b.atHand, b.next), t.ID
	return b
}

type entry struct {
	*trip.Trip
	at time.Time // when it was heard of
}

func newBook() *book {
	return &book{trips: map[string]entry{}, byDriver: map[string]bonds{}}
}

// apply takes in a trip; an older version than the known one changes nothing.
func (b *book) apply(t *trip.Trip, now time.Time) {
	old := b.trips[t.ID].Trip
	if old != nil && old.Version >= t.Version {
		return
	}
	b.trips[t.ID] = entry{t, now}
	if old != nil {
		b.bind(old.DriverID, b.byDriver[old.DriverID].without(t.ID))
	}
	if t.State.HasDriver() {
		b.bind(t.DriverID, b.byDriver[t.DriverID].with(t))
	}
	b.tally.count(old, t)
}

func (b *book) bind(driverID string, to bonds) {
	if to == (bonds{}) {
		delete(b.byDriver, driverID)
	} else {
		b.byDriver[driverID] = to
	}
}

// tripOf is the trip that the driver is on: the one at hand, and when that is
// over the next one. It is nil if there is none.
func (b *book) tripOf(driverID string) *trip.Trip {
	bound := b.byDriver[driverID]
	return b.trips[cmp.Or(bound.atHand, bound.next)].Trip
}

// nextOf is the trip after the one that the driver is on, nil if there is none.
func (b *book) nextOf(driverID string) *trip.Trip {
	if bound := b.byDriver[driverID]; bound.atHand != "" {
		return b.trips[bound.next].Trip
	}
	return nil
}

// forget drops trips that ended and were heard of last before the given time.
// Until then a repetition of their events is known for what it is.
func (b *book) forget(before time.Time) {
	for id, t := range b.trips {
		if t.State.Final() && t.at.Before(before) {
			delete(b.trips, id)
		}
	}
}
