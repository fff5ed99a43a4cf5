package geo

import "math"

// Length is the length of the line in metres: the sum of the distances from
// each point to the next. A line of one point, or of none, has the length 0.
func Length(line []Point) float64 {
	var sum float64
	for i := 1; i < len(line); i++ {
		sum += Distance(line[i-1], line[i])
	}
	return sum
}

// Simplify thins a line out by the rule of Douglas and Peucker: it is the
// indices, in order, of points whose line passes within tolerance metres of
// every point that is left out. Both ends stay. Where a segment of the simpler
// line is a great circle the distance is measured on the sphere, so that the
// antimeridian and the poles are places like any other. Points have to be
// valid.
//
// The work grows with the number of points and of those that stay; of a hostile
// line every point may stay, and the work is quadratic then.
func Simplify(line []Point, tolerance float64) []int {
	if len(line) < 3 {
		return indices(len(line))
	}
	at := make([]vector, len(line))
	for i, p := range line {
		at[i] = vectorOf(p)
	}
	stays := make([]bool, len(line))
	stays[0], stays[len(line)-1] = true, true
	open := []span{{0, len(line) - 1}}
	for len(open) > 0 {
		s := open[len(open)-1]
		open = open[:len(open)-1]
		middle, off := s.farthest(at)
		if middle == 0 || off <= tolerance {
			continue
		}
		stays[middle] = true
		open = append(open, span{s.first, middle}, span{middle, s.last})
	}
	return chosen(stays)
}

// span is a part of a line, by its ends.
type span struct{ first, last int }

// farthest is the point within the span that lies farthest from the segment
// between its ends, and how many metres; 0 where there is none.
func (s span) farthest(at []vector) (index int, metres float64) {
	edge := newArc(at[s.first], at[s.last])
	farthest := -1.0
	for i := s.first + 1; i < s.last; i++ {
		if off := edge.apart(at[i]); off > farthest {
			index, farthest = i, off
		}
	}
	return index, farthest * EarthRadius
}

func indices(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func chosen(stays []bool) []int {
	var kept []int
	for i, stay := range stays {
		if stay {
			kept = append(kept, i)
		}
	}
	return kept
}

// vector is a point on the unit sphere, or a direction.
type vector struct{ x, y, z float64 }

func vectorOf(p Point) vector {
	lat, lon := radians(p.Lat), radians(p.Lon)
	return vector{math.Cos(lat) * math.Cos(lon), math.Cos(lat) * math.Sin(lon), math.Sin(lat)}
}

func (v vector) minus(w vector) vector { return vector{v.x - w.x, v.y - w.y, v.z - w.z} }
func (v vector) dot(w vector) float64  { return v.x*w.x + v.y*w.y + v.z*w.z }
func (v vector) norm() float64         { return math.Sqrt(v.dot(v)) }

func (v vector) cross(w vector) vector {
	return vector{v.y*w.z - v.z*w.y, v.z*w.x - v.x*w.z, v.x*w.y - v.y*w.x}
}

func (v vector) over(f float64) vector { return vector{v.x / f, v.y / f, v.z / f} }

// angle is the angle between two points of the sphere.
func angle(v, w vector) float64 { return 2 * math.Asin(math.Min(1, v.minus(w).norm()/2)) }

// arc is the shorter great circle from one point to another. What is short is
// computed from differences: products of whole vectors lose it to rounding.
type arc struct {
	a, b  vector
	pole  vector // of the great circle; zero where a and b have no single one
	width float64
}

func newArc(a, b vector) arc {
	across := a.cross(b.minus(a))
	width := across.norm()
	if width == 0 {
		return arc{a: a, b: b}
	}
	return arc{a: a, b: b, pole: across.over(width), width: width}
}

// apart is the angle between p and the nearest point of the arc.
func (s arc) apart(p vector) float64 {
	if s.width > 0 && s.beside(p) {
		return math.Asin(math.Min(1, math.Abs(s.pole.dot(p.minus(s.a)))))
	}
	return math.Min(angle(s.a, p), angle(s.b, p))
}

// beside reports whether the nearest point of the great circle to p lies
// between the ends.
func (s arc) beside(p vector) bool {
	return s.pole.cross(s.a).dot(p.minus(s.a)) >= 0 && s.pole.cross(s.b).dot(p.minus(s.b)) <= 0
}
