package match

// side is one of the two sides of the problem with its arcs to the other: those
// of node i are arcs[first[i]:last[i]]. What the inner loops read lies apart, to
// be dense in the cache.
type side struct {
	nodes []node
	dual  []Cost // never above the node's price

	// base is when a node joined the forest that grows from this side, less its
	// dual; Infinite outside the forest.
	base []Cost
	// bar is when the forest that grows from the other side reaches a node, plus
	// its dual; Infinite while nothing leads there.
	bar []Cost

	first, last, limit []int32 // limit is where the room of a node's arcs ends
	arcs               []arc
}

// node is a request or a driver.
type node struct {
	price Cost  // of staying alone
	mate  int32 // the node of the other side that it is paired with, or None
	join  int32 // the number of its joining the forest, or None outside
	next  int32 // the node that joined the same tree after it, or None
	pred  int32 // the number of the joining that it is reached from
}

type arc struct{ to, cost int32 }

// reset makes s a side of n unpaired nodes without arcs, at price and dual 0.
func (s *side) reset(n int) {
	s.nodes = sized(s.nodes, n)
	s.dual, s.base, s.bar = sized(s.dual, n), sized(s.base, n), sized(s.bar, n)
	s.first, s.last, s.limit = sized(s.first, n), sized(s.last, n), sized(s.limit, n)
	for i := range s.nodes {
		s.nodes[i] = node{mate: None, join: None}
		s.dual[i], s.base[i], s.bar[i] = 0, Infinite, Infinite
		s.first[i], s.last[i], s.limit[i] = 0, 0, 0
	}
	s.arcs = s.arcs[:0]
}

// roots appends the nodes to dst that are without a partner at a dual below their
// price.
func (s *side) roots(dst []int32) []int32 {
	for i := range s.nodes {
		if n := &s.nodes[i]; n.mate == None && s.dual[i] < n.price {
			dst = append(dst, int32(i))
		}
	}
	return dst
}

func (s *side) of(i int32) []arc { return s.arcs[s.first[i]:s.last[i]] }

// transpose gives s the arcs of other, seen from this side.
func (s *side) transpose(other *side) {
	clear(s.last)
	for i := range other.nodes {
		for _, a := range other.of(int32(i)) {
			s.last[a.to]++
		}
	}
	sum := int32(0)
	for j, count := range s.last {
		s.first[j], s.last[j] = sum, sum
		sum += count
		s.limit[j] = sum
	}
	s.arcs = sized(s.arcs, int(sum))
	for i := range other.nodes {
		for _, a := range other.of(int32(i)) {
			at := s.last[a.to]
			s.arcs[at] = arc{int32(i), a.cost}
			s.last[a.to] = at + 1
		}
	}
}

// add gives node i an arc that came after transpose.
func (s *side) add(i int32, a arc) {
	s.makeRoom(i, 1)
	s.arcs[s.last[i]] = a
	s.last[i]++
}

// makeRoom sees to it that n further arcs of node i have room behind those
// that it has. They move to the end where they have none.
func (s *side) makeRoom(i, n int32) {
	if s.last[i]+n <= s.limit[i] {
		return
	}
	end := int32(len(s.arcs))
	if s.limit[i] == end && s.first[i] < end {
		s.arcs = extended(s.arcs, int(s.last[i]+n))
		s.limit[i] = int32(len(s.arcs))
		return
	}
	had := s.last[i] - s.first[i]
	room := had + n
	if had > 0 {
		room *= 2
	}
	s.arcs = extended(s.arcs, int(end+room))
	copy(s.arcs[end:], s.of(i))
	s.first[i], s.last[i], s.limit[i] = end, end+had, end+room
}

// sized is s with length n, in the memory it has where that is enough; what is
// in it is undefined.
func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/8)
	}
	return s[:n]
}

// extended is s with length n and what was in it.
func extended[T any](s []T, n int) []T {
	if n > cap(s) {
		return append(s[:cap(s)], make([]T, n-cap(s))...)[:n]
	}
	return s[:n]
}
