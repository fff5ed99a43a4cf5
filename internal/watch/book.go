package watch

import (
	"time"

	"github.com/cabstand/cabstand/internal/trip"
)

// book is the newest version of every unfinished trip, and for a while of those
// that ended. Its trips are shared and never changed.
type book struct {
	trips    map[string]entry
	byDriver map[string]string // driver → the trip the driver is bound to
	tally    tally
}

type entry struct {
	*trip.Trip
	at time.Time // when it was heard of
}

func newBook() *book {
	return &book{trips: map[string]entry{}, byDriver: map[string]string{}}
}

// apply takes in a trip; an older version than the known one changes nothing.
func (b *book) apply(t *trip.Trip, now time.Time) {
	old := b.trips[t.ID].Trip
	if old != nil && old.Version >= t.Version {
		return
	}
	b.trips[t.ID] = entry{t, now}
	if old != nil && b.byDriver[old.DriverID] == t.ID {
		delete(b.byDriver, old.DriverID)
	}
	if t.State.HasDriver() {
		b.byDriver[t.DriverID] = t.ID
	}
	b.tally.count(old, t)
}

// tripOf is the trip that the driver is bound to, nil if there is none.
func (b *book) tripOf(driverID string) *trip.Trip {
	return b.trips[b.byDriver[driverID]].Trip
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
