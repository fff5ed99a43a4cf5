package geo

import "math"

// spot is a place in fixed point: the globe is 2^32 units around, x from the
// antimeridian east, and 2^32 units from the south pole (y) to the north pole.
// A spot stands for its middle, which is 5.3 mm at most from the points in it.
type spot struct{ x, y uint32 }

const (
	units    = 1 << 32
	unitLon  = 2 * math.Pi / units // radians
	unitLat  = math.Pi / units
	unitsLon = units / 360.0 // in a degree
	unitsLat = units / 180.0
)

// spotOf grows with both coordinates. The last parallel and the last meridian
// (90 and 180 degrees) lie in the last spots.
func spotOf(p Point) spot {
	return spot{fixed((p.Lon + 180) * unitsLon), fixed((p.Lat + 90) * unitsLat)}
}

func fixed(t float64) uint32 {
	if t >= units {
		return math.MaxUint32
	}
	return uint32(t)
}

// origin is where a search starts, with what all its distances need. Searches
// compare squared chords: the square of the straight way through the earth, for
// a radius of 1. They grow with the great-circle distance.
type origin struct {
	meridian
	x, y     float64 // in units
	spot     spot
	toMiddle float64 // units from the origin east to the middle of its spot
}

func originOf(p Point) origin {
	o := origin{meridian: meridianOf(p), x: (p.Lon + 180) * unitsLon, y: (p.Lat + 90) * unitsLat, spot: spotOf(p)}
	o.toMiddle = 0.5 - (o.x - float64(o.spot.x))
	return o
}

// Up to so many radians (6.4 km) the squared chord is taken for that of a plane
// whose parallels grow shorter to the poles, good to a part in a million; up to
// small, for the first terms of its series, good to a part in 10^9.
const nearby = 0.001

// chordTo is the squared chord to the middle of a spot.
func (o *origin) chordTo(s spot) float64 {
	// The difference of 32 bits goes the short way round.
	lon := (float64(int32(s.x-o.spot.x)) + o.toMiddle) * unitLon
	return o.chord((float64(s.y)+0.5-o.y)*unitLat, lon)
}

// chord is the squared chord to the place that lies so many radians north and
// east.
func (o *origin) chord(lat, lon float64) float64 {
	u, v := lat*lat, lon*lon
	if u > small*small || v > small*small {
		return chordOf(lat) + o.cos*math.Cos(o.lat+lat)*chordOf(lon)
	}
	cos := o.cos*(1-u*(1.0/2-u*(1.0/24))) - o.sin*lat*(1-u*(1.0/6))
	return u*(1-u*(1.0/12)) + o.cos*cos*v*(1-v*(1.0/12))
}

// chordOf is the squared chord of an angle.
func chordOf(angle float64) float64 {
	half := 2 * math.Sin(angle/2)
	return half * half
}

// leastChord is a lower bound of the squared chord of an angle up to half a turn,
// and near enough: a sine is above the first two terms of its series.
func leastChord(angle float64) float64 {
	c := angle * (1 - angle*angle*(1.0/24))
	return c * c
}

// reaches are lower bounds of the squared chords to all spots in each quarter of
// a quadrant: the least differences of latitude and longitude and the narrowest
// parallel, though no single place may have all three.
func (o *origin) reaches(n *node) [4]float64 {
	if n.depth >= fullDepth { // the quarters are no smaller
		r := o.north(n.at.y, n.size()) + o.cos*min(n.south, n.north)*o.east(n.at.x, n.size())
		return [4]float64{r, r, r, r}
	}
	half := n.size() / 2
	south, north := o.north(n.at.y, half), o.north(n.at.y+uint32(half), half)
	west, east := o.east(n.at.x, half), o.east(n.at.x+uint32(half), half)
	low, high := o.cos*min(n.south, n.middle), o.cos*min(n.middle, n.north)
	return [4]float64{south + low*west, south + low*east, north + high*west, north + high*east}
}

// north is the least squared chord of a way along a meridian to the parallels
// from south on.
func (o *origin) north(south uint32, size uint64) float64 {
	s := float64(south)
	return leastChord(max(0, s-o.y, o.y-s-float64(size)) * unitLat)
}

// east is the least squared chord of a way along the equator to the meridians
// from west on, the short way round.
func (o *origin) east(west uint32, size uint64) float64 {
	if uint64(o.spot.x-west) < size {
		return 0
	}
	into := 0.5 - o.toMiddle // from the western border of its spot
	return leastChord(min(float64(west-o.spot.x)-into, float64(o.spot.x-west-uint32(size))+into) * unitLon)
}

// Chords of spots and of quadrants are off by the size of a spot, by what the
// series leave out, and by rounding. These two are sure to be above and below
// the chord that is meant: 13 mm and a part in a million.
const (
	slack      = 2e-9
	slackShare = 1e-6
)

func chordAbove(c float64) float64 {
	c = math.Sqrt(max(0, c))*(1+slackShare) + slack
	return c * c
}

func chordBelow(c float64) float64 {
	c = max(0, math.Sqrt(max(0, c))*(1-slackShare)-slack)
	return c * c
}

// chordWithin is the squared chord of a way along the ground, Inf where that
// leads around the earth.
func chordWithin(metres float64) float64 {
	if metres >= math.Pi*EarthRadius {
		return math.Inf(1)
	}
	return chordOf(metres / EarthRadius)
}
