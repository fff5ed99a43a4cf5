// Package trip is the protocol of a ride: the states of a trip, the offers that
// find it a driver, the claim that binds the driver, and the events that tell
// of each change.
//
// A [Trip] is changed by its commands alone. A command checks the transition
// table, changes the trip and returns the events of the change: one for each
// change of state, none for a repetition, none for what only concerns an offer.
// The store runs a command in one transaction and writes the trip, the offer,
// the claim ([Trip.Claim] derives it, so that it cannot disagree) and the
// events together.
//
// The package is pure: no I/O, no clock, no log. Commands may be run again on a
// fresh copy of the trip when a transaction has to be repeated.
package trip

import (
	"slices"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fare"
	"github.com/cabstand/cabstand/internal/fault"
)

// Role is who acts.
type Role string

// The roles.
const (
	Rider    Role = "rider"
	Driver   Role = "driver"
	Operator Role = "operator"
	System   Role = "system"
)

// Actor is somebody who acts on a trip.
type Actor struct {
	Role Role
	ID   string
}

// Trip is one ride from request to end.
type Trip struct {
	ID      string
	RiderID string
	Class   driver.Class
	Seats   int
	Pickup  geo.Point
	Dropoff geo.Point
	Fare    fare.Money

	State    State
	Version  int64    // 1 at the request, one more with each change of state
	Epoch    int64    // 1 at the request, one more each time a driver is taken off
	DriverID string   // set from assigned on
	Slot     int      // the slot of the driver's claim
	Forward  bool     // the driver had another trip to finish when this one was given
	Swaps    int      // how often it went from one driver to another by [Trip.Reassign]
	FormerID string   // the driver whom the last of these took it from
	Excluded []string // drivers who are not offered this trip again
	Offer    *Offer   // the newest offer, pending or closed

	RequestedAt  time.Time
	ScheduledFor time.Time // zero for a trip that is wanted now
	SearchUntil  time.Time // expires then if no driver was found
	AssignedAt   time.Time
	ArrivedAt    time.Time
	RidingAt     time.Time
	CompletedAt  time.Time
	CancelledAt  time.Time
	ExpiredAt    time.Time
	CancelledBy  Role
	Reason       string // of the cancellation

	PIN    PIN
	Rating *Rating // nil until the rider gave one

	// Metres is the length of the way that was driven with the rider on board,
	// once its track is known; 0 until then. It is no part of the trip's state: no
	// command sets it, no event tells of it, and it counts no version.
	Metres float64
}

// Request is what a rider asks for.
type Request struct {
	ID           string
	RiderID      string
	Class        driver.Class
	Seats        int
	Pickup       geo.Point
	Dropoff      geo.Point
	Fare         fare.Money
	ScheduledFor time.Time     // zero: now
	Search       time.Duration // how long to look for a driver
	PIN          string        // the rider's, four digits; "" for none
	RequirePIN   bool          // the ride starts with it
}

// New makes a trip from a request. It is searching, or scheduled when the
// request names a later time.
func New(r Request, now time.Time) (*Trip, []Event) {
	t := &Trip{
		ID: r.ID, RiderID: r.RiderID, Class: r.Class, Seats: r.Seats,
		Pickup: r.Pickup, Dropoff: r.Dropoff, Fare: r.Fare,
		State: Searching, Epoch: 1,
		RequestedAt: now, ScheduledFor: r.ScheduledFor, SearchUntil: now.Add(r.Search), PIN: PIN{Code: r.PIN, Required: r.RequirePIN},
	}
	if !r.ScheduledFor.IsZero() {
		t.State, t.SearchUntil = Scheduled, time.Time{}
	}
	return t, []Event{t.record(Actor{Rider, r.RiderID}, "", now)}
}

// Cell is the owner cell of the trip: where it is picked up.
func (t *Trip) Cell() geo.Cell { return geo.CellOf(t.Pickup, geo.OwnerLength) }

// Claim is the hold that the trip has on a driver, if it has one.
func (t *Trip) Claim() (Claim, bool) {
	switch {
	case t.State.HasDriver():
		return Claim{DriverID: t.DriverID, Slot: t.Slot, TripID: t.ID}, true
	case t.State == Searching && t.Offer.Pending():
		return Claim{DriverID: t.Offer.DriverID, Slot: t.Offer.Slot, TripID: t.ID}, true
	}
	return Claim{}, false
}

// Open reports whether the trip waits for an offer to be made.
func (t *Trip) Open() bool { return t.State == Searching && !t.Offer.Pending() }

// Excludes reports whether the driver is not to be offered this trip.
func (t *Trip) Excludes(driverID string) bool { return slices.Contains(t.Excluded, driverID) }

// Clone is a copy that shares nothing with t.
func (t *Trip) Clone() *Trip {
	c := *t
	c.Excluded = slices.Clone(t.Excluded)
	if t.Offer != nil {
		offer := *t.Offer
		c.Offer = &offer
	}
	if t.Rating != nil {
		rating := *t.Rating
		c.Rating = &rating
	}
	return &c
}

