package geo_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
)

// rect is a rectangle of degrees, as one polygon; one over the antimeridian has
// its west beyond its east.
func rect(w, s, e, n float64) geo.Polygon {
	return geo.Polygon{{{Lat: s, Lon: w}, {Lat: s, Lon: e}, {Lat: n, Lon: e}, {Lat: n, Lon: w}}}
}

func mustRegion(tb interface{ Fatal(...any) }, polygons ...geo.Polygon) *geo.Region {
	r, err := geo.NewRegion(polygons...)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func TestRegion_Contains(t *testing.T) {
	holed := geo.Polygon{rect(0, 0, 10, 10)[0], rect(4, 4, 6, 6)[0]}
	fiji := rect(179, -18, -179, -16)
	for name, c := range map[string]struct {
		region *geo.Region
		in     []geo.Point
		out    []geo.Point
	}{
		"Hole":         {mustRegion(t, holed), []geo.Point{{Lat: 1, Lon: 1}, {Lat: 5, Lon: 3}}, []geo.Point{{Lat: 5, Lon: 5}, {Lat: 11, Lon: 5}, {Lat: 5, Lon: -1}}},
		"Several":      {mustRegion(t, rect(0, 0, 1, 1), rect(2, 0, 3, 1)), []geo.Point{{Lat: 0.5, Lon: 0.5}, {Lat: 0.5, Lon: 2.5}}, []geo.Point{{Lat: 0.5, Lon: 1.5}}},
		"Antimeridian": {mustRegion(t, fiji), []geo.Point{{Lat: -17, Lon: 179.5}, {Lat: -17, Lon: -179.5}, {Lat: -17, Lon: 180}, {Lat: -17, Lon: -180}}, []geo.Point{{Lat: -17, Lon: 178}, {Lat: -17, Lon: 0}, {Lat: -15, Lon: 180}}},
		"Nothing":      {mustRegion(t), nil, []geo.Point{{}}},
		"IslandInHole": {mustRegion(t, holed, rect(4.5, 4.5, 5.5, 5.5)), []geo.Point{{Lat: 5, Lon: 5}}, []geo.Point{{Lat: 4.2, Lon: 4.2}}},
	} {
		for _, p := range c.in {
			if !c.region.Contains(p) {
				t.Errorf("%s: %v is not in it", name, p)
			}
		}
		for _, p := range c.out {
			if c.region.Contains(p) {
				t.Errorf("%s: %v is in it", name, p)
			}
		}
	}
}

// drawStar is a ring around a centre, whose corners are at random distances.
func drawStar(t *rapid.T, name string) ([]geo.Point, func(geo.Point) bool) {
	lat, lon := rapid.Float64Range(-3, 3).Draw(t, name+" lat"), rapid.Float64Range(177, 183).Draw(t, name+" lon")
	radii := rapid.SliceOfN(rapid.Float64Range(0.5, 2), 3, 12).Draw(t, name+" radii")
	var ring []geo.Point
	for i, r := range radii {
		a := 2 * math.Pi * float64(i) / float64(len(radii))
		x := lon + r*math.Cos(a)
		if x > 180 {
			x -= 360
		}
		ring = append(ring, geo.Point{Lat: lat + r*math.Sin(a), Lon: x})
	}
	// A point is in a star when it is in one of the triangles at its centre.
	return ring, func(p geo.Point) bool {
		x := p.Lon
		if x < 0 {
			x += 360
		}
		for i := range radii {
			at := func(i int) (float64, float64) {
				a := 2 * math.Pi * float64(i) / float64(len(radii))
				r := radii[i%len(radii)]
				return r * math.Cos(a), r * math.Sin(a)
			}
			ax, ay := at(i)
			bx, by := at((i + 1) % len(radii))
			px, py := x-lon, p.Lat-lat
			if ax*py-ay*px >= 0 && px*by-py*bx >= 0 && (bx-ax)*(py-ay)-(by-ay)*(px-ax) >= 0 {
				return true
			}
		}
		return false
	}
}

// Contains says what a test triangle by triangle says, across the antimeridian
// too.
func TestRegion_ContainsAsTriangles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ring, in := drawStar(t, "star")
		r := mustRegion(t, geo.Polygon{ring})
		for range 20 {
			lon := rapid.Float64Range(174, 186).Draw(t, "lon")
			if lon > 180 {
				lon -= 360
			}
			p := geo.Point{Lat: rapid.Float64Range(-5, 5).Draw(t, "lat"), Lon: lon}
			if got, want := r.Contains(p), in(p); got != want {
				t.Fatalf("%v: %v, by triangles %v", p, got, want)
			}
		}
	})
}

