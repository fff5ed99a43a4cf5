package main

import (
	"fmt"
	"time"

	"github.com/LdDl/ch"

	"github.com/cabstand/cabstand/internal/road"
)

const (
	oursMatrix = "Hierarchy.Matrix"
	oursRows   = "Hierarchy.To, a row each"
	peerMatrix = "LdDl/ch v1.10.0"
)

// contender is one way to the answer.
type contender struct {
	name  string
	rare  bool // it takes long, and has fewer turns
	solve func(q question) (spent, error)
}

func contenders(h *road.Hierarchy, p *peer) []contender {
	var cells []int32
	return []contender{
		{name: oursMatrix, solve: func(q question) (spent, error) {
			from, to := placesOf(q.graph, q.from), placesOf(q.graph, q.to)
			start := now()
			cells = h.Matrix(from, to, cells)
			took := start.since()
			return took, q.check(func(i, j int) float64 { return float64(cells[i*len(q.to)+j]) })
		}},
		{name: oursRows, solve: func(q question) (spent, error) {
			from, to := placesOf(q.graph, q.from), placesOf(q.graph, q.to)
			times := make([]time.Duration, len(from)*len(to))
			start := now()
			readRows(h, from, to, times)
			took := start.since()
			return took, q.check(func(i, j int) float64 { return float64(times[i*len(to)+j].Milliseconds()) })
		}},
		{name: peerMatrix, rare: true, solve: p.solve},
	}
}

// newOurs prepares the hierarchy and says how long that took.
func newOurs(g *road.Graph) (*road.Hierarchy, time.Duration) {
	start := now()
	h := road.Contract(g)
	return h, start.since().processor
}

func placesOf(g *road.Graph, nodes []road.Node) []road.Place {
	places := make([]road.Place, len(nodes))
	for i, n := range nodes {
		places[i], _ = g.PlaceOf(n)
	}
	return places
}

func readRows(h *road.Hierarchy, from, to []road.Place, times []time.Duration) {
	for j, target := range to {
		row := h.To(target, 24*time.Hour)
		for i, source := range from {
			times[i*len(to)+j], _ = row.From(source)
		}
		row.Release()
	}
}

// peer is LdDl/ch on the same graph. It reckons in floats: those of whole
// milliseconds are exact. It has no call for times without the ways.
type peer struct{ graph *ch.Graph }

func newPeer(g *road.Graph) (*peer, time.Duration, error) {
	p := &peer{ch.NewGraph()}
	for n := range g.Len() {
		if err := p.graph.CreateVertex(int64(n)); err != nil {
			return nil, 0, fmt.Errorf("LdDl/ch: node %d: %w", n, err)
		}
	}
	for i := range g.Edges() {
		from, to, takes := g.Edge(int32(i))
		if err := p.graph.AddEdge(int64(from), int64(to), float64(takes.Milliseconds())); err != nil {
			return nil, 0, fmt.Errorf("LdDl/ch: edge %d: %w", i, err)
		}
	}
	start := now()
	p.graph.PrepareContractionHierarchies()
	return p, start.since().processor, nil
}

func (p *peer) solve(q question) (spent, error) {
	from, to := labels(q.from), labels(q.to)
	start := now()
	times, _ := p.graph.ShortestPathManyToMany(from, to)
	took := start.since()
	return took, q.check(func(i, j int) float64 { return times[i][j] })
}

func labels(nodes []road.Node) []int64 {
	labels := make([]int64, len(nodes))
	for i, n := range nodes {
		labels[i] = int64(n)
	}
	return labels
}
