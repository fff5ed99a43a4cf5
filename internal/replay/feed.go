package replay

import (
	"context"
	"encoding/json"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// self is the name of the one dispatcher.
const self = "replay"

// forever is longer than any run, and short enough for a multiple of it to be a
// time.Duration.
const forever = 50 * 365 * 24 * time.Hour

// feed is all that is around a dispatcher: phones, positions, and no peers.
//
// A phone in here is never out of reach, so its position needs to be told only
// when it matters and differs: of a driver who stands, once. That the dispatcher
// may not take it for old, all positions carry one time, which is later than the
// run: of two of the same time the one that comes last stands.
type feed struct {
	world  *world
	follow func([]driver.Location)
	dirty  []*car
	batch  []driver.Location
	seenAt time.Time
}

func newFeed(w *world) *feed { return &feed{world: w, seenAt: w.From.Add(forever)} }

// touch marks a car whose position is to be told before the next tick.
func (f *feed) touch(c *car) {
	if !c.dirty {
		c.dirty = true
		f.dirty = append(f.dirty, c)
	}
}

// flush tells the positions that are news, once somebody listens. An empty
// batch tells that the feed is alive.
func (f *feed) flush() {
	if f.follow == nil {
		return
	}
	f.batch = f.batch[:0]
	for _, c := range f.dirty {
		c.dirty = false
		f.batch = append(f.batch, f.location(c))
	}
	f.dirty = f.dirty[:0]
	f.follow(f.batch)
}

func (f *feed) location(c *car) driver.Location {
	return driver.Location{
		DriverID: c.id, Class: driver.Standard, Seats: driver.MaxSeats, Available: true, SeenAt: f.seenAt,
		Position: driver.Position{
			Point: c.where(f.world.now), FixedAt: f.world.clock(), Speed: driver.Unknown, Heading: driver.Unknown, Accuracy: driver.Unknown,
		},
	}
}

// Follow takes the follower of any cell for the follower of all: there is one.
func (f *feed) Follow(_ geo.Cell, fn func([]driver.Location)) (stop func(), err error) {
	if f.follow == nil {
		f.follow = fn
		f.flush()
	}
	return func() {}, nil
}

// InCells tells nothing: every position was on the feed, or will be before the
// next tick.
func (f *feed) InCells(context.Context, []geo.Cell) ([]driver.Location, error) { return nil, nil }

// Locations tells nothing, as InCells.
func (f *feed) Locations(context.Context, []string) ([]driver.Location, error) { return nil, nil }

// Live is this dispatcher alone.
func (f *feed) Live() []string { return []string{self} }

// Push brings a frame to a phone. Of frames only offers are looked at, after the
// tick; what became of a trip its driver takes from the commit.
func (f *feed) Push(_ context.Context, driverID string, p wire.Push) error {
	var frame wire.OfferFrame
	if err := json.Unmarshal(p.Frame, &frame); err != nil {
		return err
	}
	if frame.Type == wire.FrameOffer {
		f.world.offered = append(f.world.offered, offered{driverID, frame.OfferID, frame.TripID})
	}
	return nil
}

// Nudge has nobody to tell.
func (f *feed) Nudge(context.Context, wire.Nudge) error { return nil }

// OnNudge never calls: the dispatcher hears of every commit by Changed.
func (f *feed) OnNudge(func(wire.Nudge)) (stop func(), err error) { return func() {}, nil }

// Subscribe never calls, as OnNudge.
func (f *feed) Subscribe(func(trip.Event)) (stop func(), err error) { return func() {}, nil }
