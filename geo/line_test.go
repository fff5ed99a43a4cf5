package geo_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
)

// anyLine draws lines: anywhere, over poles and the antimeridian, and drives
// through a city with pauses.
func anyLine() *rapid.Generator[[]geo.Point] {
	drive := rapid.Custom(func(t *rapid.T) []geo.Point {
		line := []geo.Point{anyPoint().Draw(t, "start")}
		course := 0.0
		for range rapid.IntRange(0, 60).Draw(t, "moves") {
			course += rapid.Float64Range(-60, 60).Draw(t, "turn")
			way := rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0, 300)).Draw(t, "metres")
			line = append(line, geo.Destination(line[len(line)-1], course, way))
		}
		return line
	})
	return rapid.OneOf(drive, rapid.SliceOfN(anyPoint(), 0, 30))
}

// between is the point at fraction f of the great circle from a to b, by
// spherical interpolation.
func between(a, b geo.Point, f float64) geo.Point {
	vector := func(p geo.Point) (v [3]float64) {
		lat, lon := p.Lat*math.Pi/180, p.Lon*math.Pi/180
		return [3]float64{math.Cos(lat) * math.Cos(lon), math.Cos(lat) * math.Sin(lon), math.Sin(lat)}
	}
	angle := geo.Distance(a, b) / geo.EarthRadius
	if angle == 0 {
		return a
	}
	u, v := vector(a), vector(b)
	p, q := math.Sin((1-f)*angle)/math.Sin(angle), math.Sin(f*angle)/math.Sin(angle)
	x, y, z := p*u[0]+q*v[0], p*u[1]+q*v[1], p*u[2]+q*v[2]
	return geo.Point{Lat: math.Atan2(z, math.Hypot(x, y)) * 180 / math.Pi, Lon: math.Atan2(y, x) * 180 / math.Pi}
}

// offLine is the distance in metres from p to the nearest point of the great
// circle from a to b, found by looking closer and closer along it: slow, and by
// no formula of the code.
func offLine(p, a, b geo.Point) float64 {
	low, high, best, least := 0.0, 1.0, 0.0, math.Inf(1)
	const steps = 12
	for range 12 {
		width := (high - low) / steps
		for i := range steps + 1 {
			f := low + width*float64(i)
			if off := geo.Distance(p, between(a, b, f)); off < least {
				least, best = off, f
			}
		}
		low, high = max(0, best-width), min(1, best+width)
	}
	return least
}

func TestSimplify(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := anyLine().Draw(t, "line")
		tolerance := rapid.SampledFrom([]float64{0, 1, 5, 50, 5000}).Draw(t, "tolerance")
		kept := geo.Simplify(line, tolerance)
		if len(line) == 0 {
			if len(kept) != 0 {
				t.Fatalf("kept %v of nothing", kept)
			}
			return
		}
		if kept[0] != 0 || kept[len(kept)-1] != len(line)-1 || !slices.IsSorted(kept) || len(slices.Compact(slices.Clone(kept))) != len(kept) {
			t.Fatalf("kept %v of %d", kept, len(line))
		}
		for i := 1; i < len(kept); i++ {
			a, b := line[kept[i-1]], line[kept[i]]
			if geo.Distance(a, b) > 1e7 {
				continue // nearly opposite points have no great circle of their own
			}
			for _, p := range line[kept[i-1]+1 : kept[i]] {
				if off := offLine(p, a, b); off > tolerance+0.02 {
					t.Fatalf("%v was left out: %v m from the segment %v to %v", p, off, a, b)
				}
			}
		}
	})
}

// What is straight keeps its ends alone, and no corner is lost.
func TestSimplify_KnownLines(t *testing.T) {
	point := func(lat, lon float64) geo.Point { return geo.Point{Lat: lat, Lon: lon} }
	for name, c := range map[string]struct {
		line []geo.Point
		want []int
	}{
		"None":         {nil, nil},
		"One":          {[]geo.Point{point(1, 1)}, []int{0}},
		"Two":          {[]geo.Point{point(1, 1), point(1, 1)}, []int{0, 1}},
		"SamePlace":    {[]geo.Point{point(1, 1), point(1, 1), point(1, 1)}, []int{0, 2}},
		"Meridian":     {[]geo.Point{point(1, 1), point(1.001, 1), point(1.002, 1), point(1.003, 1)}, []int{0, 3}},
		"Corner":       {[]geo.Point{point(1, 1), point(1.001, 1), point(1.002, 1), point(1.002, 1.001)}, []int{0, 2, 3}},
		"ThereAndBack": {[]geo.Point{point(1, 1), point(1.001, 1), point(1.002, 1), point(1.001, 1), point(1, 1)}, []int{0, 2, 4}},
		"Antimeridian": {[]geo.Point{point(0, 179.999), point(0, -180), point(0, -179.999)}, []int{0, 2}},
		"CornerThere":  {[]geo.Point{point(0, 179.999), point(0.001, 180), point(0, -179.999)}, []int{0, 1, 2}},
		"OverThePole":  {[]geo.Point{point(89.999, 0), point(90, 77), point(89.999, 180)}, []int{0, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := geo.Simplify(c.line, 5); !slices.Equal(got, c.want) {
				t.Errorf("kept %v, want %v", got, c.want)
			}
		})
	}
}

// Every point of a saw stays, and the stack does not grow with them.
func TestSimplify_Hostile(t *testing.T) {
	var saw []geo.Point
	for i := range 2000 {
		saw = append(saw, geo.Point{Lat: float64(i) * 1e-4, Lon: float64(i%2) * 1e-3})
	}
	if kept := geo.Simplify(saw, 5); len(kept) != len(saw) {
		t.Errorf("kept %d of %d", len(kept), len(saw))
	}
}

func TestLength(t *testing.T) {
	quarter := math.Pi / 2 * geo.EarthRadius
	for name, c := range map[string]struct {
		line []geo.Point
		want float64
	}{
		"None":         {nil, 0},
		"One":          {[]geo.Point{{Lat: 1, Lon: 1}}, 0},
		"Quarter":      {[]geo.Point{{}, {Lat: 90}}, quarter},
		"OverThePole":  {[]geo.Point{{}, {Lat: 90}, {Lon: 180}}, 2 * quarter},
		"Antimeridian": {[]geo.Point{{Lon: 135}, {Lon: 180}, {Lon: -135}}, quarter},
	} {
		t.Run(name, func(t *testing.T) {
			if got := geo.Length(c.line); math.Abs(got-c.want) > 0.01 {
				t.Errorf("%v m, want %v", got, c.want)
			}
		})
	}
}
