package road

import (
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"pgregory.net/rapid"
)

// anyHierarchy draws a graph and its hierarchy, with any patience in looking for
// ways round, and some places to drive from and to, often on the same streets.
func anyHierarchy(t *rapid.T) (h *Hierarchy, from, to []Place) {
	g := randomGraph(t)
	h = contract(g, rapid.IntRange(0, 30).Draw(t, "witness nodes"))
	if g.Edges() == 0 {
		return h, nil, nil
	}
	for range rapid.IntRange(0, 20).Draw(t, "sources") {
		from = append(from, anyPlace(t, g, "from"))
	}
	for range rapid.IntRange(0, 20).Draw(t, "targets") {
		p := anyPlace(t, g, "to")
		if len(from) > 0 && rapid.Bool().Draw(t, "same street") {
			other := rapid.SampledFrom(from).Draw(t, "as")
			p.Edge, p.Back, p.Point = other.Edge, other.Back, other.Point
		}
		to = append(to, p)
	}
	return h, from, to
}

func TestHierarchy_Time(t *testing.T) {
	t.Run("AsDijkstra", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			h, from, to := anyHierarchy(t)
			for _, b := range to {
				row := h.g.To(b, forever)
				for _, a := range from {
					want, way := row.From(a)
					if got, ok := h.Time(a, b); ok != way || ok && got != want {
						t.Fatalf("%+v to %+v: %v, %v; by Dijkstra %v, %v", a, b, got, ok, want, way)
					}
				}
				row.Release()
			}
		})
	})
	t.Run("AllPairs", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			h, _, _ := anyHierarchy(t)
			cost := costs(h.g)
			for a := range h.g.Len() {
				for b := range h.g.Len() {
					p, isA := h.g.PlaceOf(Node(a))
					q, isB := h.g.PlaceOf(Node(b))
					if !isA || !isB {
						continue // no street touches it
					}
					if got, ok := h.Time(p, q); ok != (cost[a][b] < far) || ok && got.Milliseconds() != cost[a][b] {
						t.Fatalf("%d to %d: %v, %v; the oracle has %d ms", a, b, got, ok, cost[a][b])
					}
				}
			}
		})
	})
}

func TestHierarchy_Way(t *testing.T) {
	t.Run("TakesItsTime", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			h, from, to := anyHierarchy(t)
			for _, a := range from {
				for _, b := range to {
					checkHierarchyWay(t, h, a, b)
				}
			}
		})
	})
	t.Run("ArcsAreEdges", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			h, _, _ := anyHierarchy(t)
			for n := range int32(h.g.Len()) {
				for a := h.ahead.first[n]; a < h.ahead.first[n+1]; a++ {
					checkArc(t, h, n, h.ahead.arcs[a].to, h.ahead.arcs[a].millis, h.unpack(nil, &h.ahead, step{n, a}))
				}
				for a := h.back.first[n]; a < h.back.first[n+1]; a++ {
					checkArc(t, h, h.back.arcs[a].to, n, h.back.arcs[a].millis, h.unpack(nil, &h.back, step{n, a}))
				}
			}
		})
	})
}

func checkHierarchyWay(t *rapid.T, h *Hierarchy, a, b Place) {
	want, ok := h.Time(a, b)
	way, found := h.Way(a, b)
	switch {
	case found != ok:
		t.Fatalf("%+v to %+v: a way %v, a time %v", a, b, found, ok)
	case !ok:
	case way.Takes() != want:
		t.Fatalf("%+v to %+v: the way takes %v, not %v", a, b, way.Takes(), want)
	case way.Points[0] != a.Point || way.Points[len(way.Points)-1] != b.Point || !slices.IsSorted(way.At):
		t.Fatalf("%+v to %+v: the way is %v", a, b, way)
	}
}

// checkArc holds the edges that an arc stands for to its ends and its time, and
// to following each other.
func checkArc(t *rapid.T, h *Hierarchy, from, to, millis int32, edges []int32) {
	at, sum := h.node[from], int32(0)
	for _, i := range edges {
		e := h.g.edges[i]
		if e.from != at {
			t.Fatalf("edge %d starts at %d; the way is at %d", i, e.from, at)
		}
		at, sum = e.to, sum+e.millis
	}
	if at != h.node[to] || sum != millis {
		t.Fatalf("the edges end at %d after %d ms, the arc at %d after %d", at, sum, h.node[to], millis)
	}
}

