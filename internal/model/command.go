package model

import (
	"fmt"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// The one moment at which everything happens, and the one at which everything
// has run out: what time does is that it may pass.
var (
	noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	late = noon.Add(time.Hour)
)

const (
	search  = 5 * time.Minute
	deliver = 3 * time.Second
	window  = 15 * time.Second
)

// kind is what a command does.
type kind uint8

const (
	request kind = iota
	propose
	received
	accept
	decline
	withdraw
	expireOffer
	arrive
	start
	complete
	driverCancels
	riderCancels
	operatorCancels
	expire
	replace // a driver who is lost
	promote
)

var words = [...]string{
	request: "is requested", propose: "is offered", received: "offer received", accept: "offer accepted",
	decline: "offer declined", withdraw: "offer withdrawn", expireOffer: "offer runs out", arrive: "arrive", start: "start", complete: "complete",
	driverCancels: "cancelled by its driver", riderCancels: "cancelled by its rider", operatorCancels: "cancelled by an operator",
	expire: "search runs out", replace: "its driver is given up as lost", promote: "next trip becomes the one at hand",
}

// command is a command on one trip, with what the sender meant. Trips, drivers
// and offers of a trip count from 1; 0 is none.
type command struct {
	kind   kind
	trip   int8
	driver int8
	offer  int8
	epoch  int8 // when the sender had the trip, or read it
	slot   int8
}

func (c command) String() string {
	s := fmt.Sprintf("%s: %s", tripID(c.trip), words[c.kind])
	if c.driver != 0 {
		s += " by " + driverID(c.driver)
	}
	if c.kind == propose {
		s = fmt.Sprintf("%s: is offered to %s in slot %d", tripID(c.trip), driverID(c.driver), c.slot)
	}
	if c.offer != 0 {
		s += ", offer " + offerID(c.trip, c.offer)
	}
	if c.epoch != 0 {
		s += fmt.Sprintf(", of epoch %d", c.epoch)
	}
	return s
}

// ids are made once: a step asks for many.
var (
	tripIDs   = [maxTrips + 1]string{"", "t1", "t2", "t3"}
	driverIDs = [maxDrivers + 1]string{"", "d1", "d2", "d3"}
)

func tripID(n int8) string        { return tripIDs[n] }
func driverID(n int8) string      { return driverIDs[n] }
func offerID(trip, n int8) string { return fmt.Sprintf("t%d.%d", trip, n) }

// lastDigit is the number at the end of an id, 0 of "".
func lastDigit(id string) int8 {
	if id == "" {
		return 0
	}
	return int8(id[len(id)-1] - '0')
}

func newTrip(n int8) (*trip.Trip, []trip.Event) {
	return trip.New(trip.Request{ID: tripID(n), RiderID: fmt.Sprint("r", n), Class: driver.Class("standard"), Seats: 1, Search: search}, noon)
}

func proposal(c command) trip.Proposal {
	return trip.Proposal{
		OfferID: offerID(c.trip, c.offer), TripID: tripID(c.trip), DriverID: driverID(c.driver),
		Epoch: int64(c.epoch), Slot: int(c.slot), Now: noon, Deliver: deliver,
	}
}

// run is the command, as the code has it.
func (c command) run(t *trip.Trip) ([]trip.Event, error) {
	offer, who := offerID(c.trip, c.offer), driverID(c.driver)
	if err := c.mind(t); err != nil {
		return nil, err
	}
	switch c.kind {
	case propose:
		return nil, t.Propose(proposal(c))
	case received:
		return nil, t.Received(offer, who, window, noon)
	case accept:
		return t.Accept(offer, who, noon)
	case decline:
		return nil, t.Decline(offer, who, "", noon)
	case withdraw:
		t.Withdraw(offer, noon)
		return nil, nil
	case expireOffer:
		t.ExpireOffer(offer, late)
		return nil, nil
	case arrive:
		return t.Arrive(who, noon)
	case start:
		return t.Start(who, noon)
	case complete:
		return t.Complete(who, noon)
	}
	return c.end(t, who)
}

// mind refuses a driver's step of an earlier time with the trip, as the desk does.
func (c command) mind(t *trip.Trip) error {
	switch c.kind {
	case arrive, start, complete, driverCancels:
		return t.Meant(driverID(c.driver), int64(c.epoch))
	}
	return nil
}

// end is a command that ends a trip, a driver's part in it, or its waiting.
func (c command) end(t *trip.Trip, who string) ([]trip.Event, error) {
	switch c.kind {
	case driverCancels:
		return t.Redispatch(who, trip.Actor{Role: trip.Driver, ID: who}, "", search, noon)
	case riderCancels:
		return t.Cancel(trip.Actor{Role: trip.Rider, ID: t.RiderID}, "", noon)
	case operatorCancels:
		return t.Cancel(trip.Actor{Role: trip.Operator, ID: "o"}, "", noon)
	case expire:
		return t.Expire(late)
	case replace: // as the dispatcher does it: the driver and the epoch that were meant
		if t.Epoch != int64(c.epoch) || t.DriverID != who {
			return nil, fault.New(fault.WrongState, "the trip moved on")
		}
		return t.Redispatch(who, trip.Actor{Role: trip.System}, "driver lost", search, noon)
	case promote:
		t.Promote()
		return nil, nil
	}
	panic(fmt.Sprintf("no command of kind %d", c.kind))
}
