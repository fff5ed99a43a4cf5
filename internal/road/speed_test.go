package road_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/road"
)

// corner is a point up to about 40 m from a node.
func corner(g *road.Graph, rng *rand.Rand) geo.Point {
	p := g.Point(road.Node(rng.IntN(g.Len())))
	return geo.Point{Lat: p.Lat + 0.0004*(rng.Float64()-0.5), Lon: p.Lon + 0.0004*(rng.Float64()-0.5)}
}

func BenchmarkGraph_Snap(b *testing.B) {
	g := newYork(b)
	rng := rand.New(rand.NewPCG(1, 1))
	points := make([]geo.Point, 1024)
	for i := range points {
		points[i] = corner(g, rng)
	}
	i := 0
	for b.Loop() {
		g.Snap(points[i%len(points)])
		i++
	}
}

func BenchmarkGraph_To(b *testing.B) {
	g := newYork(b)
	rng := rand.New(rand.NewPCG(1, 1))
	places := make([]road.Place, 256)
	for i := range places {
		places[i], _ = g.Snap(corner(g, rng))
	}
	for _, bound := range []time.Duration{5 * time.Minute, 10 * time.Minute, 24 * time.Hour} {
		b.Run(fmt.Sprint(bound), func(b *testing.B) {
			i, bytes := 0, 0
			for b.Loop() {
				row := g.To(places[i%len(places)], bound)
				bytes += row.Bytes()
				row.Release()
				i++
			}
			b.ReportMetric(float64(bytes)/float64(i), "bytes/row")
		})
	}
}

func BenchmarkRow_From(b *testing.B) {
	g := newYork(b)
	rng := rand.New(rand.NewPCG(1, 1))
	places := make([]road.Place, 1024)
	for i := range places {
		places[i], _ = g.Snap(corner(g, rng))
	}
	row := g.To(places[0], 24*time.Hour)
	i := 0
	for b.Loop() {
		row.From(places[i%len(places)])
		i++
	}
}

// Loading a saved graph, beside importing it from its tables.
func BenchmarkFromBytes(b *testing.B) {
	var file bytes.Buffer
	if err := newYork(b).Save(&file); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(file.Len()))
	for b.Loop() {
		if _, err := road.FromBytes(file.Bytes()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkImport(b *testing.B) {
	for b.Loop() {
		newYork(b)
	}
}
