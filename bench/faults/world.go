package main

import (
	"iter"
	"math"
	"math/rand/v2"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/road"
	"github.com/cabstand/cabstand/internal/sim"
)

// block is a small town of fast cars, around a point at which four cells of
// ownership meet: all dispatchers want the same drivers, and a trip takes
// seconds, so that many of them meet each fault.
type block struct {
	centre geo.Point
	reach  float64 // degrees
}

// 40.78125 N, 73.828125 W is such a point: multiples of 180/1024 and 360/1024.
var town4 = block{geo.Point{Lat: 40.78125, Lon: -73.828125}, 0.003}

const carSpeed = 25 // m/s

// Between is the straight line.
func (b block) Between(from, to geo.Point) road.Way { return road.Straight(from, to, carSpeed) }

// Place is anywhere.
func (b block) Place(rng *rand.Rand) geo.Point {
	return geo.Point{Lat: b.centre.Lat + b.off(rng), Lon: b.centre.Lon + b.off(rng)}
}

func (b block) off(rng *rand.Rand) float64 { return (2*rng.Float64() - 1) * b.reach }

// orders draws rides of 100 to 200 m, so many a minute.
func (b block) orders(perMinute float64, seed uint64) iter.Seq[sim.Order] {
	return func(yield func(sim.Order) bool) {
		rng := rand.New(rand.NewPCG(seed, 0x0bde5))
		for after := time.Duration(0); ; {
			after += time.Duration(rng.ExpFloat64() / perMinute * float64(time.Minute))
			from, angle := b.Place(rng), 2*math.Pi*rng.Float64()
			far := 0.001 + 0.0008*rng.Float64()
			to := geo.Point{Lat: from.Lat + far*math.Sin(angle), Lon: from.Lon + far*math.Cos(angle)}
			if !yield(sim.Order{After: after, Pickup: from, Dropoff: to}) {
				return
			}
		}
	}
}

// hasty is how people are there.
var hasty = sim.Behaviour{
	Decline: 0.06, Ignore: 0.02,
	Think: sim.Span{Min: 200 * time.Millisecond, Max: time.Second},
	Board: sim.Span{Min: 200 * time.Millisecond, Max: 600 * time.Millisecond},
	Stand: sim.Span{Min: time.Second, Max: 5 * time.Second},

	GiveUp: 0.3, Patience: sim.Span{Min: 3 * time.Second, Max: 30 * time.Second}, Regret: 0.05,
}
