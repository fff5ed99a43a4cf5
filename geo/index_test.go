package geo_test

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// model is the index as anybody would write it who has time.
type model map[string]geo.Point

func (m model) nearest(p geo.Point, radius float64) []geo.Hit {
	var hits []geo.Hit
	for id, q := range m {
		if d := geo.Distance(p, q); d <= radius {
			hits = append(hits, geo.Hit{ID: id, Point: q, At: noon, Metres: d})
		}
	}
	slices.SortFunc(hits, func(a, b geo.Hit) int { return cmp.Or(cmp.Compare(a.Metres, b.Metres), cmp.Compare(a.ID, b.ID)) })
	return hits
}

func TestIndex_LikeBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, m := geo.NewIndex(), model{}
		point := anyPoint()
		id := rapid.Custom(func(t *rapid.T) string { return fmt.Sprintf("d%d", rapid.IntRange(0, 150).Draw(t, "id")) })
		t.Repeat(map[string]func(*rapid.T){
			"Put": func(t *rapid.T) {
				for range rapid.IntRange(1, 60).Draw(t, "n") {
					id, p := id.Draw(t, "id"), point.Draw(t, "p")
					x.Put(id, p, noon)
					m[id] = p
				}
			},
			"Crowd": func(t *rapid.T) { // all at one place
				p := point.Draw(t, "p")
				for i := range rapid.IntRange(1, 60).Draw(t, "n") {
					id := fmt.Sprintf("d%d", i)
					x.Put(id, p, noon)
					m[id] = p
				}
			},
			"Step": func(t *rapid.T) {
				bearing, metres := rapid.Float64Range(0, 360).Draw(t, "bearing"), rapid.Float64Range(0, 200).Draw(t, "metres")
				for id, p := range m {
					q := geo.Destination(p, bearing, metres)
					x.Put(id, q, noon)
					m[id] = q
				}
			},
			"Remove": func(t *rapid.T) {
				for range rapid.IntRange(1, 60).Draw(t, "n") {
					id := id.Draw(t, "id")
					_, known := m[id]
					if x.Remove(id) != known {
						t.Fatalf("removing %s: known is %v", id, known)
					}
					delete(m, id)
				}
			},
			"Nearest": func(t *rapid.T) {
				p, k := point.Draw(t, "p"), rapid.IntRange(0, 40).Draw(t, "k")
				radius := rapid.OneOf(rapid.Float64Range(0, 1e4), rapid.Just(math.Inf(1))).Draw(t, "radius")
				want := m.nearest(p, radius)
				sameHits(t, m, p, x.Nearest(nil, p, k, radius, nil), want[:min(k, len(want))])
			},
			"NearestKept": func(t *rapid.T) {
				p := point.Draw(t, "p")
				odd := func(id string) bool { return id[len(id)-1]%2 == 1 }
				want := slices.DeleteFunc(m.nearest(p, math.Inf(1)), func(h geo.Hit) bool { return !odd(h.ID) })
				sameHits(t, m, p, x.Nearest(nil, p, 5, math.Inf(1), odd), want[:min(5, len(want))])
			},
			"Outward": func(t *rapid.T) {
				p := point.Draw(t, "p")
				sameHits(t, m, p, slices.Collect(x.Outward(p)), m.nearest(p, math.Inf(1)))
			},
			"InBox": func(t *rapid.T) {
				b := anyBox().Draw(t, "box")
				want := slices.DeleteFunc(slices.Sorted(maps.Keys(m)), func(id string) bool { return !b.Contains(m[id]) })
				if got := slices.Sorted(slices.Values(x.InBox(nil, b))); !slices.Equal(got, want) {
					t.Fatalf("in %v: %v, want %v", b, got, want)
				}
			},
			"InCell": func(t *rapid.T) {
				p := point.Draw(t, "p")
				for _, q := range m { // else most cells are empty
					p = q
					break
				}
				cell := geo.CellOf(p, rapid.IntRange(1, 7).Draw(t, "length"))
				want := slices.DeleteFunc(slices.Sorted(maps.Keys(m)), func(id string) bool { return geo.CellOf(m[id], len(cell)) != cell })
				got := x.InCell([]string{"before"}, cell)
				if slices.Sort(got[1:]); got[0] != "before" || !slices.Equal(got[1:], want) {
					t.Fatalf("in %s: %v, want %v", cell, got, want)
				}
			},
			"": func(t *rapid.T) {
				if x.Len() != len(m) {
					t.Fatalf("%d points, want %d", x.Len(), len(m))
				}
				for id, p := range m {
					if q, _, ok := x.Get(id); !ok || q != p {
						t.Fatalf("%s at %v %v, want %v", id, q, ok, p)
					}
				}
			},
		})
	})
}

