package sim

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// cabbie is a driver: what the phone shows goes in, what the driver does comes
// out. It has no I/O and no clock; a phone calls hello when a session opens,
// hear with each frame, and act when due, and sends what act returns.
type cabbie struct {
	id       string
	world    World
	mood     Behaviour
	pastime  pastime
	every    time.Duration // between positions
	rng      *rand.Rand
	car      car
	off      bool // not at work
	seq      uint64
	position time.Time // when the next position is due

	offer *dilemma
	trip  *wire.Trip // the one at hand
	next  *wire.Trip // the one after it
	board time.Time  // when the rider is in the car
	pins  *pins      // what riders tell their drivers

	pending *command
	say     []any // frames to send at once
}

// dilemma is an offer that the driver thinks about.
type dilemma struct {
	wire.OfferFrame
	decide time.Time
	answer string // the frame's type; "" lets the offer run out
}

// command is a step that the engine has not confirmed yet. Steps may be
// repeated, so it is sent again until something is heard.
type command struct {
	frame any
	kind  string
	ref   string // the offer or trip
	trip  string // which the step is about
	again time.Time
}

// retryAfter is how long a driver waits for the answer to a step.
const retryAfter = 5 * time.Second

// Frames of a driver.
type (
	positionFrame struct {
		Type     string  `json:"type"`
		Seq      uint64  `json:"seq"`
		Lat      float64 `json:"lat"`
		Lon      float64 `json:"lon"`
		T        int64   `json:"t"` // unix ms
		Speed    float64 `json:"speed"`
		Heading  float64 `json:"heading"`
		Accuracy float64 `json:"accuracy"`
	}
	statusFrame struct {
		Type   string        `json:"type"`
		Status driver.Status `json:"status"`
	}
	offerStep struct {
		Type    string `json:"type"`
		OfferID string `json:"offer_id"`
	}
	tripStep struct {
		Type   string `json:"type"`
		TripID string `json:"trip_id"`
		Epoch  int64  `json:"epoch,omitempty"`
		PIN    string `json:"pin,omitempty"` // of start
	}
)

// hello begins a session: the phone says whether the driver works, shows where
// the car is, and repeats the step that has no answer yet once the engine has
// had the time to restore the session.
func (c *cabbie) hello(now time.Time) {
	c.say = append(c.say[:0], c.status())
	c.position = now
	if c.pending != nil {
		c.pending.again = now.Add(time.Second)
	}
}

func (c *cabbie) status() statusFrame {
	if c.off {
		return statusFrame{wire.FrameStatus, driver.Offline}
	}
	return statusFrame{wire.FrameStatus, driver.Available}
}

// due is when act is to be called next.
func (c *cabbie) due() time.Time {
	if len(c.say) > 0 {
		return time.Time{}
	}
	due := c.errand()
	sooner := func(t time.Time) {
		if t.Before(due) {
			due = t
		}
	}
	if !c.off {
		sooner(c.position)
	}
	if c.offer != nil {
		sooner(c.offer.decide)
	}
	if c.pending != nil {
		sooner(c.pending.again)
	}
	return due
}

// errand is when the car, or the rider getting in, is ready for the next step.
func (c *cabbie) errand() time.Time {
	switch {
	case c.trip != nil && c.pending != nil:
		return c.pending.again
	case c.trip != nil && c.trip.State == trip.Arrived:
		return c.board
	}
	return c.car.there()
}

// act does what is due and returns the frames to send.
func (c *cabbie) act(now time.Time) []any {
	if c.offer != nil && !now.Before(c.offer.decide) {
		c.decide(now)
	}
	if !now.Before(c.errand()) {
		c.step(now)
	}
	if c.pending != nil && !now.Before(c.pending.again) {
		c.pending.again = now.Add(retryAfter)
		c.say = append(c.say, c.pending.frame)
	}
	if !c.off && !now.Before(c.position) {
		c.say = append(c.say, c.fix(now))
		c.position = now.Add(around(c.every, c.rng))
	}
	said := c.say
	c.say = nil
	return said
}

func (c *cabbie) fix(now time.Time) positionFrame {
	if c.seq == 0 { // higher than what an earlier life of the app counted to
		c.seq = uint64(now.UnixMilli())
	}
	c.seq++
	fix := c.car.where(now)
	return positionFrame{
		Type: wire.FramePosition, Seq: c.seq, Lat: round(fix.Lat, 1e6), Lon: round(fix.Lon, 1e6), T: now.UnixMilli(),
		Speed: round(min(fix.Speed, topSpeed), 10), Heading: math.Mod(math.Round(fix.Heading), 360), Accuracy: 6,
	}
}

// fix is the position that the frame tells of.
func (f positionFrame) fix() driver.Position {
	return driver.Position{
		Point: geo.Point{Lat: f.Lat, Lon: f.Lon}, Seq: f.Seq, FixedAt: time.UnixMilli(f.T),
		Speed: f.Speed, Heading: f.Heading, Accuracy: f.Accuracy,
	}
}

// topSpeed is the highest speed that a phone reports, m/s. Recorded fixes are
// sometimes kilometres off, and the way there is faster than that.
const topSpeed = 70

func round(x, parts float64) float64 { return math.Round(x*parts) / parts }

// decide answers the offer, or lets it be.
func (c *cabbie) decide(now time.Time) {
	o := c.offer
	c.offer = nil
	switch o.answer {
	case wire.FrameAccept:
		c.pending = &command{frame: offerStep{wire.FrameAccept, o.OfferID}, kind: wire.FrameAccept, ref: o.OfferID, trip: o.TripID, again: now}
	case wire.FrameDecline:
		c.say = append(c.say, offerStep{wire.FrameDecline, o.OfferID})
	}
}

// step does what comes when the car is there or the rider is in.
func (c *cabbie) step(now time.Time) {
	switch {
	case c.trip == nil:
		c.idle(now)
	case c.pending != nil: // the engine is asked already
	case c.trip.State == trip.Assigned:
		c.tripStep(wire.FrameArrive, now)
	case c.trip.State == trip.Arrived:
		c.tripStep(wire.FrameStart, now)
	case c.trip.State == trip.Riding:
		c.tripStep(wire.FrameComplete, now)
	}
}

func (c *cabbie) tripStep(kind string, now time.Time) {
	id := c.trip.ID
	f := tripStep{Type: kind, TripID: id, Epoch: c.trip.Epoch}
	if kind == wire.FrameStart {
		f.PIN = c.pins.of(id)
	}
	c.pending = &command{frame: f, kind: kind, ref: id, trip: id, again: now}
}

// idle begins a spell of the pastime.
func (c *cabbie) idle(now time.Time) {
	s := c.pastime.next(now, c.car.where(now).Point)
	c.car.follow(s.way, now)
	if s.off != c.off {
		c.off, c.position = s.off, now
		c.say = append(c.say, c.status())
	}
}
