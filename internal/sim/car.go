package sim

import (
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/road"
)

// car is a vehicle on its way. Where it is follows from the time alone, so a car
// costs nothing while nobody asks.
type car struct {
	way     road.Way
	since   time.Time // when it set out
	heading float64   // the last one it drove in
}

// parked is a car that stands at p.
func parked(p geo.Point, now time.Time) car {
	return car{way: road.Way{Points: []geo.Point{p}, At: []time.Duration{0}}, since: now}
}

// where is the car's place. A car that stands looks where it last drove to.
func (c *car) where(now time.Time) road.Fix {
	fix := c.way.Where(now.Sub(c.since))
	if fix.Speed < 0.3 {
		fix.Heading = c.heading
	}
	c.heading = fix.Heading
	return fix
}

// there is when the car reaches the end of its way.
func (c *car) there() time.Time { return c.since.Add(c.way.Takes()) }

// follow sets out on a way that begins where the car is.
func (c *car) follow(way road.Way, now time.Time) { c.way, c.since = way, now }

// turnOff is how far ahead a driver turns off at the next corner. Where that is
// farther, the car turns on the spot.
const turnOff = 15 * time.Second

// head sets out for a place: the car goes on to the next corner, then takes the
// best way.
func (c *car) head(to geo.Point, w World, now time.Time) {
	here := c.where(now).Point
	corner, at := c.way.Ahead(now.Sub(c.since))
	left := at - now.Sub(c.since)
	if left <= 0 || left > turnOff {
		c.follow(w.Between(here, to), now)
		return
	}
	first := road.Way{Points: []geo.Point{here, corner}, At: []time.Duration{0, left}}
	c.follow(first.Then(w.Between(corner, to)), now)
}

// standing is a way that stays where it is.
func standing(p geo.Point, d time.Duration) road.Way {
	return road.Way{Points: []geo.Point{p, p}, At: []time.Duration{0, d}}
}
