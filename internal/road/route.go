package road

import (
	"math"
	"slices"
	"time"

	"github.com/cabstand/cabstand/geo"
)

// Route is the fastest way from one node to another, and false if there is
// none. It searches from both ends at once: on a city of 20,000 nodes that takes
// about a millisecond.
func (g *Graph) Route(from, to Node) (Way, bool) {
	if from == to {
		return Way{Points: []geo.Point{g.points[from]}, At: []time.Duration{0}}, true
	}
	s := g.searches.Get().(*search)
	defer g.searches.Put(s)
	s.begin(from, to)
	meeting, ok := s.run(g)
	if !ok {
		return Way{}, false
	}
	return g.wayOf(s.edges(g, meeting)), true
}

// wayOf lists the points along the edges.
func (g *Graph) wayOf(edges []int32) Way {
	w := Way{
		Points: append(make([]geo.Point, 0, len(edges)+1), g.points[g.edges[edges[0]].from]),
		At:     append(make([]time.Duration, 0, len(edges)+1), 0),
	}
	for _, i := range edges {
		e := g.edges[i]
		w.add(g.points[e.to], time.Duration(e.millis)*time.Millisecond)
	}
	return w
}

// search is a bidirectional Dijkstra: the two halves grow by turns, the one
// whose next node is cheaper first, until no way through an open node can be
// faster than the best meeting.
type search struct {
	ahead, back half
}

// half is one direction of the search. A node's cost and edge hold only where
// its stamp is the present one, so that nothing has to be cleared.
type half struct {
	cost  []int32
	edge  []int32 // the edge over which the node was reached, -1 at the start
	stamp []uint32
	now   uint32
	open  heap
}

func newSearch(nodes int) *search { return &search{newHalf(nodes), newHalf(nodes)} }

func newHalf(nodes int) half {
	return half{cost: make([]int32, nodes), edge: make([]int32, nodes), stamp: make([]uint32, nodes)}
}

func (s *search) begin(from, to Node) {
	s.ahead.begin(from)
	s.back.begin(to)
}

func (h *half) begin(n Node) {
	h.now++
	if h.now == 0 { // the stamps have gone round
		clear(h.stamp)
		h.now = 1
	}
	h.open = h.open[:0]
	h.reach(n, 0, -1)
}

// reach notes that n costs that much over the edge, if this is better than what
// is known.
func (h *half) reach(n Node, cost, edge int32) bool {
	if h.stamp[n] == h.now && h.cost[n] <= cost {
		return false
	}
	h.stamp[n], h.cost[n], h.edge[n] = h.now, cost, edge
	h.open.push(entry{cost, n})
	return true
}

func (h *half) reached(n Node) bool { return h.stamp[n] == h.now }

// run grows both halves and returns the node where the fastest way meets.
func (s *search) run(g *Graph) (meeting Node, ok bool) {
	best, meeting := int32(math.MaxInt32), Node(-1)
	note := func(n Node) {
		if s.ahead.reached(n) && s.back.reached(n) && s.ahead.cost[n]+s.back.cost[n] < best {
			best, meeting = s.ahead.cost[n]+s.back.cost[n], n
		}
	}
	for len(s.ahead.open) > 0 && len(s.back.open) > 0 {
		if s.ahead.open[0].cost+s.back.open[0].cost >= best {
			break
		}
		if s.ahead.open[0].cost <= s.back.open[0].cost {
			s.growAhead(g, note)
		} else {
			s.growBack(g, note)
		}
	}
	return meeting, meeting >= 0
}

func (s *search) growAhead(g *Graph, note func(Node)) {
	top := s.ahead.open.pop()
	if top.cost > s.ahead.cost[top.node] {
		return // a better way was found after this entry was made
	}
	for i := g.first[top.node]; i < g.first[top.node+1]; i++ {
		e := &g.edges[i]
		if s.ahead.reach(e.to, top.cost+e.millis, i) {
			note(e.to)
		}
	}
}

func (s *search) growBack(g *Graph, note func(Node)) {
	top := s.back.open.pop()
	if top.cost > s.back.cost[top.node] {
		return
	}
	for _, i := range g.into(top.node) {
		e := &g.edges[i]
		if s.back.reach(e.from, top.cost+e.millis, i) {
			note(e.from)
		}
	}
}

// edges are the numbers of the edges along the way through meeting.
func (s *search) edges(g *Graph, meeting Node) []int32 {
	var way []int32
	for n := meeting; s.ahead.edge[n] >= 0; n = g.edges[s.ahead.edge[n]].from {
		way = append(way, s.ahead.edge[n])
	}
	slices.Reverse(way)
	for n := meeting; s.back.edge[n] >= 0; n = g.edges[s.back.edge[n]].to {
		way = append(way, s.back.edge[n])
	}
	return way
}
