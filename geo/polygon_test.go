package geo_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
)

// star is a polygon that its centre sees all of, in degrees around the centre;
// hole, from 0 (none) to 1, is the size of the same star that is cut out.
type star struct {
	centre geo.Point
	corner [][2]float64 // east, north of the centre
	hole   float64
}

// stars draws stars of up to a few cells of the length, anywhere.
func stars(length int) *rapid.Generator[star] {
	return rapid.Custom(func(t *rapid.T) star {
		s := star{centre: anyPoint().Draw(t, "centre"), hole: rapid.SampledFrom([]float64{0, 0, 0.3, 0.9}).Draw(t, "hole")}
		cell := geo.CellOf(s.centre, length).Bounds()
		size := rapid.Float64Range(0.05, 5).Draw(t, "size")
		wide, high := min(80, size*(cell.East-cell.West)), min(90-math.Abs(s.centre.Lat), size*(cell.North-cell.South))
		n := rapid.IntRange(3, 12).Draw(t, "corners")
		for i := range n {
			turn := 2 * math.Pi / float64(n) * (float64(i) + rapid.Float64Range(-0.15, 0.15).Draw(t, "turn"))
			r := rapid.Float64Range(0.1, 1).Draw(t, "reach")
			s.corner = append(s.corner, [2]float64{wide * r * math.Cos(turn), high * r * math.Sin(turn)})
		}
		return s
	})
}

// at is the place so far from the centre.
func (s star) at(east, north float64) geo.Point {
	lon := s.centre.Lon + east
	if lon > 180 {
		lon -= 360
	} else if lon < -180 {
		lon += 360
	}
	return geo.Point{Lat: max(-90, min(90, s.centre.Lat+north)), Lon: lon}
}

func (s star) polygon() geo.Polygon {
	var outer, hole []geo.Point
	for _, c := range s.corner {
		outer = append(outer, s.at(c[0], c[1]))
		hole = append(hole, s.at(c[0]*s.hole, c[1]*s.hole))
	}
	if s.hole == 0 {
		return geo.Polygon{append(outer, outer[0])}
	}
	slices.Reverse(hole)
	return geo.Polygon{outer, hole}
}

// part is the part of the star at its i-th side: from the hole to the side.
func (s star) part(i int) [][2]float64 {
	a, b := s.corner[i], s.corner[(i+1)%len(s.corner)]
	return [][2]float64{a, b, {b[0] * s.hole, b[1] * s.hole}, {a[0] * s.hole, a[1] * s.hole}}
}

// touches reports whether the star and the cell have a point in common, more or
// less by a hair: no line along a side of either keeps them apart.
func (s star) touches(cell geo.Box) bool {
	for i := range s.corner {
		for _, turn := range []float64{-360, 0, 360} {
			west, south := cell.West-s.centre.Lon+turn, cell.South-s.centre.Lat
			east, north := cell.East-s.centre.Lon+turn, cell.North-s.centre.Lat
			box := [][2]float64{{west, south}, {east, south}, {east, north}, {west, north}}
			if !apart(s.part(i), box) && !apart(box, s.part(i)) {
				return true
			}
		}
	}
	return false
}

// apart reports whether a line along a side of a keeps b off, both convex.
func apart(a, b [][2]float64) bool {
	for i := range a {
		x, y := a[(i+1)%len(a)][0]-a[i][0], a[(i+1)%len(a)][1]-a[i][1]
		size := math.Hypot(x, y)
		if size == 0 {
			continue
		}
		lowA, highA := reach(a, -y/size, x/size)
		lowB, highB := reach(b, -y/size, x/size)
		if lowA > highB+1e-8 || lowB > highA+1e-8 {
			return true
		}
	}
	return false
}

// reach is how far the corners go along a direction, least and most.
func reach(corners [][2]float64, x, y float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, c := range corners {
		low, high = min(low, c[0]*x+c[1]*y), max(high, c[0]*x+c[1]*y)
	}
	return low, high
}

func TestCoverPolygon(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		length := rapid.IntRange(1, 7).Draw(t, "length")
		s := stars(length).Draw(t, "star")
		cells, err := geo.CoverPolygon(s.polygon(), length, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		for range 30 {
			i := rapid.IntRange(0, len(s.corner)-1).Draw(t, "side")
			a, b := s.corner[i], s.corner[(i+1)%len(s.corner)]
			along := rapid.Float64Range(0, 1).Draw(t, "along")
			out := rapid.Float64Range(s.hole, 1).Draw(t, "out")
			q := s.at(out*(a[0]+along*(b[0]-a[0])), out*(a[1]+along*(b[1]-a[1])))
			if cell := geo.CellOf(q, length); !slices.Contains(cells, cell) {
				t.Fatalf("%v lies in %s: not in the cover %v", q, cell, cells)
			}
		}
		checkCover(t, cells, length, s.touches)
	})
}

