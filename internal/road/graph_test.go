package road

import (
	"math"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"pgregory.net/rapid"
)

// randomGraph draws a graph of up to 40 nodes, sparse enough to have parts that
// cannot be reached.
func randomGraph(t *rapid.T) *Graph {
	var b Builder
	n := rapid.IntRange(1, 40).Draw(t, "nodes")
	for i := range n {
		b.AddNode(geo.Point{ // each at a place of its own
			Lat: 40 + rapid.Float64Range(0, 0.05).Draw(t, "lat") + float64(i)*1e-7,
			Lon: -74 + rapid.Float64Range(0, 0.05).Draw(t, "lon"),
		})
	}
	for range rapid.IntRange(0, 3*n).Draw(t, "edges") {
		from, to := rapid.IntRange(0, n-1).Draw(t, "from"), rapid.IntRange(0, n-1).Draw(t, "to")
		// Few distinct times, so that ties are common.
		takes := time.Duration(rapid.IntRange(1, 5).Draw(t, "s")) * time.Second
		if err := b.AddEdge(Node(from), Node(to), takes, Kind{}); (err == nil) != (from != to) {
			t.Fatalf("edge %d to %d: %v", from, to, err)
		}
	}
	return b.Graph()
}

// costs is the oracle: all pairs by Floyd and Warshall, -1 for no way.
func costs(g *Graph) [][]int64 {
	n := g.Len()
	cost := make([][]int64, n)
	for i := range cost {
		cost[i] = make([]int64, n)
		for j := range cost[i] {
			cost[i][j] = math.MaxInt32
		}
		cost[i][i] = 0
	}
	for _, e := range g.edges {
		cost[e.from][e.to] = min(cost[e.from][e.to], int64(e.millis))
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

func TestGraph_Route(t *testing.T) {
	t.Run("AsFastAsOracle", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			g := randomGraph(t)
			cost := costs(g)
			// One graph, many searches: scratch memory of one must not leak into the next.
			for from := range g.Len() {
				for to := range g.Len() {
					checkRoute(t, g, Node(from), Node(to), cost[from][to])
				}
			}
		})
	})
	t.Run("StampsGoRound", func(t *testing.T) {
		g := ladder(t, 5)
		s := newSearch(g.Len())
		s.ahead.now, s.back.now = math.MaxUint32-1, math.MaxUint32-1
		for range 4 {
			s.begin([2]end{{0, 0}, {-1, 0}}, [2]end{{4, 0}, {-1, 0}}, math.MaxInt32)
			if !s.run(g) {
				t.Fatal("no way")
			}
		}
	})
}

func checkRoute(t *rapid.T, g *Graph, from, to Node, cost int64) {
	way, ok := g.Route(from, to)
	if ok != (cost < math.MaxInt32) {
		t.Fatalf("%d to %d: found %v, the oracle's cost is %d", from, to, ok, cost)
	}
	if !ok {
		return
	}
	if got := way.Takes().Milliseconds(); got != cost {
		t.Fatalf("%d to %d: %d ms, the oracle has %d", from, to, got, cost)
	}
	if way.Points[0] != g.Point(from) || way.Points[len(way.Points)-1] != g.Point(to) {
		t.Fatalf("%d to %d: the way leads from %v to %v", from, to, way.Points[0], way.Points[len(way.Points)-1])
	}
	if len(way.Points) != len(way.At) || way.At[0] != 0 {
		t.Fatalf("%d points, times %v", len(way.Points), way.At)
	}
}

// ladder is a street of n nodes in both directions, 10 s apart.
func ladder(tb testing.TB, n int) *Graph {
	tb.Helper()
	var b Builder
	for i := range n {
		b.AddNode(geo.Point{Lat: 40, Lon: -74 + float64(i)*0.001})
	}
	for i := range n - 1 {
		for _, e := range [][2]int{{i, i + 1}, {i + 1, i}} {
			if err := b.AddEdge(Node(e[0]), Node(e[1]), 10*time.Second, Kind{Name: "High Street"}); err != nil {
				tb.Fatal(err)
			}
		}
	}
	return b.Graph()
}

