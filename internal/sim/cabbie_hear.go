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

// hearTrip follows the trip that the engine says is the driver's.
func (c *cabbie) hearTrip(t wire.Trip, now time.Time) {
	current := c.trip != nil && c.trip.ID == t.ID
	switch {
	case current && t.Version < c.trip.Version:
		return // told late
	case t.DriverID != c.id || t.State.Final() || !t.State.HasDriver():
		if current {
			c.release(now)
		}
		return
	}
	before := trip.State("")
	if current {
		before = c.trip.State
	}
	c.trip = &t
	c.confirm(t.State)
	if t.State != before {
		c.begin(now)
	}
}

// confirm drops the pending step that brought the trip to the state.
func (c *cabbie) confirm(s trip.State) {
	if c.pending == nil {
		return
	}
	brings := map[string]trip.State{
		wire.FrameAccept: trip.Assigned, wire.FrameArrive: trip.Arrived, wire.FrameStart: trip.Riding,
	}
	if c.pending.kind == wire.FrameAccept || brings[c.pending.kind] == s {
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
		c.offer = nil
		c.car.head(c.trip.Pickup, c.world, now)
	case trip.Arrived:
		c.board = now.Add(c.mood.Board.draw(c.rng))
	case trip.Riding:
		c.car.head(c.trip.Dropoff, c.world, now)
	}
}

// release ends the driver's part in the trip.
func (c *cabbie) release(now time.Time) {
	if c.pending != nil && c.pending.ref == c.trip.ID {
		c.pending = nil
	}
	c.trip = nil
	c.idle(now)
}

// hearError takes an answer to the pending step: try again later, or it is
// over.
func (c *cabbie) hearError(h heard, now time.Time) {
	if c.pending == nil || h.Ref != c.pending.ref {
		return
	}
	switch h.Code {
	case fault.Unavailable, fault.RateLimited, fault.Internal:
		c.pending.again = now.Add(around(retryAfter/2, c.rng))
		return
	}
	c.pending = nil
	if c.trip != nil && c.trip.ID == h.Ref {
		c.release(now)
	}
}
