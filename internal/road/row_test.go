package road

import (
	"math"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"pgregory.net/rapid"
)

// forever is a bound beyond every way of a small graph.
const forever = 1000 * time.Hour

// anyPlace draws a place on any edge: at its ends, in the middle, off the road.
func anyPlace(t *rapid.T, g *Graph, name string) Place {
	s := rapid.SampledFrom(g.streets).Draw(t, name)
	p := Place{
		Edge: s.edge, Back: s.back,
		At:  rapid.OneOf(rapid.SampledFrom([]float64{0, 1e-9, 0.5, 1}), rapid.Float64Range(0, 1)).Draw(t, name+" at"),
		Off: rapid.SampledFrom([]float64{0, 49, 51, 1e9}).Draw(t, name+" off"),
	}
	e := g.edges[s.edge]
	p.Point = geo.Interpolate(g.points[e.from], g.points[e.to], p.At)
	return p
}

// placed is the oracle for places: all pairs of nodes, then of places.
func placed(g *Graph, places ...Place) [][]int64 {
	n := g.Len() + len(places)
	cost := make([][]int64, n)
	for i := range cost {
		cost[i] = make([]int64, n)
		for j := range cost[i] {
			cost[i][j] = math.MaxInt32 * 1000
		}
		cost[i][i] = 0
	}
	for _, a := range cutAt(g, places) {
		cost[a.From][a.To] = min(cost[a.From][a.To], a.Millis)
	}
	for k := range n {
		for i := range n {
			for j := range n {
				cost[i][j] = min(cost[i][j], cost[i][k]+cost[k][j])
			}
		}
	}
	return cost
}

// accessTime is how long the oracle takes from a place to the network: what it
// is off beyond 50 m at 4 m/s, a day at most.
func accessTime(p Place) int64 {
	return int64(math.Round(min(86400, max(0, p.Off-50)/4) * 1000))
}

func TestRow_From(t *testing.T) {
	t.Run("AsFastAsOracle", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			g := randomGraph(t)
			if g.Edges() == 0 {
				return
			}
			places := make([]Place, rapid.IntRange(2, 6).Draw(t, "places"))
			for i := range places {
				places[i] = anyPlace(t, g, "place")
				if i > 0 && rapid.Bool().Draw(t, "same street") {
					other := places[i-1]
					places[i].Edge, places[i].Back, places[i].Point = other.Edge, other.Back, other.Point
				}
			}
			cost := placed(g, places...)
			for i, a := range places {
				for j, b := range places {
					checkRow(t, g, a, b, cost[g.Len()+i][g.Len()+j])
				}
			}
		})
	})
	t.Run("OneWay", func(t *testing.T) {
		g := triangle(t)
		at := func(share float64) Place { return Place{Edge: 0, Back: -1, At: share} }
		row := g.To(at(0.5), forever)
		if d, _ := row.From(at(0.25)); d != 2500*time.Millisecond {
			t.Errorf("from before it on the street: %v", d)
		}
		if d, _ := row.From(at(0.75)); d != 27500*time.Millisecond {
			t.Errorf("from past it: %v, but it is 27.5 s round the block", d)
		}
	})
}

// checkRow holds a row against the oracle's cost on the roads, and against
// itself with a bound that is just far enough, and one that is not.
func checkRow(t *rapid.T, g *Graph, a, b Place, cost int64) {
	want, way := cost+accessTime(a)+accessTime(b), cost < math.MaxInt32
	row := g.To(b, forever)
	defer row.Release()
	got, ok := row.From(a)
	if ok != way || ok && got.Milliseconds() != want {
		t.Fatalf("%+v to %+v: %v, %v; the oracle has %d, %v", a, b, got, ok, want, way)
	}
	checkWay(t, g, a, b, row)
	if !ok {
		return
	}
	near, nearer := g.To(b, got), g.To(b, got-time.Millisecond)
	defer near.Release()
	defer nearer.Release()
	if again, ok := near.From(a); !ok || again != got {
		t.Fatalf("within its own time of %v: %v, %v", got, again, ok)
	}
	if again, ok := nearer.From(a); ok {
		t.Fatalf("found a way of %v within less than %v", again, got)
	}
}

// triangle is three one-way streets of 10 s each, round and round.
func triangle(tb testing.TB) *Graph {
	tb.Helper()
	var b Builder
	for _, p := range []geo.Point{{Lat: 40, Lon: -74}, {Lat: 40, Lon: -73.999}, {Lat: 40.001, Lon: -74}} {
		b.AddNode(p)
	}
	for n := range Node(3) {
		if err := b.AddEdge(n, (n+1)%3, 10*time.Second, Kind{}); err != nil {
			tb.Fatal(err)
		}
	}
	return b.Graph()
}

// checkWay holds the ways of the row and of the search from both ends against
// the row's time.
func checkWay(t *rapid.T, g *Graph, a, b Place, row *Row) {
	want, ok := row.From(a)
	byRow, found := row.Way(a)
	byBoth, foundBoth := g.Drive(a, b)
	if found != ok || foundBoth != ok {
		t.Fatalf("a way: %v, %v; a time: %v", found, foundBoth, ok)
	}
	if !ok {
		return
	}
	for _, w := range []Way{byRow, byBoth} {
		if w.Takes() != want {
			t.Fatalf("%+v to %+v: the way takes %v, not %v", a, b, w.Takes(), want)
		}
		if w.Points[0] != a.Point || w.Points[len(w.Points)-1] != b.Point {
			t.Fatalf("%+v to %+v: the way is %v", a, b, w.Points)
		}
		for i := 1; i < len(w.At); i++ {
			if w.At[i] < w.At[i-1] {
				t.Fatalf("times %v", w.At)
			}
		}
	}
}

func TestGraph_PlaceOf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := randomGraph(t)
		cost := costs(g)
		to := Node(rapid.IntRange(0, g.Len()-1).Draw(t, "to"))
		place, ok := g.PlaceOf(to)
		if touched := g.first[to] < g.first[to+1] || len(g.into(to)) > 0; ok != touched {
			t.Fatalf("a place: %v, an edge: %v", ok, touched)
		}
		if !ok {
			return
		}
		row := g.To(place, forever)
		for from := range Node(g.Len()) {
			src, ok := g.PlaceOf(from)
			if !ok {
				continue
			}
			got, ok := row.From(src)
			if want := cost[from][to]; ok != (want < math.MaxInt32) || ok && got.Milliseconds() != want {
				t.Fatalf("node %d to %d: %v, %v; the oracle has %d ms", from, to, got, ok, want)
			}
		}
	})
}