// A box is a polygon too.
func TestCoverPolygon_Box(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		corner := anyPoint().Draw(t, "corner")
		b := geo.Box{West: corner.Lon, South: corner.Lat, East: corner.Lon + rapid.Float64Range(0, 3).Draw(t, "width"),
			North: min(90, corner.Lat+rapid.Float64Range(0, 3).Draw(t, "height"))}
		if b.East > 180 {
			b.East -= 360
		}
		length := rapid.IntRange(1, 4).Draw(t, "length")
		want, err := geo.CoverBox(b, length, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		got, err := geo.CoverPolygon(geo.Polygon{{
			{Lat: b.South, Lon: b.West}, {Lat: b.South, Lon: b.East}, {Lat: b.North, Lon: b.East}, {Lat: b.North, Lon: b.West},
		}}, length, 10_000)
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%v, %v; the box has %v", got, err, want)
		}
	})
}

func TestCoverPolygon_KnownAreas(t *testing.T) {
	ring := func(west, south, east, north float64) []geo.Point {
		return []geo.Point{{Lat: south, Lon: west}, {Lat: south, Lon: east}, {Lat: north, Lon: east}, {Lat: north, Lon: west}}
	}
	cap := []geo.Point{{Lat: 80.1, Lon: -180}, {Lat: 80.1, Lon: -60}, {Lat: 80.1, Lon: 60}, {Lat: 80.1, Lon: 180},
		{Lat: 90, Lon: 180}, {Lat: 90, Lon: 60}, {Lat: 90, Lon: -60}, {Lat: 90, Lon: -180}}
	for name, c := range map[string]struct {
		area   geo.Polygon
		length int
		want   int
	}{
		"WithinOneCell":        {geo.Polygon{ring(-73.99, 40.73, -73.97, 40.75)}, 4, 1},
		"HoleOfACell":          {geo.Polygon{ring(0.1, -44.9, 134.9, 89.9), ring(44.9, -0.1, 90.1, 45.1)}, 1, 8},
		"HoleOverAntimeridian": {geo.Polygon{ring(100, -60, -100, 60), ring(134.9, -46, -134.9, 46)}, 1, 12},
		"Cap":                  {geo.Polygon{cap}, 2, 2 * 32},
		"Line":                 {geo.Polygon{{{Lat: 1, Lon: 1}, {Lat: 1, Lon: 50}, {Lat: 1, Lon: 1}}}, 1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			if cells, err := geo.CoverPolygon(c.area, c.length, 1000); err != nil || len(cells) != c.want {
				t.Errorf("%d cells %v, %v; want %d", len(cells), cells, err, c.want)
			}
		})
	}
}

func TestCoverPolygon_Err(t *testing.T) {
	some := []geo.Point{{Lat: 1, Lon: 1}, {Lat: 1, Lon: 2}, {Lat: 2, Lon: 2}}
	aroundThePole := []geo.Point{{Lat: 80, Lon: 0}, {Lat: 80, Lon: 120}, {Lat: 80, Lon: -120}}
	for name, c := range map[string]struct {
		area          geo.Polygon
		length, limit int
	}{
		"NoRings":      {nil, 4, 10},
		"TwoPoints":    {geo.Polygon{some[:2]}, 4, 10},
		"TwoInAHole":   {geo.Polygon{some, some[:2]}, 4, 10},
		"NotOnEarth":   {geo.Polygon{{{Lat: 91}, {}, {Lon: 1}}}, 4, 10},
		"NotANumber":   {geo.Polygon{{{Lat: math.NaN()}, {}, {Lon: 1}}}, 4, 10},
		"AroundAPole":  {geo.Polygon{aroundThePole}, 4, 10_000},
		"LengthZero":   {geo.Polygon{some}, 0, 10},
		"LengthTooBig": {geo.Polygon{some}, 13, 10},
		"OverLimit":    {geo.Polygon{some}, 6, 100},
	} {
		t.Run(name, func(t *testing.T) {
			if cells, err := geo.CoverPolygon(c.area, c.length, c.limit); err == nil {
				t.Errorf("got %d cells", len(cells))
			}
		})
	}
}
