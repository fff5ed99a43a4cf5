package match

// search finds the shortest augmenting path from an unpaired node of the side a,
// by Dijkstra's algorithm on reduced costs, and pairs along it. A path ends at an
// unpaired node of b, or where a node of a is better left alone.
//
// Nodes of b are the ones in the heap: a paired node of a is as far as its mate.
type search struct {
	a, b *side
	lazy *rows // a, where it has undelivered arcs; else nil

	queue   heap
	reached []int32 // nodes of b with a distance
	settled []int32 // nodes of b whose distance is final
	best    Cost    // the shortest path known
	end     int32   // its end: a node of b, or ^i for node i of a
}

// augment pairs the unpaired node root of a, or finds that it stays alone, and
// moves the duals so that they certify it.
func (s *search) augment(root int32) {
	r := &s.a.nodes[root]
	s.best, s.end = r.price-r.dual, ^root
	s.relax(root, 0, s.a.first[root], s.a.last[root])
	s.awaitMore(root, 0)
	for len(s.queue) > 0 {
		e := s.queue.pop()
		if e.dist >= s.best {
			break
		}
		s.visit(e)
	}
	r.dual += s.best
	s.moveDuals()
	s.pairUp(root)
	s.forget()
}

func (s *search) visit(e entry) {
	if e.node < 0 {
		i := ^e.node
		had := s.a.last[i] - s.a.first[i]
		s.lazy.more(i)
		s.relax(i, s.distance(i), s.a.first[i]+had, s.a.last[i])
		s.awaitMore(i, s.distance(i))
		return
	}
	j := &s.b.nodes[e.node]
	if e.dist > j.dist {
		return // an older entry of a node that came nearer since
	}
	s.settled = append(s.settled, e.node)
	s.relax(j.mate, e.dist, s.a.first[j.mate], s.a.last[j.mate])
	s.awaitMore(j.mate, e.dist)
}

// distance is how far node i of a is, which the search has visited.
func (s *search) distance(i int32) Cost {
	if mate := s.a.nodes[i].mate; mate != None {
		return s.b.nodes[mate].dist
	}
	return 0
}

// relax offers the way over the arcs [from, to) of node i, which is dist away.
func (s *search) relax(i int32, dist Cost, from, to int32) {
	dist -= s.a.nodes[i].dual
	ends, costs := s.a.to[from:to], s.a.cost[from:to]
	for k, end := range ends {
		j := &s.b.nodes[end]
		d := dist + costs[k] - j.dual
		if d >= s.best || d >= j.dist {
			continue
		}
		if j.dist == Infinite {
			s.reached = append(s.reached, end)
		}
		j.dist, j.pred = d, i
		if j.mate == None {
			s.best, s.end = d, end
			continue
		}
		mate := &s.a.nodes[j.mate]
		if alone := d + mate.price - mate.dual; alone < s.best {
			s.best, s.end = alone, ^j.mate
		}
		s.queue.push(entry{d, end})
	}
}

// awaitMore queues node i's undelivered arcs at the least distance that they can
// lead to: the duals of b are never positive.
func (s *search) awaitMore(i int32, dist Cost) {
	if s.lazy == nil || s.lazy.bound[i] == Infinite {
		return
	}
	if d := dist + s.lazy.bound[i] - s.a.nodes[i].dual; d < s.best {
		s.queue.push(entry{d, ^i})
	}
}

func (s *search) moveDuals() {
	for _, n := range s.settled {
		j := &s.b.nodes[n]
		d := s.best - j.dist
		j.dual -= d
		s.a.nodes[j.mate].dual += d
	}
}

// pairUp pairs along the path to the end that was found.
func (s *search) pairUp(root int32) {
	j := s.end
	if j < 0 {
		i := ^j
		j = s.a.nodes[i].mate
		s.a.nodes[i].mate = None
		if i == root {
			return
		}
	}
	for {
		i := s.b.nodes[j].pred
		next := s.a.nodes[i].mate
		s.a.nodes[i].mate, s.b.nodes[j].mate = j, i
		if i == root {
			return
		}
		j = next
	}
}

func (s *search) forget() {
	for _, n := range s.reached {
		s.b.nodes[n].dist = Infinite
	}
	s.reached, s.settled, s.queue = s.reached[:0], s.settled[:0], s.queue[:0]
}
