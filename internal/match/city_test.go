package match_test

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/cabstand/cabstand/internal/match"
)

// city draws instances like those of an evening: riders and drivers around the
// same few hot spots, and some anywhere.
type city struct {
	rng   *rand.Rand
	spots []spot
}

// spot is a hot spot: kilometres, and the spread around it.
type spot struct{ x, y, spread float64 }

func newCity(seed uint64) *city {
	c := &city{rng: rand.New(rand.NewPCG(seed, 0))}
	for range 6 {
		c.spots = append(c.spots, spot{15 * c.rng.Float64(), 15 * c.rng.Float64(), 0.4 + 1.2*c.rng.Float64()})
	}
	return c
}

func (c *city) place() [2]float64 {
	if c.rng.Float64() < 0.3 {
		return [2]float64{15 * c.rng.Float64(), 15 * c.rng.Float64()}
	}
	s := c.spots[c.rng.IntN(len(c.spots))]
	return [2]float64{s.x + s.spread*c.rng.NormFloat64(), s.y + s.spread*c.rng.NormFloat64()}
}

func (c *city) places(n int) [][2]float64 {
	places := make([][2]float64, n)
	for i := range places {
		places[i] = c.place()
	}
	return places
}

// instance prices each rider's nearest drivers.
func (c *city) instance(riders, drivers [][2]float64, nearest int) instance {
	in := instance{drivers: len(drivers)}
	row := make([]match.Arc, 0, len(drivers))
	for i, r := range riders {
		in.unserved = append(in.unserved, 600_000+match.Cost(c.rng.IntN(600_000)))
		row = row[:0]
		for j, d := range drivers {
			ms := math.Hypot(r[0]-d[0], r[1]-d[1]) * 1.3 / 7 * 1e6
			row = append(row, match.Arc{Request: i, Driver: j, Cost: match.Cost(ms * (0.9 + 0.4*noise(i, j)))})
		}
		slices.SortFunc(row, func(a, b match.Arc) int { return int(a.Cost - b.Cost) })
		in.arcs = append(in.arcs, row[:min(nearest, len(row))]...)
	}
	return in
}

// noise is between 0 and 1, the same for the same pair.
func noise(i, j int) float64 {
	h := (uint64(i)*0x9E3779B97F4A7C15 ^ uint64(j)) * 0xBF58476D1CE4E5B9
	return float64(h>>40) / (1 << 24)
}
