package road_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/road"
)

// anywhere draws places all over the graph, most of them amid a street.
func anywhere(tb testing.TB, g *road.Graph, rng *rand.Rand, count int) []road.Place {
	tb.Helper()
	places := make([]road.Place, count)
	for i := range places {
		near := g.Point(road.Node(rng.IntN(g.Len())))
		near = geo.Point{Lat: near.Lat + rng.NormFloat64()*0.001, Lon: near.Lon + rng.NormFloat64()*0.001}
		p, ok := g.Snap(near)
		if !ok {
			tb.Fatal("no street")
		}
		places[i] = p
	}
	return places
}

func TestHierarchy_NewYork(t *testing.T) {
	g := newYork(t)
	h := road.Contract(g)
	rng := rand.New(rand.NewPCG(1, 2))
	from, to := anywhere(t, g, rng, 200), anywhere(t, g, rng, 40)
	cells := h.Matrix(from, to, nil)
	for j, b := range to {
		searched, swept := g.To(b, 24*time.Hour), h.To(b, 24*time.Hour)
		for i, a := range from {
			want, ok := searched.From(a)
			if !ok {
				t.Fatalf("no way from %v to %v", a.Point, b.Point)
			}
			bySweep, _ := swept.From(a)
			byMatrix := time.Duration(cells[i*len(to)+j]) * time.Millisecond
			if bySweep != want || byMatrix != want {
				t.Fatalf("%v to %v: %v by the row, %v by the matrix, %v by Dijkstra", a.Point, b.Point, bySweep, byMatrix, want)
			}
			if way, ok := h.Way(a, b); (i+j)%10 == 0 && (!ok || way.Takes() != want) {
				t.Fatalf("%v to %v: a way of %v, %v by Dijkstra", a.Point, b.Point, way.Takes(), want)
			}
		}
		searched.Release()
		swept.Release()
	}
	t.Logf("%d nodes, %d edges, %d shortcuts, %d cells", g.Len(), g.Edges(), h.Shortcuts(), len(cells))
}

func BenchmarkContract(b *testing.B) {
	g := newYork(b)
	for b.Loop() {
		road.Contract(g)
	}
}

func BenchmarkHierarchy_Time(b *testing.B) {
	g := newYork(b)
	h := road.Contract(g)
	places := anywhere(b, g, rand.New(rand.NewPCG(1, 1)), 1000)
	for i := 0; b.Loop(); i++ {
		h.Time(places[i%1000], places[(i+317)%1000])
	}
}

func BenchmarkHierarchy_Way(b *testing.B) {
	g := newYork(b)
	h := road.Contract(g)
	places := anywhere(b, g, rand.New(rand.NewPCG(1, 1)), 1000)
	for i := 0; b.Loop(); i++ {
		h.Way(places[i%1000], places[(i+317)%1000])
	}
}

func BenchmarkHierarchy_To(b *testing.B) {
	g := newYork(b)
	h := road.Contract(g)
	places := anywhere(b, g, rand.New(rand.NewPCG(1, 1)), 1000)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		h.To(places[i%1000], time.Hour).Release()
	}
}

func BenchmarkHierarchy_Matrix(b *testing.B) {
	g := newYork(b)
	h := road.Contract(g)
	rng := rand.New(rand.NewPCG(1, 1))
	for _, size := range []struct {
		name     string
		from, to int
	}{{"1000x1", 1000, 1}, {"100x100", 100, 100}, {"1000x1000", 1000, 1000}} {
		b.Run(size.name, func(b *testing.B) {
			from, to := anywhere(b, g, rng, size.from), anywhere(b, g, rng, size.to)
			var dst []int32
			b.ReportAllocs()
			for b.Loop() {
				dst = h.Matrix(from, to, dst)
			}
			b.ReportMetric(float64(len(dst))*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mcells/s")
		})
	}
}
