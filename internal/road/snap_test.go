package road

import (
	"math"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"pgregory.net/rapid"
)

func TestGraph_Snap(t *testing.T) {
	t.Run("LikeBruteForce", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			g := scattered(t)
			if g.Edges() == 0 {
				return
			}
			for range 10 {
				p := geo.Point{
					Lat: g.points[0].Lat + rapid.Float64Range(-0.2, 0.2).Draw(t, "lat"),
					Lon: g.points[0].Lon + rapid.Float64Range(-0.2, 0.2).Draw(t, "lon"),
				}
				checkSnap(t, g, p)
			}
			checkSnap(t, g, rapid.SampledFrom(g.points).Draw(t, "node"))
		})
	})
	t.Run("Ways", func(t *testing.T) {
		g := ladder(t, 3)
		p, ok := g.Snap(geo.Point{Lat: 40.0001, Lon: -73.99975})
		if !ok || math.Abs(p.At-0.25) > 1e-6 || p.Off < 11 || p.Off > 11.2 {
			t.Fatalf("%+v, %v", p, ok)
		}
		if e, b := g.edges[p.Edge], g.edges[p.Back]; e.from != 0 || e.to != 1 || b.from != 1 || b.to != 0 {
			t.Fatalf("edge %v and back %v", e, b)
		}
		if p, _ := triangle(t).Snap(geo.Point{Lat: 40.0001, Lon: -73.9995}); p.Back != -1 || p.Edge != 0 {
			t.Fatalf("on a one-way street: %+v", p)
		}
	})
	t.Run("FastestOfParallel", func(t *testing.T) {
		var b Builder
		b.AddNode(geo.Point{Lat: 40, Lon: -74})
		b.AddNode(geo.Point{Lat: 40, Lon: -73.99})
		for _, e := range []struct {
			from, to Node
			takes    time.Duration
		}{{0, 1, 9}, {0, 1, 7}, {0, 1, 7}, {1, 0, 5}, {1, 0, 4}} {
			if err := b.AddEdge(e.from, e.to, e.takes*time.Second, Kind{}); err != nil {
				t.Fatal(err)
			}
		}
		if p, _ := b.Graph().Snap(geo.Point{Lat: 40, Lon: -73.995}); p.Edge != 1 || p.Back != 4 {
			t.Fatalf("edges %d and %d, not the fastest ones", p.Edge, p.Back)
		}
	})
	t.Run("NoEdges", func(t *testing.T) {
		var b Builder
		b.AddNode(geo.Point{Lat: 40, Lon: -74})
		if p, ok := b.Graph().Snap(geo.Point{Lat: 40, Lon: -74}); ok {
			t.Fatalf("%+v on a graph without edges", p)
		}
	})
}

// scattered draws a graph whose edges are all kinds of long, at a latitude where
// a degree of longitude is wide or narrow.
func scattered(t *rapid.T) *Graph {
	var b Builder
	lat := rapid.SampledFrom([]float64{0, 40, 69, -55}).Draw(t, "latitude")
	spread := rapid.SampledFrom([]float64{1e-5, 0.01, 0.1}).Draw(t, "spread")
	n := rapid.IntRange(1, 60).Draw(t, "nodes")
	for range n {
		b.AddNode(geo.Point{
			Lat: lat + rapid.Float64Range(-spread, spread).Draw(t, "lat"),
			Lon: 10 + rapid.Float64Range(-spread, spread).Draw(t, "lon"),
		})
	}
	for range rapid.IntRange(0, 2*n).Draw(t, "edges") {
		from, to := rapid.IntRange(0, n-1).Draw(t, "from"), rapid.IntRange(0, n-1).Draw(t, "to")
		_ = b.AddEdge(Node(from), Node(to), time.Second, Kind{})
	}
	return b.Graph()
}

// checkSnap holds Snap against all edges, one after the other, measured along
// great circles.
func checkSnap(t *rapid.T, g *Graph, p geo.Point) {
	got, ok := g.Snap(p)
	if !ok {
		t.Fatal("no place on a graph with edges")
	}
	if d := geo.Distance(p, got.Point); math.Abs(d-got.Off) > 1e-6 {
		t.Fatalf("off %v m, but %v m away", got.Off, d)
	}
	want := math.Inf(1)
	for _, e := range g.edges {
		want = min(want, distanceTo(p, g.points[e.from], g.points[e.to]))
	}
	// The plane at p is not the sphere: over 50 km the two differ by less than this.
	if got.Off > want*1.003+0.001 {
		t.Fatalf("%v is %v m off, but the nearest edge is %v m away", p, got.Off, want)
	}
	// On the plane it is exactly the nearest, and the first of several.
	aim, first, least := newAim(p), int32(-1), math.Inf(1)
	for _, s := range g.streets {
		e := g.edges[s.edge]
		if _, squared := aim.segment(g.points[e.from], g.points[e.to]); squared < least {
			first, least = s.edge, squared
		}
	}
	if got.Edge != first {
		t.Fatalf("%v is on edge %d, but edge %d is nearer, or as near and first", p, got.Edge, first)
	}
	e := g.edges[got.Edge]
	if on := geo.Interpolate(g.points[e.from], g.points[e.to], got.At); geo.Distance(on, got.Point) > 1e-6 {
		t.Fatalf("%v of edge %d is at %v, not at %v", got.At, got.Edge, on, got.Point)
	}
}

// distanceTo searches the line for its nearest point: the distance along it
// falls, then rises.
func distanceTo(p, a, b geo.Point) float64 {
	low, high := 0.0, 1.0
	at := func(f float64) float64 { return geo.Distance(p, geo.Interpolate(a, b, f)) }
	for range 60 {
		l, h := low+(high-low)/3, high-(high-low)/3
		if at(l) < at(h) {
			high = h
		} else {
			low = l
		}
	}
	return at((low + high) / 2)
}
