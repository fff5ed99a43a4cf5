package road

import "sync"

// Hierarchy answers many questions about travel times on one graph, hundreds of
// times faster than searches on the graph itself. It is a contraction hierarchy
// (Geisberger, Sanders, Schultes and Delling, 2008): the nodes are cut out of the
// graph one by one, the least important first, and where a fastest way may lead
// over the node that goes, a shortcut takes its place. Every fastest way can
// then be driven up the hierarchy and down again.
//
// Its answers are those of [Graph]: equal to the millisecond. Only a way of
// twelve days or more (2^30 ms) counts as none. Building it takes about as long
// as importing the graph, so that it is not saved. A Hierarchy never changes and
// may be used by any number of goroutines.
type Hierarchy struct {
	g *Graph

	// Inside, nodes are numbered by level, so that every arc leads from a lower
	// number to a higher one, whichever way it is driven.
	number []int32 // by the graph's node
	node   []Node  // by number

	ahead side // of each node, the arcs to higher nodes
	back  side // of each node, the arcs from higher nodes

	climbs sync.Pool // of *climb: scratch memory as large as the graph
	sweeps sync.Pool // of *sweep: the same
	falls  sync.Pool // of *[]int32: the same
}

// side is one half of the arcs, each kept at its lower end.
type side struct {
	first []int32
	arcs  []rise
	via   []int32 // of each arc: the number of the node that it passes by, or ^edge
}

// rise is an arc as its lower end sees it: the higher end, and the driving time.
type rise struct{ to, millis int32 }

// far is longer than any way. Anything shorter can be added to it.
const far = maxBound

// of are the arcs of a node.
func (s *side) of(n int32) []rise { return s.arcs[s.first[n]:s.first[n+1]] }

// Contract builds the hierarchy of a graph. The same graph gives the same
// hierarchy.
func Contract(g *Graph) *Hierarchy { return contract(g, witnessNodes) }

func contract(g *Graph, witnessNodes int) *Hierarchy {
	c := newContraction(g, witnessNodes)
	c.run()
	h := &Hierarchy{g: g, number: make([]int32, g.Len()), node: c.numbering()}
	for i, n := range h.node {
		h.number[n] = int32(i)
	}
	h.ahead, h.back = h.sideOf(c.out), h.sideOf(c.in)
	h.climbs.New = func() any { return newClimb(g.Len()) }
	h.sweeps.New = func() any { return newSweep(g.Len()) }
	h.falls.New = func() any { return new(make([]int32, g.Len())) }
	return h
}

// sideOf lays out the arcs that each node had when it was cut out.
func (h *Hierarchy) sideOf(lists [][]link) side {
	total := 0
	for _, l := range lists {
		total += len(l)
	}
	s := side{first: make([]int32, 1, len(lists)+1), arcs: make([]rise, 0, total), via: make([]int32, 0, total)}
	for _, n := range h.node {
		for _, l := range lists[n] {
			via := l.via
			if via >= 0 {
				via = h.number[via]
			}
			s.arcs = append(s.arcs, rise{h.number[l.to], l.millis})
			s.via = append(s.via, via)
		}
		s.first = append(s.first, int32(len(s.arcs)))
	}
	return s
}

// Graph is the graph that the hierarchy is of.
func (h *Hierarchy) Graph() *Graph { return h.g }

// Shortcuts is how many arcs were added to those of the graph.
func (h *Hierarchy) Shortcuts() int {
	count := 0
	for _, s := range []*side{&h.ahead, &h.back} {
		for _, via := range s.via {
			if via >= 0 {
				count++
			}
		}
	}
	return count
}
