package geo

import (
	"math"
	"slices"
)

// Region is an area that is asked about often: polygons, prepared. It does not
// change.
type Region struct {
	parts []sheet // each polygon, as often as a part of it lies between -180 and 180 degrees
}

// NewRegion prepares polygons, which must be ones that [CoverPolygon] accepts.
func NewRegion(polygons ...Polygon) (*Region, error) {
	r := &Region{}
	for _, p := range polygons {
		edges, err := p.unrolled()
		if err != nil {
			return nil, err
		}
		r.parts = append(r.parts, sheets(edges)...)
	}
	return r, nil
}

// Contains reports whether the point lies within one of the polygons, and in none
// of its holes. A point on a border is on one side of it: where two regions share
// a border, corner by corner, it lies in one of them.
func (r *Region) Contains(p Point) bool {
	return slices.ContainsFunc(r.parts, func(s sheet) bool { return s.holds(p.Lon, p.Lat) })
}

// holds is contains that judges a side the same whichever way it goes.
func (s sheet) holds(x, y float64) bool {
	inside := false
	for _, e := range s {
		if e.ay > e.by || e.ay == e.by && e.ax > e.bx {
			e = side{e.bx, e.by, e.ax, e.ay}
		}
		if e.ay <= y && y < e.by && x < e.ax+(y-e.ay)/(e.by-e.ay)*(e.bx-e.ax) {
			inside = !inside
		}
	}
	return inside
}

// touch is how deep two regions may reach into each other and still count as
// neighbours, in degrees: about a metre. Borders that follow the same street are
// seldom the same to the last digit.
const touch = 1e-5

// Overlaps reports whether the two have ground in common, and not a border alone:
// what is less than about a metre deep does not count.
func (r *Region) Overlaps(other *Region) bool {
	for _, a := range r.parts {
		for _, b := range other.parts {
			if a.overlaps(b) {
				return true
			}
		}
	}
	return false
}

func (s sheet) overlaps(other sheet) bool {
	box, others := s.box(), other.box()
	if box.West > others.East || others.West > box.East || box.South > others.North || others.South > box.North {
		return false
	}
	for _, a := range s {
		for _, b := range other {
			if a.crosses(b) {
				return true
			}
		}
	}
	return s.reachesInto(other) || other.reachesInto(s)
}

func (s sheet) box() Box {
	b := Box{West: math.Inf(1), South: math.Inf(1), East: math.Inf(-1), North: math.Inf(-1)}
	for _, e := range s {
		b.West, b.East = min(b.West, e.ax), max(b.East, e.ax)
		b.South, b.North = min(b.South, e.ay), max(b.North, e.ay)
	}
	return b
}

// crosses reports whether each of the sides begins clearly on one side of the
// other and ends clearly on the other side of it.
func (e side) crosses(f side) bool {
	return apart(e.off(f.ax, f.ay), e.off(f.bx, f.by)) && apart(f.off(e.ax, e.ay), f.off(e.bx, e.by))
}

func apart(a, b float64) bool { return a > touch && b < -touch || a < -touch && b > touch }

// off is how far a point is from the line through the side, in degrees: positive
// on its left.
func (e side) off(x, y float64) float64 {
	dx, dy := e.bx-e.ax, e.by-e.ay
	length := math.Hypot(dx, dy)
	if length == 0 {
		return 0
	}
	return (dx*(y-e.ay) - dy*(x-e.ax)) / length
}

// away is how far a point is from the side, in degrees.
func (e side) away(x, y float64) float64 {
	dx, dy := e.bx-e.ax, e.by-e.ay
	t := 0.0
	if square := dx*dx + dy*dy; square > 0 {
		t = min(max(((x-e.ax)*dx+(y-e.ay)*dy)/square, 0), 1)
	}
	return math.Hypot(x-e.ax-t*dx, y-e.ay-t*dy)
}

// reachesInto reports whether a corner, the middle of a side, or a point within
// lies within the other.
func (s sheet) reachesInto(other sheet) bool {
	for _, e := range s {
		if other.deep(e.ax, e.ay) || other.deep((e.ax+e.bx)/2, (e.ay+e.by)/2) {
			return true
		}
	}
	return s.within(func(x, y float64) bool { return s.deep(x, y) && other.deep(x, y) })
}

// deep reports whether the point lies within, and not at a border.
func (s sheet) deep(x, y float64) bool {
	return s.holds(x, y) && !slices.ContainsFunc(s, func(e side) bool { return e.away(x, y) <= touch })
}

// lines is how many lines from west to east are drawn through an area, at most,
// to find points in it.
const lines = 32

// within tries points in the area until one is found, the middles of what lines
// from west to east have in common with it.
func (s sheet) within(found func(x, y float64) bool) bool {
	var heights []float64
	for _, e := range s {
		heights = append(heights, e.ay)
	}
	slices.Sort(heights)
	heights = slices.Compact(heights)
	step := max(1, (len(heights)-1)/lines)
	for i := 0; i+1 < len(heights); i += step {
		y := (heights[i] + heights[i+1]) / 2
		at := s.crossings(y)
		for j := 0; j+1 < len(at); j += 2 {
			if found((at[j]+at[j+1])/2, y) {
				return true
			}
		}
	}
	return false
}

// crossings is where the sides cross a height, from west to east.
func (s sheet) crossings(y float64) (at []float64) {
	for _, e := range s {
		if (e.ay > y) != (e.by > y) {
			at = append(at, e.ax+(y-e.ay)/(e.by-e.ay)*(e.bx-e.ax))
		}
	}
	slices.Sort(at)
	return at
}
