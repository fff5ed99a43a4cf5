package trip

import (
	"fmt"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
)

// Event tells of one change of a trip's state. A trip's events carry the
// versions 1, 2, 3, … without a hole.
type Event struct {
	TripID  string
	Version int64
	At      time.Time
	Actor   Actor
	Reason  string

	// DriverID is the driver concerned, also where the trip does not name the
	// driver any more; "" when there is none.
	DriverID string
	// FormerDriverID is the driver whom the change took the trip from to give it
	// to DriverID; "" for every other change.
	FormerDriverID string
	// ClosedOffer is the pending offer that the change revoked, if any.
	ClosedOffer *ClosedOffer
	// Trip is the trip after the change. Read from the bus or the store it has
	// what the public form has: no offer, no exclusions, no search deadline.
	Trip Trip
}

// ClosedOffer names an offer that ended without its driver's doing.
type ClosedOffer struct {
	OfferID  string
	DriverID string
	Reason   string
}

// ID names the event: "<trip id>:<version>".
func (e Event) ID() string { return fmt.Sprintf("%s:%d", e.TripID, e.Version) }

// Kind is what happened, by one word: the state that the trip came into, but
// "requested" of the first event, "released" of a scheduled trip whose search
// begins, "redispatched" of one that lost its driver, and "exchanged" of one that
// went from one driver to another.
func (e Event) Kind() string {
	switch {
	case e.Version == 1:
		return "requested"
	case e.FormerDriverID != "":
		return "exchanged"
	case e.Trip.State == Searching && e.DriverID != "":
		return "redispatched"
	case e.Trip.State == Searching:
		return "released"
	}
	return string(e.Trip.State)
}

// record counts the version and makes the event of the change just made.
func (t *Trip) record(by Actor, reason string, now time.Time) Event {
	t.Version++
	return Event{
		TripID: t.ID, Version: t.Version, At: now, Actor: by, Reason: reason,
		DriverID: t.DriverID, Trip: *t.Clone(),
	}
}

// recordEnd is record for a final state: it revokes the pending offer first.
func (t *Trip) recordEnd(by Actor, reason string, now time.Time) Event {
	var closed *ClosedOffer
	if t.Offer.Pending() {
		t.Offer.close(OfferRevoked, string(t.State), now)
		closed = &ClosedOffer{OfferID: t.Offer.ID, DriverID: t.Offer.DriverID, Reason: t.Offer.Reason}
	}
	ev := t.record(by, reason, now)
	ev.ClosedOffer = closed
	return ev
}

// Queued is an event that waits in the outbox.
type Queued struct {
	Seq   int64 // order of the outbox
	Event Event
}

// Once makes a creation repeatable: the store keeps the first answer under the
// key and gives it again.
type Once struct {
	Actor  string // whose key it is: keys of two riders never meet
	Key    string
	Digest string // of the request's body
	Status int
	Answer []byte
}

// Query selects a page of trips, newest request first.
type Query struct {
	RiderID    string // "" for any
	DriverID   string // "" for any
	State      State  // "" for any
	Unfinished bool   // only trips whose state is not final
	Cursor     string // of the page before; "" for the first
	Limit      int
}

// DriverStatus is what a driver who holds this trip is doing.
func (t *Trip) DriverStatus() driver.Status {
	switch t.State {
	case Assigned:
		return driver.EnRoute
	case Arrived:
		return driver.Waiting
	case Riding:
		return driver.Riding
	}
	return driver.Offered
}