func TestHierarchy_Matrix(t *testing.T) {
	t.Run("AsDijkstra", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			h, from, to := anyHierarchy(t)
			// What an earlier question left must not show in the next answer.
			dst := make([]int32, 500)
			h.Matrix(to, from, dst)
			checkMatrix(t, h, from, to, h.Matrix(from, to, dst))
		})
	})
	t.Run("AtOnce", func(t *testing.T) {
		h := Contract(ladder(t, 40))
		from, _ := h.g.PlaceOf(3)
		to, _ := h.g.PlaceOf(30)
		var asking sync.WaitGroup
		for range 4 {
			asking.Go(func() {
				for range 50 {
					row := h.To(to, time.Hour)
					byRow, _ := row.From(from)
					row.Release()
					byTime, _ := h.Time(from, to)
					cells := h.Matrix([]Place{from, to}, []Place{to}, nil)
					if byRow != 270*time.Second || byTime != byRow || cells[0] != 270_000 || cells[1] != 0 {
						t.Errorf("%v %v %v", byRow, byTime, cells)
					}
				}
			})
		}
		asking.Wait()
	})
}

func checkMatrix(t *rapid.T, h *Hierarchy, from, to []Place, cells []int32) {
	if len(cells) != len(from)*len(to) {
		t.Fatalf("%d cells for %d x %d", len(cells), len(from), len(to))
	}
	for j, b := range to {
		row := h.g.To(b, forever)
		for i, a := range from {
			want := int32(-1)
			if d, ok := row.From(a); ok {
				want = int32(d.Milliseconds())
			}
			if got := cells[i*len(to)+j]; got != want {
				t.Fatalf("%+v to %+v: %d ms, by Dijkstra %d", a, b, got, want)
			}
		}
		row.Release()
	}
}

func TestHierarchy_To(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, from, to := anyHierarchy(t)
		bound := time.Duration(rapid.Int64Range(0, 60).Draw(t, "bound")) * time.Second
		for _, b := range to {
			searched, swept := h.g.To(b, bound), h.To(b, bound)
			for _, a := range from {
				want, way := searched.From(a)
				if got, ok := swept.From(a); ok != way || got != want {
					t.Fatalf("%+v to %+v within %v: %v, %v; by Dijkstra %v, %v", a, b, bound, got, ok, want, way)
				}
				if w, ok := swept.Way(a); ok != way || w.Takes() != want {
					t.Fatalf("%+v to %+v within %v: a way of %v, %v; by Dijkstra %v, %v", a, b, bound, w.Takes(), ok, want, way)
				}
			}
			searched.Release()
			swept.Release()
		}
	})
}

func TestContract(t *testing.T) {
	t.Run("SameAgain", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			g := randomGraph(t)
			a, b := Contract(g), Contract(g)
			if !reflect.DeepEqual(a.node, b.node) || !reflect.DeepEqual(a.ahead, b.ahead) || !reflect.DeepEqual(a.back, b.back) {
				t.Fatal("the same graph gave two hierarchies")
			}
		})
	})
	t.Run("TwelveDays", func(t *testing.T) {
		h := Contract(slowStreet(t, 60))
		start, _ := h.g.PlaceOf(0)
		for n := range Node(60) {
			p, _ := h.g.PlaceOf(n)
			want := time.Duration(n) * 24 * time.Hour
			short := want.Milliseconds() < far
			if got, ok := h.Time(start, p); ok != short || ok && got != want {
				t.Errorf("%v: %v, %v", want, got, ok)
			}
			if cell := h.Matrix([]Place{start}, []Place{p}, nil)[0]; short && int64(cell) != want.Milliseconds() || !short && cell != -1 {
				t.Errorf("%v: %d ms", want, cell)
			}
			row := h.To(p, forever)
			if got, ok := row.From(start); ok != short || ok && got != want {
				t.Errorf("%v: %v, %v", want, got, ok)
			}
		}
	})
	t.Run("Empty", func(t *testing.T) {
		if h := Contract((&Builder{}).Graph()); len(h.Matrix(nil, nil, nil)) != 0 || h.Shortcuts() != 0 {
			t.Error("something came of nothing")
		}
	})
}

// slowStreet has nodes a day apart.
func slowStreet(tb testing.TB, nodes int) *Graph {
	tb.Helper()
	var b Builder
	for i := range nodes {
		b.AddNode(geo.Point{Lat: 40, Lon: -74 + float64(i)*0.001})
	}
	for i := range Node(nodes - 1) {
		if err := b.AddEdge(i, i+1, 24*time.Hour, Kind{}); err != nil {
			tb.Fatal(err)
		}
	}
	return b.Graph()
}
