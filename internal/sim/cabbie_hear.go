package sim

import (
	"encoding/json"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// heard is what a frame from the engine says, as far as a driver cares.
type heard struct {
	Type    string     `json:"type"`
	Seq     uint64     `json:"seq"`
	OfferID string     `json:"offer_id"`
	Code    fault.Code `json:"code"`
	Detail  string     `json:"detail"`
	Ref     string     `json:"ref"`

	offer wire.OfferFrame
	trip  wire.Trip
}

// parse reads a frame from the engine.
func parse(data []byte) (heard, error) {
	var h heard
	if err := json.Unmarshal(data, &h); err != nil {
		return h, err
	}
	switch h.Type {
	case wire.FrameOffer:
		return h, json.Unmarshal(data, &h.offer)
	case wire.FrameTrip:
		f := struct {
			Trip *wire.Trip `json:"trip"`
		}{&h.trip}
		return h, json.Unmarshal(data, &f)
	}
	return h, nil
}

// hear takes in a frame of the engine.
func (c *cabbie) hear(h heard, now time.Time) {
	switch h.Type {
	case wire.FrameOffer:
		c.hearOffer(h.offer, now)
	case wire.FrameOfferClosed:
		c.closed(h.OfferID)
	case wire.FrameTrip:
		c.hearTrip(h.trip, now)
	case wire.FrameError:
		c.hearError(h, now)
	}
}

// hearOffer confirms the offer, at once as phones do, and begins to think. An
// offer that is repeated after a reconnect is confirmed again, no more.
func (c *cabbie) hearOffer(o wire.OfferFrame, now time.Time) {
	c.say = append(c.say, offerStep{wire.FrameReceived, o.OfferID})
	thinking := c.offer != nil && c.offer.OfferID == o.OfferID
	answered := c.pending != nil && c.pending.ref == o.OfferID
	if thinking || answered {
		return
	}
	c.offer = &dilemma{OfferFrame: o, decide: now.Add(c.mood.Think.draw(c.rng)), answer: c.temper()}
}

// temper draws what the driver will make of an offer.
func (c *cabbie) temper() string {
	switch x := c.rng.Float64(); {
	case x < c.mood.Decline:
		return wire.FrameDecline
	case x < c.mood.Decline+c.mood.Ignore:
		return ""
	}
	return wire.FrameAccept
}

// closed forgets the offer, whether thought about or accepted too late.
func (c *cabbie) closed(offerID string) {
	if c.offer != nil && c.offer.OfferID == offerID {
		c.offer = nil
	}
	if c.pending != nil && c.pending.ref == offerID {
		c.pending = nil
	}
}

// hearTrip follows the trips that the engine says are the driver's: one at hand,
// and one for after it. The engine may take either away and give another one.
func (c *cabbie) hearTrip(t wire.Trip, now time.Time) {
	known := c.known(t.ID)
	mine := t.DriverID == c.id && t.State.HasDriver()
	switch {
	case known != nil && t.Version < known.Version: // told late
	case mine && t.Slot != 0 && c.trip != nil && c.trip.ID != t.ID:
		c.next = &t
		c.confirm(t)
	case mine:
		c.follow(t, now)
	case known == nil:
	case known == c.trip:
		c.release(now)
	default:
		c.drop(t.ID)
		c.next = nil
	}
}

// known is the trip as the driver has it, nil if it is not the driver's.
func (c *cabbie) known(tripID string) *wire.Trip {
	for _, t := range []*wire.Trip{c.trip, c.next} {
		if t != nil && t.ID == tripID {
			return t
		}
	}
	return nil
}

// follow has the driver at the trip, in place of another one perhaps: that is
// over, or went to another driver, even where nobody said so yet.
func (c *cabbie) follow(t wire.Trip, now time.Time) {
	before := trip.State("")
	switch {
	case c.trip != nil && c.trip.ID == t.ID:
		before = c.trip.State
	case c.trip != nil && c.trip.Slot > t.Slot:
		c.next = c.trip // it was begun because no other was at hand
	case c.trip != nil:
		c.drop(c.trip.ID)
	}
	if c.next != nil && c.next.ID == t.ID {
		c.next = nil
	}
	c.trip = &t
	c.confirm(t)
	if t.State != before {
		c.begin(now)
	}
}

// brings is the state that each step brings a trip to.
var brings = map[string]trip.State{wire.FrameArrive: trip.Arrived, wire.FrameStart: trip.Riding, wire.FrameComplete: trip.Completed}

// confirm drops the pending step that brought the trip to its state.
func (c *cabbie) confirm(t wire.Trip) {
	if p := c.pending; p != nil && p.trip == t.ID && (p.kind == wire.FrameAccept || brings[p.kind] == t.State) {
		c.pending = nil
	}
}

// drop forgets the pending step about a trip.
func (c *cabbie) drop(tripID string) {
	if c.pending != nil && c.pending.trip == tripID {
		c.pending = nil
	}
}

// begin does what a new state of the trip asks for. A driver with a trip is at
// work.
func (c *cabbie) begin(now time.Time) {
	if c.off {
		c.off, c.position = false, now
		c.say = append(c.say, c.status())
	}
	switch c.trip.State {
	case trip.Assigned:
		if c.offer != nil && (c.offer.Slot == 0 || c.offer.TripID == c.trip.ID) {
			c.offer = nil
		}
		c.car.head(c.trip.Pickup, c.world, now)
	case trip.Arrived:
		c.board = now.Add(c.mood.Board.draw(c.rng))
	case trip.Riding:
		c.car.head(c.trip.Dropoff, c.world, now)
	}
}

// release ends the driver's part in the trip at hand: the next one is at hand
// then, if there is one.
func (c *cabbie) release(now time.Time) {
	c.drop(c.trip.ID)
	c.trip, c.next = c.next, nil
	if c.trip != nil {
		c.begin(now)
		return
	}
	c.idle(now)
}

// hearError takes an answer to the pending step: try again later, or it is
// over.
func (c *cabbie) hearError(h heard, now time.Time) {
	if c.pending == nil || h.Ref != c.pending.ref {
		return
	}
	switch h.Code {
	case fault.Unavailable, fault.RateLimited, fault.Internal, fault.WrongPIN:
		if f, ok := c.pending.frame.(tripStep); ok && h.Code == fault.WrongPIN {
			f.PIN = c.pins.of(f.TripID) // the rider may have said it meanwhile
			c.pending.frame = f
		}
		c.pending.again = now.Add(around(retryAfter/2, c.rng))
		return
	}
	c.pending = nil
	if c.trip != nil && c.trip.ID == h.Ref {
		c.release(now)
	}
}
