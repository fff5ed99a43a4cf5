package dispatch

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
)

// drawPoint is a point in one of two crowds, one of them astride the
// antimeridian near a pole, or anywhere.
func drawPoint(t *rapid.T) geo.Point {
	spread := func(c geo.Point) geo.Point {
		return geo.Destination(c, rapid.Float64Range(0, 360).Draw(t, "bearing"), rapid.Float64Range(0, 5000).Draw(t, "metres"))
	}
	switch rapid.IntRange(0, 2).Draw(t, "where") {
	case 0:
		return spread(geo.Point{Lat: 40.75, Lon: -73.98})
	case 1:
		return spread(geo.Point{Lat: -89.98, Lon: 179.9})
	}
	return geo.Point{Lat: rapid.Float64Range(-90, 90).Draw(t, "lat"), Lon: rapid.Float64Range(-180, 180).Draw(t, "lon")}
}

// TestOutward_Property: a walk meets every spot within the radius, nearest first,
// and what it says of those ahead is never too much.
func TestOutward_Property(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		points := rapid.SliceOfN(rapid.Custom(drawPoint), 0, 100).Draw(t, "points")
		from, radius := drawPoint(t), rapid.SampledFrom([]float64{0, 300, 4000, 1e6, 3e7}).Draw(t, "radius")
		var f field
		for i, p := range points {
			f.put(p, i)
		}
		f.build()
		var walk outward
		walk.start(&f, placeOf(from))

		var got []int
		last := int64(0)
		for {
			clear, more := walk.clear()
			number, square, ok := walk.next(chordOf(radius))
			if !ok {
				break
			}
			if !more || square < clear || square < last || metresOf(square) > geo.Distance(points[number], from) {
				t.Fatalf("spot %d at %.3f m comes as %.3f m after %.3f m, promised %.3f m", number,
					geo.Distance(points[number], from), metresOf(square), metresOf(last), metresOf(clear))
			}
			got, last = append(got, int(number)), square
		}
		var want []int
		for i, p := range points {
			if geo.Distance(p, from) <= radius {
				want = append(want, i)
			}
		}
		slices.Sort(got)
		for _, i := range want {
			if !slices.Contains(got, i) {
				t.Fatalf("spot %d at %.3f m is not found within %.0f m", i, geo.Distance(points[i], from), radius)
			}
		}
		if len(got) != len(slices.Compact(got)) {
			t.Fatalf("a spot came twice: %v", got)
		}
	})
}

func TestOutward_Order(t *testing.T) {
	var f field
	centre := geo.Point{Lat: 40.75, Lon: -73.98}
	distances := make([]float64, 1000)
	for i := range distances {
		distances[i] = math.Mod(float64(i)*617, 1000) * 5
		f.put(geo.Destination(centre, float64(i*37%360), distances[i]), i)
	}
	f.build()
	order := make([]int, 1000)
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(distances[a], distances[b]) })
	var walk outward
	walk.start(&f, placeOf(centre))
	for i, want := range order[:50] {
		if got, _, ok := walk.next(chordOf(1e6)); !ok || distances[got] != distances[want] {
			t.Fatalf("spot %d of the walk is %d, want %d", i, got, want)
		}
	}
}