// sameHits compares answers by their distances: of points that are equally far
// to the last bit, each order is right.
func sameHits(t *rapid.T, m model, p geo.Point, got, want []geo.Hit) {
	if len(got) != len(want) {
		t.Fatalf("%d hits around %v, want %d: %v, want %v", len(got), p, len(want), got, want)
	}
	seen := map[string]bool{}
	for i, h := range got {
		if seen[h.ID] || h.Point != m[h.ID] || h.Metres != geo.Distance(p, h.Point) {
			t.Fatalf("hit %d around %v: %+v is told twice or wrong", i, p, h)
		}
		seen[h.ID] = true
		if h.Metres != want[i].Metres {
			t.Fatalf("hit %d around %v: %+v, want %+v", i, p, h, want[i])
		}
	}
}

func TestIndex_Ties_ByID(t *testing.T) {
	x := geo.NewIndex()
	p := geo.Point{Lat: 40.75, Lon: -73.98}
	for i := range 40 {
		x.Put(fmt.Sprintf("d%02d", (i*17)%40), p, noon)
	}
	for i, h := range x.Nearest(nil, p, 40, 0, nil) {
		if want := fmt.Sprintf("d%02d", i); h.ID != want {
			t.Fatalf("place %d: %s, want %s", i, h.ID, want)
		}
	}
}

func TestIndex_Put_NotOnEarth(t *testing.T) {
	x := geo.NewIndex()
	p := geo.Point{Lat: 1, Lon: 2}
	x.Put("a", p, noon)
	for _, bad := range []geo.Point{{Lat: math.NaN()}, {Lon: math.Inf(1)}, {Lat: 91}} {
		if x.Put("a", bad, noon) != 0 || x.Put("b", bad, noon) != 0 {
			t.Errorf("took %v", bad)
		}
		if hits := x.Nearest(nil, bad, 1, math.Inf(1), nil); len(hits) != 0 {
			t.Errorf("near %v: %v", bad, hits)
		}
	}
	if q, _, ok := x.Get("a"); !ok || q != p || x.Len() != 1 {
		t.Errorf("a is at %v, %d points", q, x.Len())
	}
}

// A dispatcher asks the index thousands of times a second: answers into a slice
// that is large enough cost no memory, however many points a search touches. The
// race detector makes the pool of searches forget some, so that a few
// allocations are seen here and none without it.
func TestIndex_Nearest_AllocatesNothing(t *testing.T) {
	x, p := cityOf(2000)
	dst := make([]geo.Hit, 0, 500)
	keep := func(id string) bool { return id != "d7" }
	if n := testing.AllocsPerRun(100, func() { x.Nearest(dst, p, 500, math.Inf(1), keep) }); n > 10 {
		t.Errorf("%v allocations", n)
	}
}

func cityOf(drivers int) (*geo.Index, geo.Point) {
	x, centre := geo.NewIndex(), geo.Point{Lat: 40.75, Lon: -73.98}
	for i := range drivers {
		x.Put(fmt.Sprintf("d%d", i), geo.Destination(centre, float64(i*137%360), float64(i*7919%10_000)), noon)
	}
	return x, centre
}

func BenchmarkIndex_Nearest(b *testing.B) {
	x, centre := cityOf(100_000)
	p := geo.Destination(centre, 45.5, 4000)
	dst := make([]geo.Hit, 0, 20)
	b.ReportAllocs()
	for b.Loop() {
		x.Nearest(dst, p, 20, math.Inf(1), nil)
	}
}

func BenchmarkIndex_Put(b *testing.B) {
	x, centre := cityOf(100_000)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		x.Put("d1", geo.Destination(centre, float64(i%360), 5000), noon)
	}
}
