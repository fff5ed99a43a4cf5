package geo

// next is the next point outward, with its haversine. Points wait in a heap by a
// lower bound of their distance, and are measured when they come to its top.
func (s *search) next() (candidate, bool) {
	for {
		switch {
		case len(s.points) > 0 && (len(s.nodes) == 0 || s.points[0].key < s.nodes[0].reach):
			c := s.points[0]
			if c.exact {
				s.popPoint()
				c.key /= 4
				return c, true
			}
			c.key, c.exact = 4*s.from.haversine(s.record(c.rec).point), true
			s.sinkNear(c, 0)
		case len(s.nodes) > 0:
			s.open(s.popNode())
		default:
			return candidate{}, false
		}
	}
}

// open puts what a quadrant consists of into the heaps.
func (s *search) open(a ahead) {
	st := a.state
	if st.kids != nil {
		for q, reach := range s.from.reaches(a.node) {
			if st.full>>q&1 != 0 {
				s.pushNode(s.ahead(chordBelow(reach), &st.kids[q]))
			}
		}
		return
	}
	for _, e := range st.entries[:st.n] {
		s.pushPoint(candidate{key: chordBelow(s.from.chordTo(e.spot)), rec: e.rec})
	}
}

// before orders the heap of points: by distance, those not measured first, so
// that all points of one distance are measured before the first of them leaves,
// by id.
func (s *search) before(a, b candidate) bool {
	if a.key != b.key {
		return a.key < b.key
	}
	if a.exact != b.exact {
		return b.exact
	}
	return a.exact && s.byID(a, b) < 0
}

func (s *search) pushPoint(c candidate) {
	s.points = append(s.points, c)
	h := s.points
	i := len(h) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !s.before(c, h[up]) {
			break
		}
		h[i] = h[up]
		i = up
	}
	h[i] = c
}

func (s *search) popPoint() {
	last := s.points[len(s.points)-1]
	s.points = s.points[:len(s.points)-1]
	if len(s.points) > 0 {
		s.sinkNear(last, 0)
	}
}

// sinkNear puts c into the heap of the nearest at i or below.
func (s *search) sinkNear(c candidate, i int) {
	h := s.points
	for {
		down := 2*i + 1
		if down >= len(h) {
			break
		}
		if down+1 < len(h) && s.before(h[down+1], h[down]) {
			down++
		}
		if !s.before(h[down], c) {
			break
		}
		h[i] = h[down]
		i = down
	}
	h[i] = c
}
