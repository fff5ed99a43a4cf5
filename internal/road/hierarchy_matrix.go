package road

import "slices"

// lanes is how many sources are swept at once. Eight sums fit in the registers,
// and eight times of a node into half a cache line.
const lanes = 8

// strip is the times from the sources of one sweep to a node, or a node's times
// of that sweep.
type strip [lanes]int32

// Matrix is the driving times from each place to each other, in milliseconds, row
// by row, -1 where there is no way. It is written to dst if that has room.
func (h *Hierarchy) Matrix(from, to []Place, dst []int32) []int32 {
	dst = slices.Grow(dst[:0], len(from)*len(to))[:len(from)*len(to)]
	if len(dst) == 0 {
		return dst
	}
	c, s := h.climbs.Get().(*climb), h.sweeps.Get().(*sweep)
	defer h.climbs.Put(c)
	defer h.sweeps.Put(s)
	leave, reach := s.leave[:0], s.reach[:0]
	for _, p := range from {
		leave = append(leave, h.doors(h.g.departures(p)))
	}
	for _, p := range to {
		reach = append(reach, h.doors(h.g.arrivals(p)))
	}
	s.leave, s.reach = leave, reach
	// The part above many places is not much larger than that above few, so that
	// the many are the targets, whichever way they are driven.
	if len(from) <= len(to) {
		s.up, s.down = &h.ahead, &h.back
		s.all(c, leave, reach, dst, len(to), 1)
	} else {
		s.up, s.down = &h.back, &h.ahead
		s.all(c, reach, leave, dst, 1, len(to))
	}
	s.along(h.g, from, to, dst)
	for i := range dst {
		if dst[i] >= far {
			dst[i] = -1
		}
	}
	return dst
}

// Many to many goes in three steps (Delling, Goldberg and Werneck, 2011:
// RPHAST). Once for all targets, the part of the hierarchy above them is cut out,
// numbered from the top. For each source, its times are climbed to the top. Then,
// for eight sources at once, the part is swept downwards: each arc is looked at
// once, in the order in which it lies in memory.
type sweep struct {
	leave, reach []doors
	up, down     *side // the sources climb the one, the targets the other

	inPart []int32 // of a node of the hierarchy: its number in the part, -1
	part   []int32 // the nodes in the part, from the top
	first  []int32 // CSR over the part
	arcs   []rise  // from higher nodes of the part
	exits  []exits
	times  []strip // of the nodes of the part

	onEdge []uint64 // the targets by edge
}

// exits are a target's doors: one twice if there is only one.
type exits [2]door

func newSweep(nodes int) *sweep {
	s := &sweep{inPart: make([]int32, nodes)}
	fill(s.inPart, -1)
	return s
}

// all writes the times from all sources to all targets: those of one source are
// rowStep apart from the next one's, those of one target colStep.
func (s *sweep) all(c *climb, sources, targets []doors, dst []int32, rowStep, colStep int) {
	s.aim(c, targets)
	for i := 0; i < len(sources); i += lanes {
		together := sources[i:min(i+lanes, len(sources))]
		s.start()
		for lane, source := range together {
			s.load(c, lane, source)
		}
		s.run()
		for lane := range together {
			s.read(dst[(i+lane)*rowStep:], lane, colStep)
		}
	}
}

// aim cuts out the part above the targets.
func (s *sweep) aim(c *climb, targets []doors) {
	for i := range s.part {
		s.inPart[s.part[i]] = -1
	}
	s.part, s.exits = s.part[:0], s.exits[:0]
	for _, t := range targets {
		c.enter(t)
	}
	c.run(s.down)
	for i := len(c.visited) - 1; i >= 0; i-- {
		s.inPart[c.visited[i]] = int32(len(s.part))
		s.part = append(s.part, c.visited[i])
	}
	c.leave()
	s.layOut()
	for _, t := range targets {
		s.exits = append(s.exits, s.exitsOf(t))
	}
}

// layOut copies the part's arcs together.
func (s *sweep) layOut() {
	s.first, s.arcs = append(s.first[:0], 0), s.arcs[:0]
	for _, n := range s.part {
		for _, a := range s.down.of(n) {
			if high := s.inPart[a.to]; high >= 0 { // else it is too far
				s.arcs = append(s.arcs, rise{high, a.millis})
			}
		}
		s.first = append(s.first, int32(len(s.arcs)))
	}
	if cap(s.times) < len(s.part) {
		s.times = make([]strip, len(s.part))
	}
	s.times = s.times[:len(s.part)]
}

// exitsOf are the doors by their numbers in the part.
func (s *sweep) exitsOf(t doors) exits {
	one, other := t.list[0], t.list[t.count-1]
	return exits{{s.inPart[one.node], one.millis}, {s.inPart[other.node], other.millis}}
}

// start forgets the sweep before.
func (s *sweep) start() {
	for i := range s.times {
		s.times[i] = strip{far, far, far, far, far, far, far, far}
	}
}

// load climbs from a source and notes what it reaches of the part.
func (s *sweep) load(c *climb, lane int, source doors) {
	c.enter(source)
	c.run(s.up)
	for _, n := range c.visited {
		if i := s.inPart[n]; i >= 0 {
			s.times[i][lane] = c.millis[n]
		}
	}
	c.leave()
}

// run sweeps the part from the top to the bottom.
func (s *sweep) run() {
	times, arcs := s.times, s.arcs
	for i := range times {
		own := &times[i]
		t0, t1, t2, t3, t4, t5, t6, t7 := own[0], own[1], own[2], own[3], own[4], own[5], own[6], own[7]
		for _, a := range arcs[s.first[i]:s.first[i+1]] {
			high := &times[a.to]
			t0 = min(t0, high[0]+a.millis)
			t1 = min(t1, high[1]+a.millis)
			t2 = min(t2, high[2]+a.millis)
			t3 = min(t3, high[3]+a.millis)
			t4 = min(t4, high[4]+a.millis)
			t5 = min(t5, high[5]+a.millis)
			t6 = min(t6, high[6]+a.millis)
			t7 = min(t7, high[7]+a.millis)
		}
		*own = strip{t0, t1, t2, t3, t4, t5, t6, t7}
	}
}

// read writes the times of a lane, those of one target after the other step
// places apart.
func (s *sweep) read(dst []int32, lane, step int) {
	at := 0
	for i := range s.exits {
		e := &s.exits[i]
		dst[at] = min(s.times[e[0].node][lane]+e[0].millis, s.times[e[1].node][lane]+e[1].millis, far)
		at += step
	}
}

// along notes the drives that do not leave their street.
func (s *sweep) along(g *Graph, from, to []Place, dst []int32) {
	s.onEdge = s.onEdge[:0]
	for i, p := range to {
		s.onEdge = append(s.onEdge, uint64(p.Edge)<<32|uint64(i))
		if p.Back >= 0 {
			s.onEdge = append(s.onEdge, uint64(p.Back)<<32|uint64(i))
		}
	}
	slices.Sort(s.onEdge)
	for i, p := range from {
		for _, edge := range [2]int32{p.Edge, p.Back} {
			if edge < 0 {
				continue
			}
			at, _ := slices.BinarySearch(s.onEdge, uint64(edge)<<32)
			for ; at < len(s.onEdge) && s.onEdge[at]>>32 == uint64(edge); at++ {
				j := int(uint32(s.onEdge[at]))
				if direct, ok := g.along(p, to[j]); ok {
					cell := &dst[i*len(to)+j]
					*cell = min(*cell, direct)
				}
			}
		}
	}
}
