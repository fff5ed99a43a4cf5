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
	edges, _, ok := g.between([2]end{{from, 0}, {-1, 0}}, [2]end{{to, 0}, {-1, 0}}, math.MaxInt32)
	if !ok {
		return Way{}, false
	}
	w := Way{Points: []geo.Point{g.points[from]}, At: []time.Duration{0}}
	g.follow(&w, edges)
	return w, true
}

// Drive is the fastest way from one place to another, as [Row.Way] has it, and
// false if there is none.
func (g *Graph) Drive(from, to Place) (Way, bool) {
	d := drive{from: from, to: to, by: -1}
	direct, ok := g.along(from, to)
	if ok {
		d.millis = direct
	} else {
		direct = math.MaxInt32
	}
	edges, meeting, faster := g.between(g.departures(from), g.arrivals(to), direct)
	if !ok && !faster {
		return Way{}, false
	}
	if faster {
		d.by, d.edges, d.millis = meeting.by, edges, meeting.millis
	}
	return g.wayOf(d), true
}

// drive is a way from place to place before it is spelt out.
type drive struct {
	from, to Place
	by       Node    // the first node that it passes, -1 for none
	edges    []int32 // from there on, whole
	millis   int32   // that it takes
}

func (g *Graph) wayOf(d drive) Way {
	access := d.from.access()
	w := Way{Points: []geo.Point{d.from.Point}, At: []time.Duration{0}}
	w.stand(access)
	if d.by >= 0 {
		w.pass(g.points[d.by], g.millisTo(d.from, d.by)-access)
		g.follow(&w, d.edges)
	}
	w.pass(d.to.Point, d.millis-d.to.access()-int32(w.Takes().Milliseconds()))
	w.stand(d.to.access())
	return w
}

// millisTo is how long it takes from a place to the node by which a way leaves it.
func (g *Graph) millisTo(from Place, by Node) int32 {
	best := int32(math.MaxInt32)
	for _, e := range g.departures(from) {
		if e.node == by {
			best = min(best, e.millis)
		}
	}
	return best
}

func (g *Graph) follow(w *Way, edges []int32) {
	for _, i := range edges {
		w.add(g.points[g.edges[i].to], milliseconds(g.edges[i].millis))
	}
}

// meeting is the fastest way that a search from both ends found.
type meeting struct {
	by     Node // the first node
	at     Node // where the two halves met
	millis int32
}

// between searches for a way that is faster than the limit.
func (g *Graph) between(from, to [2]end, limit int32) ([]int32, meeting, bool) {
	s := g.searches.Get().(*search)
	defer g.searches.Put(s)
	s.begin(from, to, limit)
	if !s.run(g) {
		return nil, meeting{}, false
	}
	edges := s.edges(g)
	return edges, s.best, true
}

// search is a bidirectional Dijkstra: the two halves grow by turns, the one
// whose next node is cheaper first, until no way through an open node can be
// faster than the best meeting.
type search struct {
	ahead, back half
	best        meeting
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

func newSearch(nodes int) *search { return &search{ahead: newHalf(nodes), back: newHalf(nodes)} }

func newHalf(nodes int) half {
	return half{cost: make([]int32, nodes), edge: make([]int32, nodes), stamp: make([]uint32, nodes)}
}

func (s *search) begin(from, to [2]end, limit int32) {
	s.best = meeting{-1, -1, limit}
	s.ahead.begin()
	s.back.begin()
	for i := range from {
		s.reach(&s.ahead, from[i].node, from[i].millis, -1)
		s.reach(&s.back, to[i].node, to[i].millis, -1)
	}
}

func (h *half) begin() {
	h.now++
	if h.now == 0 { // the stamps have gone round
		clear(h.stamp)
		h.now = 1
	}
	h.open = h.open[:0]
}

// reach notes that half of the search gets to n at that cost over the edge, and
// whether it meets the other half there.
func (s *search) reach(h *half, n Node, cost, edge int32) {
	if n < 0 || !h.reach(n, cost, edge) || !s.ahead.reached(n) || !s.back.reached(n) {
		return
	}
	if whole := s.ahead.cost[n] + s.back.cost[n]; whole < s.best.millis {
		s.best.millis, s.best.at = whole, n
	}
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

// run grows both halves until they have met on the fastest way.
func (s *search) run(g *Graph) bool {
	for len(s.ahead.open) > 0 && len(s.back.open) > 0 {
		if s.ahead.open[0].cost+s.back.open[0].cost >= s.best.millis {
			break
		}
		if s.ahead.open[0].cost <= s.back.open[0].cost {
			s.growAhead(g)
		} else {
			s.growBack(g)
		}
	}
	return s.best.at >= 0
}

func (s *search) growAhead(g *Graph) {
	top := s.ahead.open.pop()
	if top.cost > s.ahead.cost[top.node] {
		return // a better way was found after this entry was made
	}
	for i := g.first[top.node]; i < g.first[top.node+1]; i++ {
		e := &g.edges[i]
		s.reach(&s.ahead, e.to, top.cost+e.millis, i)
	}
}

func (s *search) growBack(g *Graph) {
	top := s.back.open.pop()
	if top.cost > s.back.cost[top.node] {
		return
	}
	for _, i := range g.into(top.node) {
		e := &g.edges[i]
		s.reach(&s.back, e.from, top.cost+e.millis, i)
	}
}

// edges are the numbers of the edges along the way through the meeting, and
// notes its first node.
func (s *search) edges(g *Graph) []int32 {
	var way []int32
	n := s.best.at
	for ; s.ahead.edge[n] >= 0; n = g.edges[s.ahead.edge[n]].from {
		way = append(way, s.ahead.edge[n])
	}
	s.best.by = n
	slices.Reverse(way)
	for n := s.best.at; s.back.edge[n] >= 0; n = g.edges[s.back.edge[n]].to {
		way = append(way, s.back.edge[n])
	}
	return way
}