func TestGraph_Connected(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := randomGraph(t)
		part := g.Connected()
		if !part.StronglyConnected() {
			t.Fatal("the connected part is not connected")
		}
		if want := largestPart(g); part.Len() != want {
			t.Fatalf("%d nodes, the largest part has %d", part.Len(), want)
		}
		if g.StronglyConnected() != (part.Len() == g.Len()) {
			t.Fatal("StronglyConnected disagrees with Connected")
		}
	})
}

// largestPart is the size of the largest strongly connected component, by the
// oracle's distances.
func largestPart(g *Graph) int {
	cost := costs(g)
	largest := 0
	for i := range cost {
		size := 0
		for j := range cost {
			if cost[i][j] < math.MaxInt32 && cost[j][i] < math.MaxInt32 {
				size++
			}
		}
		largest = max(largest, size)
	}
	return largest
}

func TestGraph_Nearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b Builder
		lat := rapid.SampledFrom([]float64{0, 40, 69, -55}).Draw(t, "latitude")
		spread := rapid.SampledFrom([]float64{0, 1e-5, 0.1, 3}).Draw(t, "spread")
		around := func(name string, far float64) geo.Point {
			return geo.Point{
				Lat: lat + rapid.Float64Range(-far, far).Draw(t, name+" lat"),
				Lon: 10 + rapid.Float64Range(-far, far).Draw(t, name+" lon"),
			}
		}
		for range rapid.IntRange(1, 60).Draw(t, "nodes") {
			b.AddNode(around("node", spread))
		}
		g := b.Graph()
		for range 10 {
			p := around("asked", rapid.SampledFrom([]float64{spread, 2*spread + 0.01, 15}).Draw(t, "far"))
			_, metres := g.Nearest(p)
			want := math.Inf(1)
			for _, q := range g.points {
				want = math.Min(want, geo.Distance(p, q))
			}
			if metres != want {
				t.Fatalf("nearest to %v is %.3f m away, not %.3f m", p, want, metres)
			}
		}
	})
	t.Run("Empty", func(t *testing.T) {
		if n, _ := new(Builder).Graph().Nearest(geo.Point{Lat: 1}); n != -1 {
			t.Fatalf("node %d of an empty graph", n)
		}
	})
}

func TestGraph_Streets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := randomGraph(t)
		type pair [2]geo.Point
		want := map[pair]bool{}
		for _, e := range g.edges {
			want[pair{g.points[min(e.from, e.to)], g.points[max(e.from, e.to)]}] = true
		}
		node := map[geo.Point]Node{}
		for n, p := range g.points {
			node[p] = Node(n)
		}
		drawn := map[pair]int{}
		for s := range g.Streets() {
			for i := 1; i < len(s.Points); i++ {
				a, b := node[s.Points[i-1]], node[s.Points[i]]
				drawn[pair{g.points[min(a, b)], g.points[max(a, b)]}]++
			}
		}
		for p, times := range drawn {
			if !want[p] {
				t.Fatalf("drew %v: there is no edge", p)
			}
			if times > 1 {
				t.Fatalf("drew %v %d times", p, times)
			}
		}
		if len(drawn) != len(want) {
			t.Fatalf("drew %d of %d edges", len(drawn), len(want))
		}
	})
	t.Run("OneLine", func(t *testing.T) {
		lines := 0
		for s := range ladder(t, 9).Streets() {
			lines++
			if len(s.Points) != 9 || s.Name != "High Street" {
				t.Fatalf("line %v", s)
			}
		}
		if lines != 1 {
			t.Fatalf("a straight street is drawn as %d lines", lines)
		}
	})
}

func TestBuilder_AddEdge(t *testing.T) {
	var b Builder
	b.AddNode(geo.Point{Lat: 40})
	b.AddNode(geo.Point{Lat: 41})
	for name, err := range map[string]error{
		"Loop":     b.AddEdge(0, 0, time.Second, Kind{}),
		"NoNode":   b.AddEdge(0, 2, time.Second, Kind{}),
		"Negative": b.AddEdge(0, 1, -time.Second, Kind{}),
		"TooLong":  b.AddEdge(0, 1, 25*time.Hour, Kind{}),
	} {
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := b.AddEdge(0, 1, 0, Kind{}); err != nil {
		t.Errorf("an edge that takes no time: %v", err)
	}
}
