package road_test

import (
	"compress/gzip"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/road"
)

// newYork is Manhattan's road graph of measured driving times. The data is not
// part of the project: tests on it are skipped where it is absent.
func newYork(tb testing.TB) *road.Graph {
	tb.Helper()
	g, told, err := road.Import(road.Source{
		Nodes: openData(tb, "nyc_nodes.csv.gz"), Links: openData(tb, "nyc_links.csv.gz"), Column: "seconds_20h",
	})
	if err != nil {
		tb.Fatal(err)
	}
	if told.Bad.Rows > 0 {
		tb.Fatalf("%v", told.Bad)
	}
	return g.Connected()
}

func openData(tb testing.TB, name string) io.Reader {
	tb.Helper()
	dir := os.Getenv("CABSTAND_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		tb.Skipf("real data is absent: put %s into %s, or set CABSTAND_DATA", name, dir)
	}
	tb.Cleanup(func() { f.Close() })
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	return z
}

func TestGraph_NewYork(t *testing.T) {
	g := newYork(t)
	if g.Len() < 15000 {
		t.Fatalf("the connected part has %d nodes", g.Len())
	}
	rng := rand.New(rand.NewPCG(1, 1))
	const ways = 200
	start := time.Now()
	for range ways {
		from, to := road.Node(rng.IntN(g.Len())), road.Node(rng.IntN(g.Len()))
		if way, ok := g.Route(from, to); !ok || way.Takes() > 2*time.Hour {
			t.Fatalf("%d to %d: %v, %v", from, to, ok, way.Takes())
		}
	}
	t.Logf("%d nodes, %d edges, %v a way", g.Len(), g.Edges(), time.Since(start)/ways)
}

func BenchmarkGraph_Route(b *testing.B) {
	g := newYork(b)
	rng := rand.New(rand.NewPCG(1, 1))
	for b.Loop() {
		g.Route(road.Node(rng.IntN(g.Len())), road.Node(rng.IntN(g.Len())))
	}
}
