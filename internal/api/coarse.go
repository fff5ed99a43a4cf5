package api

import (
	"cmp"
	"math"
	"slices"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
)

// Strangers see drivers on a grid. All that a rider is told of a driver who is
// not on the way to the rider is made of the corner of the grid nearest to that
// driver: a second question, or a thousand from all around, tells nothing that
// the first did not. Random noise would average out, and a radius or a travel
// time that went by the true place would give it away to who asks from three
// sides.

// A thousandth of a degree is 111 m from north to south, and less from west to
// east.
const (
	coarseMetres = 100
	coarseReach  = 80 // metres, at most, from a driver to the corner of the grid
	// coarseSpare is how many drivers more are looked at than are asked for: who
	// is nearest by true places need not be by the grid.
	coarseSpare = 32
)

func coarse(degrees float64) float64 { return math.Round(degrees*1000) / 1000 }

func coarsePoint(p geo.Point) geo.Point { return geo.Point{Lat: coarse(p.Lat), Lon: coarse(p.Lon)} }

// coarsened is the drivers as strangers may see them: how many are around, and
// nobody's track. Those within the radius by the grid, the nearest by the grid
// first.
func coarsened(found []nearDriver, from geo.Point, radius float64, limit int) []nearDriver {
	seen := found[:0]
	for _, d := range found {
		if d = d.coarsened(from); d.DistanceM <= radius {
			seen = append(seen, d)
		}
	}
	slices.SortFunc(seen, func(a, b nearDriver) int { // what is alike is in no order of true distances
		return cmp.Or(cmp.Compare(a.DistanceM, b.DistanceM), cmp.Compare(a.Lat, b.Lat), cmp.Compare(a.Lon, b.Lon),
			cmp.Compare(a.Class, b.Class), cmp.Compare(a.AgeS, b.AgeS))
	})
	return seen[:min(len(seen), limit)]
}

func (d nearDriver) coarsened(from geo.Point) nearDriver {
	d.ID = ""
	d.Lat, d.Lon = coarse(d.Lat), coarse(d.Lon)
	d.Heading, d.Speed, d.Accuracy = driver.Unknown, driver.Unknown, coarseMetres
	d.DistanceM = math.Round(geo.Distance(from, geo.Point{Lat: d.Lat, Lon: d.Lon}))
	d.AgeS = math.Round(d.AgeS)
	return d
}
