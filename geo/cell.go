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

// edge is how far from the last parallel and the last meridian a point is taken
// to lie when its cell is asked for: cells hold their southern and western
// border, so that 90 and 180 degrees themselves lie in none.
const edge = 1e-9

// CellOf is the cell of the given length that holds p. The north pole lies in
// the northernmost cells, the antimeridian (180) in the easternmost.
func CellOf(p Point, length int) Cell {
	lat, lon := min(p.Lat, 90-edge), min(p.Lon, 180-edge)
	return Cell(geohash.EncodeWithPrecision(lat, lon, uint(length)))
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

// Children are the 32 cells that c consists of, in the order of their names.
func (c Cell) Children() []Cell {
	cells := make([]Cell, len(cellAlphabet))
	for i := range cells {
		cells[i] = c + Cell(cellAlphabet[i:i+1])
	}
	return cells
}

// Neighbors are the up to eight cells of c's length that touch c, over the
// antimeridian too. At the poles there are fewer.
func (c Cell) Neighbors() []Cell {
	around := geohash.Neighbors(string(c))
	cells := make([]Cell, 0, len(around))
	seen := map[Cell]bool{c: true}
	here := c.Bounds()
	for _, n := range around {
		cell := Cell(n)
		if !seen[cell] && cell.Bounds().touchesLat(here) {
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
