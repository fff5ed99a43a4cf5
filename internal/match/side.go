package match

// node is a request or a driver in the solver. A node may stay alone at its
// price; its dual never exceeds that.
type node struct {
	dual  Cost
	price Cost
	mate  int32 // the node of the other side that it is paired with, or None

	// While a forest grows from this side: the node's place in it.
	join int32 // the number of its joining, or None outside the forest
	next int32 // the node that joined the same tree after it, or None
	base Cost  // when it joined less its dual; Infinite outside the forest

	// While a forest grows from the other side: the way to this node.
	reach Cost  // when a tree reaches it, as far as known; Infinite: never
	pred  int32 // the number of the joining that it is reached from
}

// side is one of the two sides of the problem with its arcs to the other: those
// of node i are to[first[i]:last[i]], at cost[first[i]:last[i]].
type side struct {
	nodes       []node
	first, last []int32
	to          []int32
	cost        []Cost
	late        []int32 // the newest late arc of each node, or None; empty: no node has one
	lateArcs    []lateArc
}

// lateArc was delivered after the transposed arcs were laid out.
type lateArc struct {
	to, next int32
	cost     Cost
}

// reset makes s a side of n unpaired nodes without arcs.
func (s *side) reset(n int) {
	s.nodes = sized(s.nodes, n)
	for i := range s.nodes {
		s.nodes[i] = node{mate: None, join: None, base: Infinite, reach: Infinite}
	}
	s.first, s.last = sized(s.first, n), sized(s.last, n)
	clear(s.first)
	clear(s.last)
	s.to, s.cost = s.to[:0], s.cost[:0]
	s.late, s.lateArcs = s.late[:0], s.lateArcs[:0]
}

// transpose gives s the arcs of other, seen from this side.
func (s *side) transpose(other *side) {
	clear(s.last)
	for i := range other.nodes {
		for _, j := range other.to[other.first[i]:other.last[i]] {
			s.last[j]++
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

// addLate adds an arc to those of node j that came too late for transpose.
func (s *side) addLate(j, to int32, cost Cost) {
	if len(s.late) == 0 {
		s.late = sized(s.late, len(s.nodes))
		for i := range s.late {
			s.late[i] = None
		}
	}
	s.lateArcs = append(s.lateArcs, lateArc{to: to, next: s.late[j], cost: cost})
	s.late[j] = int32(len(s.lateArcs) - 1)
}

// sized is s with length n, in the memory it has where that is enough; what is
// in it is undefined.
func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4)
	}
	return s[:n]
}