// move takes the trip to the state that the table names and counts the version.
func (t *Trip) move(c command) error {
	to, err := t.State.next(c)
	if err != nil {
		return err
	}
	t.State = to
	return nil
}

// Release starts the search of a scheduled trip.
func (t *Trip) Release(search time.Duration, now time.Time) ([]Event, error) {
	if err := t.move(release); err != nil {
		return nil, err
	}
	t.SearchUntil = now.Add(search)
	return []Event{t.record(Actor{Role: System}, "", now)}, nil
}

// Propose makes an offer to a driver. It changes no state: there is no event.
func (t *Trip) Propose(p Proposal) error {
	switch {
	case t.State != Searching:
		return fault.New(fault.WrongState, "a trip that is %s takes no offers", t.State)
	case t.Epoch != p.Epoch:
		return fault.New(fault.WrongState, "the trip is at epoch %d, the proposal at %d", t.Epoch, p.Epoch)
	case t.Offer.Pending():
		return fault.New(fault.WrongState, "offer %s is pending", t.Offer.ID)
	case t.Excludes(p.DriverID) && !p.Override:
		return fault.New(fault.WrongState, "driver %s declined or cancelled this trip", p.DriverID)
	case !p.Now.Before(t.SearchUntil):
		return fault.New(fault.WrongState, "the search is over")
	}
	t.Offer = &Offer{
		ID: p.OfferID, TripID: t.ID, DriverID: p.DriverID, Epoch: t.Epoch, Slot: p.Slot,
		State: OfferPending, PickupIn: p.PickupIn, By: p.By, CreatedAt: p.Now, ExpiresAt: p.Now.Add(p.Deliver),
	}
	return nil
}

// offerOf is the newest offer, if it is the one that is meant and the driver's.
func (t *Trip) offerOf(offerID, driverID string) (*Offer, error) {
	if t.Offer == nil || t.Offer.ID != offerID {
		return nil, fault.New(fault.OfferClosed, "the offer is closed: the trip was offered to another driver")
	}
	if t.Offer.DriverID != driverID {
		return nil, fault.New(fault.NotFound, "no such offer")
	}
	return t.Offer, nil
}

func closedOffer(o *Offer) error {
	return fault.New(fault.OfferClosed, "the offer is closed: %s %s", o.State, o.Reason)
}

// Received notes that the driver's phone shows the offer; the accept window
// runs from here. A repetition changes nothing.
func (t *Trip) Received(offerID, driverID string, window time.Duration, now time.Time) error {
	o, err := t.offerOf(offerID, driverID)
	if err != nil {
		return err
	}
	if !o.Pending() {
		return closedOffer(o)
	}
	if o.ReceivedAt.IsZero() {
		o.ReceivedAt, o.ExpiresAt = now, now.Add(window)
	}
	return nil
}

// Accept binds the driver. It holds as long as the offer is pending: a driver
// whose tap was slow on the way is not punished for it. A repetition changes
// nothing; one by a driver who was taken off meanwhile is refused, lest the
// driver believes to have the trip.
func (t *Trip) Accept(offerID, driverID string, now time.Time) ([]Event, error) {
	o, err := t.offerOf(offerID, driverID)
	if err != nil {
		return nil, err
	}
	if o.State == OfferAccepted && t.DriverID == driverID {
		return nil, nil
	}
	if !o.Pending() {
		return nil, closedOffer(o)
	}
	if err := t.move(accept); err != nil {
		return nil, err
	}
	if o.ReceivedAt.IsZero() {
		o.ReceivedAt = now
	}
	o.close(OfferAccepted, "", now)
	t.DriverID, t.AssignedAt = driverID, now
	t.Slot, t.Forward = o.Slot, o.Slot != 0
	return []Event{t.record(Actor{Driver, driverID}, "", now)}, nil
}

// Decline closes the offer and excludes the driver from this trip, also when the
// offer ran out or was withdrawn a moment before. Declining an offer of a trip
// that is over changes nothing.
func (t *Trip) Decline(offerID, driverID, reason string, now time.Time) error {
	o, err := t.offerOf(offerID, driverID)
	if err != nil {
		return err
	}
	if o.State == OfferAccepted {
		return fault.New(fault.WrongState, "the offer was accepted: cancel the trip instead")
	}
	if o.Pending() {
		o.close(OfferDeclined, reason, now)
	}
	if !t.State.Final() { // too late perhaps, but a no
		t.exclude(driverID)
	}
	return nil
}

// Withdraw closes the offer, which its driver has not been shown, and reports
// whether it did. The driver may be offered the trip again.
func (t *Trip) Withdraw(offerID string, now time.Time) bool {
	o := t.Offer
	if !o.Pending() || o.ID != offerID || !o.ReceivedAt.IsZero() {
		return false
	}
	o.close(OfferRevoked, ReasonUnsent, now)
	return true
}

