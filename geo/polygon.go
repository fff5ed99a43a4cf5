package geo

import (
	"fmt"
	"math"
	"slices"
)

// Polygon is an area of the map: its outer ring, then the rings of the holes in
// it. What lies within an odd number of rings is inside, and so are the rings
// themselves.
//
// Edges are straight lines of degrees, as in GeoJSON, and go the short way round
// the earth: a ring may cross the antimeridian, and an edge that spans more than
// 180 degrees has to be given in two. The last point of a ring may repeat the
// first. A ring around a pole has no inside on the map: it takes two more
// corners, at 90 degrees of latitude.
type Polygon [][]Point

// CoverPolygon is the cells of the given length that the area reaches: every
// point of it lies in one of them, and each of them touches it, to the
// millimetre. They are in the order of their names. More than limit cells are
// refused.
func CoverPolygon(area Polygon, length, limit int) ([]Cell, error) {
	if length < 1 || length > 12 {
		return nil, fmt.Errorf("cells of length %d: a geohash has 1 to 12 characters", length)
	}
	edges, err := area.unrolled()
	if err != nil {
		return nil, err
	}
	var cells []Cell
	for _, s := range sheets(edges) {
		if !s.cover("", s, length, func(c Cell) bool { cells = append(cells, c); return len(cells) <= 2*limit }) {
			break
		}
	}
	slices.Sort(cells)
	if cells = slices.Compact(cells); len(cells) > limit {
		return nil, fmt.Errorf("more than %d cells of length %d: ask for a smaller area", limit, length)
	}
	return cells, nil
}

// side is a side of a ring, in degrees: x east, and beyond 180 where the ring
// goes on, y north.
type side struct{ ax, ay, bx, by float64 }

// sheet is the sides of all rings of an area.
type sheet []side

// unrolled is the sides of all rings, holes beside their outer ring.
func (area Polygon) unrolled() (sheet, error) {
	if len(area) == 0 {
		return nil, fmt.Errorf("a polygon without rings: one or more are accepted")
	}
	var all sheet
	west, east := math.Inf(-1), math.Inf(1)
	for i, ring := range area {
		sides, err := unroll(ring, west, east)
		if err != nil {
			return nil, fmt.Errorf("ring %d: %w", i, err)
		}
		if all = append(all, sides...); i == 0 {
			west, east = all.span()
		}
	}
	return all, nil
}

// unroll is the sides of a ring, which begins between west and east if it can.
func unroll(ring []Point, west, east float64) (sheet, error) {
	if len(ring) < 3 {
		return nil, fmt.Errorf("%d points: three or more are accepted", len(ring))
	}
	for i, p := range ring {
		if !p.Valid() {
			return nil, fmt.Errorf("point %d: %v is not on the earth", i, p)
		}
	}
	first := ring[0].Lon
	switch {
	case first < west && first+360 <= east:
		first += 360
	case first > east && first-360 >= west:
		first -= 360
	}
	sides, x := make(sheet, len(ring)), first
	for i, p := range ring {
		next := ring[(i+1)%len(ring)]
		to := x + wrapLon(next.Lon-p.Lon)
		sides[i] = side{x, p.Lat, to, next.Lat}
		x = to
	}
	if math.Abs(x-first) > 1 {
		return nil, fmt.Errorf("it goes around a pole: give it corners at 90 degrees of latitude")
	}
	sides[len(sides)-1].bx = first
	return sides, nil
}

// span is how far west and east the sides reach.
func (s sheet) span() (west, east float64) {
	west, east = math.Inf(1), math.Inf(-1)
	for _, e := range s {
		west, east = min(west, e.ax), max(east, e.ax)
	}
	return west, east
}

// sheets is the area as often as it has a part between -180 and 180 degrees,
// each time shifted by whole turns.
func sheets(area sheet) []sheet {
	var all []sheet
	west, east := area.span()
	for turns := -2; turns <= 2; turns++ {
		by := float64(turns) * 360
		if west+by > 180+edge || east+by < -180-edge {
			continue
		}
		moved := make(sheet, len(area))
		for i, e := range area {
			moved[i] = side{e.ax + by, e.ay, e.bx + by, e.by}
		}
		all = append(all, moved)
	}
	return all
}

// cover adds the cells below c that the area reaches. near is the sides that
// come into c; none at all means that c lies within. It ends when add returns
// false, and returns that.
func (s sheet) cover(c Cell, near sheet, length int, add func(Cell) bool) bool {
	if len(c) == length {
		return add(c)
	}
	for _, part := range c.Children() {
		b := part.Bounds()
		b = Box{West: b.West - edge, South: b.South - edge, East: b.East + edge, North: b.North + edge}
		inside := near.meeting(b)
		if len(near) > 0 && len(inside) == 0 && !s.contains((b.West+b.East)/2, (b.South+b.North)/2) {
			continue
		}
		if !s.cover(part, inside, length, add) {
			return false
		}
	}
	return true
}

// meeting is the sides that have a point in b.
func (s sheet) meeting(b Box) (found sheet) {
	for _, e := range s {
		if e.meets(b) {
			found = append(found, e)
		}
	}
	return found
}

// meets cuts the side off at each border of b, and reports whether anything is
// left.
func (e side) meets(b Box) bool {
	from, to := 0.0, 1.0
	return cut(e.ax, e.bx-e.ax, b.West, b.East, &from, &to) && cut(e.ay, e.by-e.ay, b.South, b.North, &from, &to)
}

// cut keeps the fractions of a way from a, as far as d, that lie from low to
// high.
func cut(a, d, low, high float64, from, to *float64) bool {
	if d == 0 {
		return a >= low && a <= high
	}
	in, out := (low-a)/d, (high-a)/d
	if d < 0 {
		in, out = out, in
	}
	*from, *to = max(*from, in), min(*to, out)
	return *from <= *to
}

// contains counts the sides east of a point that lies on none.
func (s sheet) contains(x, y float64) bool {
	inside := false
	for _, e := range s {
		if (e.ay > y) != (e.by > y) && x < e.ax+(y-e.ay)/(e.by-e.ay)*(e.bx-e.ax) {
			inside = !inside
		}
	}
	return inside
}
