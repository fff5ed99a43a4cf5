package replay

import (
	"context"
	"fmt"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/trip"
)

// phase is what a car does.
type phase int

const (
	standing phase = iota
	toPickup
	boarding
	riding
)

// car is a driver.
type car struct {
	id     string
	from   time.Duration // at work from then on
	at     geo.Point     // where it stands, or began to drive
	phase  phase
	drive  Drive // the way to the pickup, or the ride where that is looked at
	since  time.Duration
	trips  [2]*rider     // by slot: at hand, and next
	doing  int           // counts what the car began, so that what was given up is not finished
	dirty  bool          // its position is to be told
	toldAt time.Duration // when its position was told, with a rider on board
	idleAt time.Duration // when its idleness began; forever while it is busy
	idle   time.Duration // before that
}

// hire makes the cars. Each is told of when its work begins.
func (w *world) hire() {
	for _, s := range w.starters(w.dice) {
		c := &car{id: s.ID, from: max(0, s.From.Sub(w.From)), at: s.Point}
		c.idleAt = c.from
		w.cars = append(w.cars, c)
		w.carOf[c.id] = c
		if c.from == 0 {
			w.feed.touch(c)
			continue
		}
		w.queue.add(c.from, func(context.Context) error {
			w.feed.touch(c)
			return nil
		})
	}
}

// where is the car's place.
func (c *car) where(now time.Duration) geo.Point {
	if (c.phase == toPickup || c.phase == riding) && len(c.drive.Points) > 0 {
		return c.drive.Where(now - c.since).Point
	}
	return c.at
}

// bind gives the car a trip.
func (w *world) bind(c *car, r *rider, slot int) error {
	if c.trips[slot] != nil && c.trips[slot] != r {
		return fmt.Errorf("driver %s has trip %s already and is given %s", c.id, c.trips[slot].trip.ID, r.trip.ID)
	}
	c.trips[slot] = r
	return nil
}

// unbind takes a trip from the car: it is over, or another's. The car stops
// where it is.
func (w *world) unbind(c *car, r *rider) {
	if c.trips[1] == r {
		c.trips[1] = nil
		return
	}
	if c.trips[0] != r {
		return
	}
	if c.phase == toPickup {
		w.tally.deadhead += c.drive.covered(w.now - c.since)
	}
	c.at = c.where(w.now)
	if r.trip.State == trip.Completed {
		c.at = r.order.Dropoff
	}
	c.trips[0], c.phase, c.idleAt = nil, standing, w.now
	c.doing++
	w.feed.touch(c)
}

// proceed lets a car that stands begin what it has to do.
func (w *world) proceed(c *car) error {
	if c.phase != standing {
		return nil
	}
	if c.trips[0] == nil {
		c.trips[0], c.trips[1] = c.trips[1], nil
	}
	r := c.trips[0]
	if r == nil {
		return nil
	}
	drive, ok := w.travel.Drive(c.at, r.order.Pickup)
	if !ok {
		return fmt.Errorf("driver %s has no way from %v to the pickup of %s", c.id, c.at, r.trip.ID)
	}
	w.tally.busyFrom(w, c)
	w.tally.inForce(r, w.now)
	c.phase, c.drive, c.since = toPickup, drive, w.now
	w.then(c, drive.Takes(), w.arrive)
	return nil
}

// then does the next thing after a while, unless the car is doing another thing
// by then.
func (w *world) then(c *car, after time.Duration, do func(context.Context, *car, *rider) error) {
	c.doing++
	doing, r := c.doing, c.trips[0]
	w.queue.add(w.now+after.Truncate(time.Millisecond), func(ctx context.Context) error {
		if c.doing != doing {
			return nil
		}
		return do(ctx, c, r)
	})
}

func (w *world) arrive(ctx context.Context, c *car, r *rider) error {
	w.tally.deadhead += c.drive.covered(c.drive.Takes())
	c.phase, c.at = boarding, r.order.Pickup
	w.then(c, w.Behaviour.Boarding, w.start)
	_, err := w.desk.Arrive(ctx, c.id, r.trip.ID)
	return err
}

func (w *world) start(ctx context.Context, c *car, r *rider) error {
	c.phase, c.drive, c.since = riding, Drive{}, w.now
	if w.Dispatch.Policy.Forward > 0 { // else nobody looks where it is
		c.drive, _ = w.travel.Drive(r.order.Pickup, r.order.Dropoff)
	}
	w.then(c, r.takes, w.complete)
	_, err := w.desk.Start(ctx, c.id, r.trip.ID)
	return err
}

func (w *world) complete(ctx context.Context, c *car, r *rider) error {
	_, err := w.desk.Complete(ctx, c.id, r.trip.ID)
	return err
}
