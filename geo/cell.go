package geo

import (
	"fmt"

	"github.com/mmcloughlin/geohash"
)

// Cell is a geohash: a rectangle of the earth named by 1 to 12 base-32
// characters. A longer name lies within each of its prefixes.
type Cell string

// Lengths of the cells that Cabstand uses.
const (
	OwnerLength = 4 // about 39 x 20 km: the unit of ownership and of the position feed
	StoreLength = 5 // about 5 x 5 km: a GEO set in Redis
)

const cellAlphabet = "0123456789bcdefghjkmnpqrstuvwxyz"

// CellOf is the cell of the given length that holds p.
func CellOf(p Point, length int) Cell {
	return Cell(geohash.EncodeWithPrecision(p.Lat, p.Lon, uint(length)))
}

// ParseCell checks that s is a geohash of 1 to 12 characters.
func ParseCell(s string) (Cell, error) {
	if len(s) < 1 || len(s) > 12 {
		return "", fmt.Errorf("cell %q: a geohash has 1 to 12 characters", s)
	}
	if err := geohash.Validate(s); err != nil {
		return "", fmt.Errorf("cell %q: a geohash has characters of %s", s, cellAlphabet)
	}
	return Cell(s), nil
}

// Parent is the cell of the given length around c; c itself when it is not
// longer than that.
func (c Cell) Parent(length int) Cell {
	if len(c) <= length {
		return c
	}
	return c[:length]
}

// Neighbors are the up to eight cells of c's length that touch c. At the poles
// there are fewer.
func (c Cell) Neighbors() []Cell {
	around := geohash.Neighbors(string(c))
	cells := make([]Cell, 0, len(around))
	seen := map[Cell]bool{c: true}
	for _, n := range around {
		if cell := Cell(n); n != "" && !seen[cell] {
			seen[cell] = true
			cells = append(cells, cell)
		}
	}
	return cells
}

// Bounds is the rectangle that c covers.
func (c Cell) Bounds() Box {
	b := geohash.BoundingBox(string(c))
	return Box{West: b.MinLng, South: b.MinLat, East: b.MaxLng, North: b.MaxLat}
}

// Box is a rectangle of degrees. West may be greater than East: the box then
// crosses the antimeridian.
type Box struct{ West, South, East, North float64 }

// Valid reports whether b lies on the earth, south at or below north.
func (b Box) Valid() bool {
	return Point{b.South, b.West}.Valid() && Point{b.North, b.East}.Valid() && b.South <= b.North
}

// Contains reports whether p lies in b, its border included.
func (b Box) Contains(p Point) bool {
	if p.Lat < b.South || p.Lat > b.North {
		return false
	}
	if b.West <= b.East {
		return p.Lon >= b.West && p.Lon <= b.East
	}
	return p.Lon >= b.West || p.Lon <= b.East
}
