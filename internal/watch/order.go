package watch

import (
	"time"

	"github.com/cabstand/cabstand/internal/trip"
)

// remembered is for how long a reader remembers that a trip ended. An event of
// a trip that it does not know and that is older than this is a late repetition
// of the bus: what the bus really missed is found long before.
const remembered = 10 * time.Minute

// order is how far a reader is in each trip's events.
type order struct {
	seen  map[string]int64 // trip → version told last
	ended []ending         // the oldest first
}

type ending struct {
	tripID string
	at     time.Time
}

func newOrder() order { return order{seen: map[string]int64{}} }

// place is where an event belongs.
type place int

const (
	repeated place = iota // told before, or too old to matter
	isNext                // the one that follows
	gap                   // others come before it
)

func (o *order) placeOf(ev trip.Event, now time.Time) place {
	seen, known := o.seen[ev.TripID]
	switch {
	case ev.Version <= seen, !known && now.Sub(ev.At) > remembered:
		return repeated
	case ev.Version == seen+1:
		return isNext
	}
	return gap
}

// told notes that the trip was told of in this version.
func (o *order) told(t *trip.Trip, now time.Time) {
	o.seen[t.ID] = t.Version
	if t.State.Final() {
		o.ended = append(o.ended, ending{t.ID, now})
	}
	for len(o.ended) > 0 && now.Sub(o.ended[0].at) > remembered {
		delete(o.seen, o.ended[0].tripID)
		o.ended = o.ended[1:]
	}
}
