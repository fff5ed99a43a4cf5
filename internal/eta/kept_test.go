package eta

import (
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/road"
)

// mustStreet is one street of n crossings.
func mustStreet(tb testing.TB, n int) *road.Graph {
	tb.Helper()
	var b road.Builder
	for i := range n {
		b.AddNode(geo.Point{Lat: 40, Lon: float64(i) / 1000})
		if i == 0 {
			continue
		}
		for _, e := range [][2]int{{i - 1, i}, {i, i - 1}} {
			if err := b.AddEdge(road.Node(e[0]), road.Node(e[1]), time.Second, road.Kind{}); err != nil {
				tb.Fatal(err)
			}
		}
	}
	return b.Graph()
}

func TestRows_StayWithinMemory(t *testing.T) {
	g := mustStreet(t, 1000)
	r := newRows(0)
	at := func(i int) geo.Point { return g.Point(road.Node(i)) }
	put := func(i int, bound time.Duration) {
		place, _ := g.Snap(at(i))
		row := g.To(place, bound)
		if r.memory == 0 {
			r.memory = 3 * row.Bytes() // three of this size
		}
		r.put(at(i), bound, row)
	}
	for i := range 3 {
		put(i, time.Minute)
	}
	r.get(at(0), time.Minute)
	put(3, time.Minute)
	for i, want := range []bool{true, false, true, true} {
		if got := r.get(at(i), time.Minute) != nil; got != want {
			t.Errorf("search %d kept: %v, want %v", i, got, want)
		}
	}
	if r.get(at(0), time.Hour) != nil {
		t.Error("a search of a minute passes for one of an hour")
	}
	for i := range 50 {
		put(i%5, time.Minute)
		if r.used > r.memory || len(r.by) != r.order.Len() {
			t.Fatalf("%d of %d bytes, %d points in a list of %d", r.used, r.memory, len(r.by), r.order.Len())
		}
	}
	for _, e := range r.by {
		r.used -= e.Value.(*keptRow).row.Bytes()
	}
	if r.used != 0 {
		t.Errorf("the account is off by %d bytes", r.used)
	}
}

func TestPlaces_StayFew(t *testing.T) {
	g := mustStreet(t, 100)
	p := newPlaces(g, 10)
	for i := range 1000 {
		point := geo.Point{Lat: 40, Lon: float64(i%100) / 1000}
		want, _ := g.Snap(point)
		if got := p.of([]geo.Point{point, {Lat: 40, Lon: 0.0005}})[0]; got != want {
			t.Fatalf("%v lies at %v, want %v", point, got, want)
		}
		if len(p.now)+len(p.old) > 10 {
			t.Fatalf("%d points are kept, want at most 10", len(p.now)+len(p.old))
		}
	}
	if _, kept := p.now[geo.Point{Lat: 40, Lon: 0.0005}]; !kept {
		if _, kept = p.old[geo.Point{Lat: 40, Lon: 0.0005}]; !kept {
			t.Error("a point that is asked for each time is forgotten")
		}
	}
}
