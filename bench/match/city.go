package main

import (
	"math"
	"math/rand/v2"
)

const (
	side      = 15_000 // of the city, a square, in metres
	circuity  = 1.3    // of the streets, against the straight line
	speed     = 7.0    // of a car in the city, in m/s
	hotSpots  = 6
	hotRiders = 0.8 // share of the riders who stand at a hot spot
	hotIdle   = 0.6 // share of the drivers: they look for riders there, and came from elsewhere
)

// place is a point of the city in metres. They are whole, so that a distance is
// the same on every machine.
type place struct{ x, y int32 }

// square is the square of the distance between two places, in square metres.
func square(a, b place) int64 {
	dx, dy := int64(a.x-b.x), int64(a.y-b.y)
	return dx*dx + dy*dy
}

// spot is where many people are: a station, the bars, a stadium.
type spot struct{ x, y, sigma, weight float64 }

// city is a few hot spots; what is not drawn to one of them is anywhere.
type city struct{ spots []spot }

func newCity(r *rand.Rand) (c city) {
	for range hotSpots {
		c.spots = append(c.spots, spot{
			x:      side * (0.2 + 0.6*r.Float64()),
			y:      side * (0.2 + 0.6*r.Float64()),
			sigma:  300 + 1200*r.Float64(),
			weight: 0.2 + r.Float64(),
		})
	}
	return c
}

// draw is a place of the city; hot is the share of those that belong to a spot.
func (c city) draw(r *rand.Rand, hot float64) place {
	if r.Float64() >= hot {
		return place{r.Int32N(side), r.Int32N(side)}
	}
	s := c.pick(r)
	for {
		x, y := s.x+s.sigma*r.NormFloat64(), s.y+s.sigma*r.NormFloat64()
		if x >= 0 && x < side && y >= 0 && y < side {
			return place{int32(x), int32(y)}
		}
	}
}

// pick is one of the spots, by their weights.
func (c city) pick(r *rand.Rand) spot {
	total := 0.0
	for _, s := range c.spots {
		total += s.weight
	}
	left := total * r.Float64()
	for _, s := range c.spots[1:] {
		if left -= s.weight; left < 0 {
			return s
		}
	}
	return c.spots[0]
}

// agent is a rider or a driver.
type agent struct {
	key   uint64 // tells it from all others of its scene, those before it too
	at    place
	price int32 // of leaving a rider unserved, ms
}

// drive is the cost of the pickup in ms: the straight line times the circuity at
// one speed, times what the streets between these two do to it, 0.8 to 1.25.
func drive(rider, driver agent) int32 {
	ms := math.Sqrt(float64(square(rider.at, driver.at))) * (circuity / speed * 1000)
	return int32(ms * (0.8 + 0.45*float64(mix(rider.key, driver.key)>>40)/(1<<24)))
}

// mix is a number that two keys have together; it looks random and is not.
func mix(a, b uint64) uint64 {
	h := a*0x9e3779b97f4a7c15 ^ (b + 0x7f4a7c15)
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}
