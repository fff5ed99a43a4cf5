package sim

import (
	"math"

	"github.com/cabstand/cabstand/geo"
)

// vec is a place or a direction on the plane that the city is drawn on: metres
// east and north of its centre.
type vec struct{ x, y float64 }

func (a vec) add(b vec) vec             { return vec{a.x + b.x, a.y + b.y} }
func (a vec) sub(b vec) vec             { return vec{a.x - b.x, a.y - b.y} }
func (a vec) mul(f float64) vec         { return vec{a.x * f, a.y * f} }
func (a vec) dot(b vec) float64         { return a.x*b.x + a.y*b.y }
func (a vec) cross(b vec) float64       { return a.x*b.y - a.y*b.x }
func (a vec) length() float64           { return math.Hypot(a.x, a.y) }
func (a vec) distance(b vec) float64    { return a.sub(b).length() }
func (a vec) lerp(b vec, f float64) vec { return a.add(b.sub(a).mul(f)) }

// left is a turned by a right angle.
func (a vec) left() vec { return vec{-a.y, a.x} }

// unit is a of length 1; a vector without length stays.
func (a vec) unit() vec {
	if l := a.length(); l > 0 {
		return a.mul(1 / l)
	}
	return a
}

// polar is the vector of the given angle (radians from east, counterclockwise)
// and length.
func polar(angle, length float64) vec {
	return vec{math.Cos(angle) * length, math.Sin(angle) * length}
}

// onEarth is where on the earth p lies, with the plane laid on it at origin.
func onEarth(p vec, origin geo.Point) geo.Point {
	const metresPerDegree = geo.EarthRadius * math.Pi / 180
	return geo.Point{
		Lat: math.Round((origin.Lat+p.y/metresPerDegree)*1e6) / 1e6,
		Lon: math.Round((origin.Lon+p.x/(metresPerDegree*math.Cos(origin.Lat*math.Pi/180)))*1e6) / 1e6,
	}
}

// area is a closed outline.
type area []vec

func (a area) contains(p vec) bool {
	in := false
	for i, j := 0, len(a)-1; i < len(a); j, i = i, i+1 {
		if (a[i].y > p.y) != (a[j].y > p.y) && p.x < (a[j].x-a[i].x)*(p.y-a[i].y)/(a[j].y-a[i].y)+a[i].x {
			in = !in
		}
	}
	return in
}

// centre is the mean of the outline's corners.
func (a area) centre() vec {
	var sum vec
	for _, p := range a {
		sum = sum.add(p)
	}
	return sum.mul(1 / float64(len(a)))
}

// smoothstep goes smoothly from 0 at a to 1 at b.
func smoothstep(a, b, x float64) float64 {
	t := math.Min(1, math.Max(0, (x-a)/(b-a)))
	return t * t * (3 - 2*t)
}

// simplify leaves out points of a line that are within tolerance of the line
// through the others (Douglas and Peucker).
func simplify(line []vec, tolerance float64) []vec {
	if len(line) < 3 {
		return line
	}
	a, b := line[0], line[len(line)-1]
	far, at := 0.0, 0
	for i := 1; i < len(line)-1; i++ {
		if d := line[i].distance(nearestOn(line[i], a, b)); d > far {
			far, at = d, i
		}
	}
	if far <= tolerance {
		return []vec{a, b}
	}
	head := simplify(line[:at+1], tolerance)
	return append(head[:len(head)-1:len(head)-1], simplify(line[at:], tolerance)...)
}

// nearestOn is the point of the segment from a to b that is nearest to p.
func nearestOn(p, a, b vec) vec {
	d := b.sub(a)
	l := d.dot(d)
	if l == 0 {
		return a
	}
	return a.add(d.mul(math.Min(1, math.Max(0, p.sub(a).dot(d)/l))))
}

// crossing is where the segments a-b and c-d cross, as fractions of both.
func crossing(a, b, c, d vec) (f, g float64, ok bool) {
	r, s := b.sub(a), d.sub(c)
	det := r.cross(s)
	if math.Abs(det) < 1e-9 {
		return 0, 0, false
	}
	f, g = c.sub(a).cross(s)/det, c.sub(a).cross(r)/det
	return f, g, f >= 0 && f <= 1 && g >= 0 && g <= 1
}