// ExpireOffer closes the offer if its time is over by now, and reports whether
// it did.
func (t *Trip) ExpireOffer(offerID string, now time.Time) bool {
	o := t.Offer
	if !o.Pending() || o.ID != offerID || now.Before(o.ExpiresAt) {
		return false
	}
	reason := ReasonUnanswered
	if o.ReceivedAt.IsZero() {
		reason = ReasonUndelivered
	}
	o.close(OfferExpired, reason, now)
	return true
}

// Meant checks that a step of the driver is about the time that the driver has
// the trip for now, which the epoch names; 0 names none. One who lost it and got
// it back may still be heard of the first time: fault.WrongState.
func (t *Trip) Meant(driverID string, epoch int64) error {
	if epoch != 0 && epoch != t.Epoch && t.DriverID == driverID {
		return fault.New(fault.WrongState, "epoch %d of the trip is over: you have it at epoch %d", epoch, t.Epoch)
	}
	return nil
}

// Arrive notes that the driver is at the pickup. A repetition changes nothing.
func (t *Trip) Arrive(driverID string, now time.Time) ([]Event, error) {
	return t.step(arrive, driverID, &t.ArrivedAt, now)
}

// Start notes that the rider is on board. A repetition changes nothing.
func (t *Trip) Start(driverID string, now time.Time) ([]Event, error) {
	return t.step(start, driverID, &t.RidingAt, now)
}

// Complete ends the ride. A repetition changes nothing.
func (t *Trip) Complete(driverID string, now time.Time) ([]Event, error) {
	return t.step(complete, driverID, &t.CompletedAt, now)
}

// step is one of the driver's steps of the ride, which is done at doneAt.
func (t *Trip) step(c command, driverID string, doneAt *time.Time, now time.Time) ([]Event, error) {
	if repeated, err := t.byDriver(driverID, *doneAt); repeated || err != nil {
		return nil, err
	}
	if t.Slot != 0 {
		return nil, fault.New(fault.WrongState, "finish the trip at hand first")
	}
	if err := t.move(c); err != nil {
		return nil, err
	}
	*doneAt = now
	return []Event{t.record(Actor{Driver, driverID}, "", now)}, nil
}

// byDriver checks that the driver may act on the trip, and reports whether the
// step was done before.
func (t *Trip) byDriver(driverID string, doneAt time.Time) (repeated bool, err error) {
	switch {
	case t.DriverID == driverID:
		return !doneAt.IsZero(), nil
	case t.Excludes(driverID), t.FormerID == driverID:
		return false, notYours()
	}
	return false, fault.New(fault.NotFound, "no such trip")
}

func notYours() error { return fault.New(fault.WrongState, "the trip is not yours any more") }

// Cancel ends the trip for its rider or for an operator; the driver's
// cancellation, and the system's when a driver is lost, is [Trip.Redispatch]. A
// rider cannot cancel any more once riding. A repetition changes nothing.
func (t *Trip) Cancel(by Actor, reason string, now time.Time) ([]Event, error) {
	if t.State == Cancelled {
		return nil, nil
	}
	if t.State == Riding && by.Role != Operator {
		return nil, fault.New(fault.WrongState, "a trip that is riding can be cancelled by an operator only")
	}
	if err := t.move(cancel); err != nil {
		return nil, err
	}
	t.CancelledAt, t.CancelledBy, t.Reason = now, by.Role, reason
	ev := t.recordEnd(by, reason, now)
	return []Event{ev}, nil
}

// Redispatch takes the driver off and goes on searching, at the next epoch and
// with a new search time. The driver is not offered the trip again. A driver
// who repeats it changes nothing.
func (t *Trip) Redispatch(driverID string, by Actor, reason string, search time.Duration, now time.Time) ([]Event, error) {
	if t.DriverID != driverID {
		switch {
		case t.Excludes(driverID):
			return nil, nil
		case t.FormerID == driverID:
			return nil, notYours()
		}
		return nil, fault.New(fault.NotFound, "no such trip")
	}
	if t.State == Cancelled {
		return nil, nil
	}
	if err := t.move(redispatch); err != nil {
		return nil, err
	}
	t.exclude(driverID)
	t.Epoch++
	t.DriverID, t.Slot, t.Forward = "", 0, false
	t.AssignedAt, t.ArrivedAt = time.Time{}, time.Time{}
	t.SearchUntil = now.Add(search)
	ev := t.record(by, reason, now)
	ev.DriverID = driverID
	return []Event{ev}, nil
}

// Expire ends a search that found nobody by its time, and revokes the offer
// that may be pending.
func (t *Trip) Expire(now time.Time) ([]Event, error) {
	if t.State == Expired {
		return nil, nil
	}
	if now.Before(t.SearchUntil) {
		return nil, fault.New(fault.WrongState, "the search is not over")
	}
	if err := t.move(expire); err != nil {
		return nil, err
	}
	t.ExpiredAt = now
	return []Event{t.recordEnd(Actor{Role: System}, "no driver found", now)}, nil
}

func (t *Trip) exclude(driverID string) {
	if !t.Excludes(driverID) {
		t.Excluded = append(t.Excluded, driverID)
	}
}
