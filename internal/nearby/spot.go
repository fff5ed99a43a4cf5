package nearby

import (
	"math"

	"github.com/cabstand/cabstand/geo"
)

// spot is an owner cell by its place in the grid that all owner cells make:
// comparing names would cost more than the search.
type spot struct{ x, y int16 }

// An owner cell's name has 20 bits, ten of each axis.
const (
	gridSize = 1 << 10
	spotLon  = 360.0 / gridSize // degrees, exact in binary
	spotLat  = 180.0 / gridSize
)

// mostSpots is the most owner cells that a question is answered over in memory.
const mostSpots = 64

func spotAt(p geo.Point) spot {
	return spot{axis((p.Lon + 180) / 360), axis((p.Lat + 90) / 180)}
}

func axis(share float64) int16 { return int16(max(0, min(gridSize-1, math.Floor(share*gridSize)))) }

func (s spot) bounds() geo.Box {
	west, south := float64(s.x)*spotLon-180, float64(s.y)*spotLat-90
	return geo.Box{West: west, South: south, East: west + spotLon, North: south + spotLat}
}

// cell is the name of the spot.
func (s spot) cell() geo.Cell {
	b := s.bounds()
	return geo.CellOf(geo.Point{Lat: (b.South + b.North) / 2, Lon: (b.West + b.East) / 2}, geo.OwnerLength)
}

// spotsOf appends to dst the spots that the disc reaches. ok is false for discs
// about a pole, over the antimeridian, or of more than mostSpots: nobody asks
// often there.
func spotsOf(dst []spot, p geo.Point, radius float64) (spots []spot, ok bool) {
	const polar, slack = 85, 1e-6 // degrees
	arc := radius / geo.EarthRadius
	dLat := arc*180/math.Pi + slack
	if math.Abs(p.Lat)+dLat > polar {
		return dst, false
	}
	dLon := math.Asin(min(1, math.Sin(arc)/math.Cos(p.Lat*math.Pi/180)))*180/math.Pi + slack
	if math.Abs(p.Lon)+dLon >= 180 {
		return dst, false
	}
	low, high := spotAt(geo.Point{Lat: p.Lat - dLat, Lon: p.Lon - dLon}), spotAt(geo.Point{Lat: p.Lat + dLat, Lon: p.Lon + dLon})
	if low == high {
		return append(dst, low), true
	}
	for x := low.x; x <= high.x; x++ {
		for y := low.y; y <= high.y; y++ {
			s := spot{x, y}
			if s.bounds().Distance(p) > radius+0.001 { // as geo.CoverDisc
				continue
			}
			if dst = append(dst, s); len(dst) > mostSpots {
				return dst, false
			}
		}
	}
	return dst, true
}
