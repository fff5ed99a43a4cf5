package match

// node is a request or a driver in the solver. A node may stay alone at its
// price; its dual never exceeds that.
type node struct {
	dual  Cost
	price Cost
	dist  Cost  // from the root of the present search; Infinite: not reached
	mate  int32 // the node of the other side that it is paired with, or None
	pred  int32 // the node of the other side that the search came from
}

// side is one of the two sides of the problem with its arcs to the other: those
// of node i are to[first[i]:last[i]], at cost[first[i]:last[i]].
type side struct {
	nodes       []node
	first, last []int32
	to          []int32
	cost        []Cost
}

// reset makes s a side of n unpaired nodes without arcs.
func (s *side) reset(n int) {
	s.nodes = sized(s.nodes, n)
	for i := range s.nodes {
		s.nodes[i] = node{dist: Infinite, mate: None}
	}
	s.first, s.last = sized(s.first, n), sized(s.last, n)
	clear(s.first)
	clear(s.last)
	s.to, s.cost = s.to[:0], s.cost[:0]
}

// transpose gives s the arcs of other, seen from this side.
func (s *side) transpose(other *side) {
	clear(s.last)
	for i := range other.nodes {
		for k := other.first[i]; k < other.last[i]; k++ {
			s.last[other.to[k]]++
		}
	}
	sum := int32(0)
	for j, count := range s.last {
		s.first[j], s.last[j] = sum, sum
		sum += count
	}
	s.to, s.cost = sized(s.to, int(sum)), sized(s.cost, int(sum))
	for i := range other.nodes {
		for k := other.first[i]; k < other.last[i]; k++ {
			at := &s.last[other.to[k]]
			s.to[*at], s.cost[*at] = int32(i), other.cost[k]
			*at++
		}
	}
}

// sized is s with length n, in the memory it has where that is enough; what is
// in it is undefined.
func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4)
	}
	return s[:n]
}
