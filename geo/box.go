package geo

import "math"

// Box is a rectangle of degrees. West may be greater than East: the box then
// crosses the antimeridian.
type Box struct{ West, South, East, North float64 }

// Valid reports whether b lies on the earth, south at or below north.
func (b Box) Valid() bool {
	return Point{b.South, b.West}.Valid() && Point{b.North, b.East}.Valid() && b.South <= b.North
}

// Contains reports whether p lies in b, its border included.
func (b Box) Contains(p Point) bool {
	return p.Lat >= b.South && p.Lat <= b.North && b.hasLon(p.Lon)
}

// Distance is the great-circle distance in metres from p to the nearest point
// of b, 0 when p lies in b.
func (b Box) Distance(p Point) float64 { return metres(b.haversine(p)) }

// haversine is the haversine of the way from p to the nearest point of b.
//
// On a parallel the way grows with the difference of longitude, so the nearest
// point lies on p's own meridian when b has it, else on the nearer of the two
// border meridians. There the cosine of the way is a single wave over the
// latitude: its top, or an end of the border, is nearest.
func (b Box) haversine(p Point) float64 {
	if b.hasLon(p.Lon) {
		return haversine(p, Point{b.clampLat(p.Lat), p.Lon})
	}
	lon, gap := b.West, lonGap(p.Lon, b.West)
	if g := lonGap(p.Lon, b.East); g < gap {
		lon, gap = b.East, g
	}
	h := min(haversine(p, Point{b.South, lon}), haversine(p, Point{b.North, lon}))
	if gap < 90 {
		top := degrees(math.Atan(math.Tan(radians(p.Lat)) / math.Cos(radians(gap))))
		h = min(h, haversine(p, Point{b.clampLat(top), lon}))
	}
	return h
}

// overlaps reports whether the two boxes have a point in common, borders
// included.
func (b Box) overlaps(o Box) bool {
	return b.touchesLat(o) && (b.hasLon(o.West) || o.hasLon(b.West))
}

// widened is b and what rounding may take for it: whether a point so near to a
// border is in the cell before or behind it is for CellOf to say.
func (b Box) widened() Box {
	if b.West <= b.East && b.East-b.West >= 360-2*edge {
		return Box{West: -180, South: b.South - edge, East: 180, North: b.North + edge}
	}
	return Box{
		West: wrapLon(b.West - edge), South: b.South - edge,
		East: wrapLon(b.East + edge), North: b.North + edge,
	}
}

func (b Box) touchesLat(o Box) bool { return b.South <= o.North && o.South <= b.North }

func (b Box) hasLon(lon float64) bool {
	if b.West <= b.East {
		return lon >= b.West && lon <= b.East
	}
	return lon >= b.West || lon <= b.East
}

func (b Box) clampLat(lat float64) float64 { return max(b.South, min(b.North, lat)) }

// lonGap is the difference of two longitudes the short way round, 0 to 180.
func lonGap(a, b float64) float64 {
	gap := math.Abs(a - b)
	return min(gap, 360-gap)
}