// Regions that share a border have every point of it in one of them.
func TestRegion_SharedBorder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x1, x2 := rapid.Float64Range(3, 7).Draw(t, "x1"), rapid.Float64Range(3, 7).Draw(t, "x2")
		a, b := geo.Point{Lat: 0, Lon: x1}, geo.Point{Lat: 10, Lon: x2}
		west := mustRegion(t, geo.Polygon{{{Lat: 0, Lon: 0}, a, b, {Lat: 10, Lon: 0}}})
		east := mustRegion(t, geo.Polygon{{b, a, {Lat: 0, Lon: 10}, {Lat: 10, Lon: 10}}})
		f := rapid.Float64Range(0, 0.999).Draw(t, "share")
		p := geo.Point{Lat: 10 * f, Lon: x1 + f*(x2-x1)}
		if west.Contains(p) == east.Contains(p) {
			t.Fatalf("%v: in the west %v, in the east %v", p, west.Contains(p), east.Contains(p))
		}
		if west.Overlaps(east) || east.Overlaps(west) {
			t.Fatal("neighbours are said to overlap")
		}
	})
}

func TestRegion_Overlaps(t *testing.T) {
	base := rect(0, 0, 10, 10)
	holed := geo.Polygon{base[0], rect(4, 4, 6, 6)[0]}
	for name, c := range map[string]struct {
		a, b geo.Polygon
		want bool
	}{
		"Same":          {base, base, true},
		"SameReversed":  {base, geo.Polygon{{{Lat: 10, Lon: 0}, {Lat: 10, Lon: 10}, {Lat: 0, Lon: 10}, {Lat: 0, Lon: 0}}}, true},
		"Inside":        {base, rect(2, 2, 3, 3), true},
		"InHole":        {holed, rect(4.5, 4.5, 5.5, 5.5), false},
		"FillsHole":     {holed, rect(4, 4, 6, 6), false},
		"OverHole":      {holed, rect(3, 3, 7, 7), true},
		"Cross":         {rect(4, -5, 6, 15), rect(-5, 4, 15, 6), true},
		"SideBySide":    {base, rect(10, 0, 20, 10), false},
		"PartOfASide":   {base, rect(10, 3, 20, 7), false},
		"HalfAMetre":    {base, rect(9.999996, 3, 20, 7), false},
		"TenMetres":     {base, rect(9.9999, 3, 20, 7), true},
		"Corner":        {base, rect(10, 10, 20, 20), false},
		"Far":           {base, rect(30, 0, 40, 10), false},
		"LeftHalf":      {base, rect(0, 0, 5, 10), true},
		"Antimeridian":  {rect(179, -1, -179, 1), rect(-179.5, -2, -178, 0), true},
		"AntimeridianN": {rect(179, -1, -179, 1), rect(-179, -2, -178, 0), false},
	} {
		a, b := mustRegion(t, c.a), mustRegion(t, c.b)
		if a.Overlaps(b) != c.want || b.Overlaps(a) != c.want {
			t.Errorf("%s: %v and %v, want %v", name, a.Overlaps(b), b.Overlaps(a), c.want)
		}
	}
}

// Where a point lies in both they overlap.
func TestRegion_OverlapsAsPoints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, inA := drawStar(t, "a")
		b, inB := drawStar(t, "b")
		got := mustRegion(t, geo.Polygon{a}).Overlaps(mustRegion(t, geo.Polygon{b}))
		both := 0
		for y := -5.0; y < 5; y += 0.1 {
			for x := 174.0; x < 186; x += 0.1 {
				p := geo.Point{Lat: y, Lon: x}
				if x > 180 {
					p.Lon -= 360
				}
				if inA(p) && inB(p) {
					both++
				}
			}
		}
		if both > 0 && !got {
			t.Fatalf("%d points lie in both, and they do not overlap", both)
		}
	})
}
