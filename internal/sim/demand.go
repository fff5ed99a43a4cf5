package sim

import (
	"iter"
	"math"
	"math/rand/v2"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/road"
)

// hotSpot is where many people come from and go to.
type hotSpot struct {
	name   string
	at     vec
	spread float64 // standard deviation, metres
	weight float64
	event  bool // busy only after a match
}

// demand draws where people want to go, and when.
type demand struct {
	graph *road.Graph
	spots []hotSpot
}

func newDemand(c *City) demand {
	d := demand{graph: c.Graph, spots: []hotSpot{
		{"Centre", vec{}, 650, 5, false},
		{"Central Station", vec{-620, -480}, 110, 2.2, false},
		{"Stadium", vec{1750, 1500}, 140, 1.6, true},
		{"Airport", c.terrain.airport, 90, 1.1, false},
		{"University", vec{-300, 1500}, 220, 1.2, false},
	}}
	for _, q := range c.quarters[1:] {
		d.spots = append(d.spots, hotSpot{q.name, q.centre, 420, 0.75, false})
	}
	return d
}

// Periods of the demand: short, so that whoever watches sees it change.
const (
	rush  = 20 * time.Minute
	match = 30 * time.Minute
)

// weight is how busy a spot is at a time in minutes; NaN is the mean.
func (s hotSpot) weightAt(minutes float64) float64 {
	if !s.event || math.IsNaN(minutes) {
		return s.weight
	}
	phase := math.Mod(minutes, match.Minutes()) / match.Minutes()
	return s.weight * (0.3 + 4*math.Exp(-math.Pow((phase-0.3)/0.06, 2)))
}

// place draws a junction near a hot spot.
func (d demand) place(rng *rand.Rand, minutes float64) geo.Point {
	sum := 0.0
	for _, s := range d.spots {
		sum += s.weightAt(minutes)
	}
	x := rng.Float64() * sum
	spot := d.spots[len(d.spots)-1]
	for _, s := range d.spots {
		if x -= s.weightAt(minutes); x < 0 {
			spot = s
			break
		}
	}
	p := spot.at.add(vec{rng.NormFloat64() * spot.spread, rng.NormFloat64() * spot.spread})
	node, _ := d.graph.Nearest(onEarth(p, origin))
	return d.graph.Point(node)
}

// orders draws orders whose rate swings by a third.
func (d demand) orders(perMinute float64, rng *rand.Rand) iter.Seq[Order] {
	return func(yield func(Order) bool) {
		after := time.Duration(0)
		for perMinute > 0 {
			swing := 1 + 0.35*math.Sin(2*math.Pi*after.Minutes()/rush.Minutes())
			after += pause(perMinute*swing, rng)
			o := Order{After: after}
			o.Pickup, o.Dropoff = d.ride(rng, after.Minutes())
			if !yield(o) {
				return
			}
		}
	}
}

func (d demand) ride(rng *rand.Rand, minutes float64) (from, to geo.Point) {
	from = d.place(rng, minutes)
	for range 20 {
		to = d.place(rng, math.NaN())
		if geo.Distance(from, to) >= minRide {
			break
		}
	}
	return from, to
}
