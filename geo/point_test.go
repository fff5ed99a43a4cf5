package geo_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
)

func TestPoint_Valid(t *testing.T) {
	for p, want := range map[geo.Point]bool{
		{Lat: 40.7, Lon: -74}:      true,
		{Lat: 90, Lon: 180}:        true,
		{Lat: -90, Lon: -180}:      true,
		{Lat: 90.0001, Lon: 0}:     false,
		{Lat: 0, Lon: -180.0001}:   false,
		{Lat: math.Inf(1), Lon: 0}: false,
	} {
		if p.Valid() != want {
			t.Errorf("%v.Valid() = %v", p, !want)
		}
	}
	for _, p := range []geo.Point{{Lat: math.NaN()}, {Lon: math.NaN()}} {
		if p.Valid() {
			t.Errorf("%v is valid", p)
		}
	}
}

// The distances are those that Redis GEODIST gives, but for the 52 bits to
// which Redis rounds positions.
func TestDistance(t *testing.T) {
	for _, c := range []struct {
		name string
		a, b geo.Point
		want float64
	}{
		{"PalermoCatania", geo.Point{Lat: 38.115556, Lon: 13.361389}, geo.Point{Lat: 37.502669, Lon: 15.087269}, 166274.15},
		{"HalfWay", geo.Point{Lat: 0, Lon: 0}, geo.Point{Lat: 0, Lon: 180}, math.Pi * geo.EarthRadius},
		{"PoleToPole", geo.Point{Lat: 90, Lon: 17}, geo.Point{Lat: -90, Lon: -3}, math.Pi * geo.EarthRadius},
		{"OverAntimeridian", geo.Point{Lat: 0, Lon: 179.5}, geo.Point{Lat: 0, Lon: -179.5}, math.Pi * geo.EarthRadius / 180},
		{"SameMeridian", geo.Point{Lat: 10, Lon: 180}, geo.Point{Lat: 10, Lon: -180}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := geo.Distance(c.a, c.b); math.Abs(got-c.want) > 0.5 {
				t.Errorf("got %.2f m, want %.2f m", got, c.want)
			}
		})
	}
}

func TestDistance_IsAMetric(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := anyPoint().Draw(t, "a"), anyPoint().Draw(t, "b"), anyPoint().Draw(t, "c")
		ab, ba := geo.Distance(a, b), geo.Distance(b, a)
		if math.Abs(ab-ba) > 1e-6 || ab < 0 || ab > math.Pi*geo.EarthRadius+1e-6 || math.IsNaN(ab) {
			t.Fatalf("%v to %v: %v, back: %v", a, b, ab, ba)
		}
		// Near the antipode a haversine tells distances apart to decimetres only.
		if detour := geo.Distance(a, c) + geo.Distance(c, b); ab > detour+1 {
			t.Fatalf("straight %v, over %v %v", ab, c, detour)
		}
	})
}

func TestDestination(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := anyPoint().Draw(t, "from")
		bearing := rapid.Float64Range(0, 360).Draw(t, "bearing")
		metres := rapid.Float64Range(0, 2e6).Draw(t, "metres")
		to := geo.Destination(from, bearing, metres)
		if !to.Valid() {
			t.Fatalf("%v is not on the earth", to)
		}
		if got := geo.Distance(from, to); math.Abs(got-metres) > 0.2 {
			t.Fatalf("came %v m far, meant %v m", got, metres)
		}
	})
}

func TestBearing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := geo.Point{Lat: rapid.Float64Range(-80, 80).Draw(t, "lat"), Lon: rapid.Float64Range(-180, 180).Draw(t, "lon")}
		want := rapid.Float64Range(0, 359.99).Draw(t, "bearing")
		got := geo.Bearing(from, geo.Destination(from, want, 5000))
		if off := math.Abs(got - want); off > 1e-3 && off < 360-1e-3 {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func TestInterpolate(t *testing.T) {
	a, b := geo.Point{Lat: 10, Lon: 179}, geo.Point{Lat: 12, Lon: -179}
	for f, want := range map[float64]geo.Point{0: a, 0.25: {Lat: 10.5, Lon: 179.5}, 0.75: {Lat: 11.5, Lon: -179.5}, 1: b} {
		if got := geo.Interpolate(a, b, f); geo.Distance(got, want) > 0.001 {
			t.Errorf("at %v: %v, want %v", f, got, want)
		}
	}
}
