package road

import "slices"

// Way is the fastest way from one place to another, and false if there is none.
// It begins and ends as that of [Row.Way] does; of several that are equally fast
// it need not be the same one.
func (h *Hierarchy) Way(from, to Place) (Way, bool) {
	up, down := h.climbs.Get().(*climb), h.climbs.Get().(*climb)
	defer h.climbs.Put(up)
	defer h.climbs.Put(down)
	millis, top := h.meet(up, down, from, to)
	defer up.leave()
	defer down.leave()
	direct, ok := h.g.along(from, to)
	switch {
	case ok && direct <= millis:
		return h.g.wayOf(drive{from: from, to: to, by: -1, millis: direct}), true
	case millis >= far:
		return Way{}, false
	}
	arcs := up.trail(&h.ahead, top)
	first := top
	if len(arcs) > 0 {
		first = arcs[len(arcs)-1].from
	}
	slices.Reverse(arcs)
	d := drive{from: from, to: to, by: h.node[first], millis: millis}
	for _, a := range arcs {
		d.edges = h.unpack(d.edges, &h.ahead, a)
	}
	for _, a := range down.trail(&h.back, top) {
		d.edges = h.unpack(d.edges, &h.back, a)
	}
	return h.g.wayOf(d), true
}

// step is an arc of a side and its lower end.
type step struct{ from, arc int32 }

// trail is how a climb came to n, from there downwards. Every node has a higher
// number than the one before it, so that one look at each suffices.
func (c *climb) trail(s *side, n int32) []step {
	var trail []step
	for i := len(c.visited) - 1; i >= 0; i-- {
		low := c.visited[i]
		if low >= n {
			continue
		}
		for a := s.first[low]; a < s.first[low+1]; a++ {
			if s.arcs[a].to == n && c.millis[low]+s.arcs[a].millis == c.millis[n] {
				trail, n = append(trail, step{low, a}), low
				break
			}
		}
	}
	return trail
}

// unpack appends the edges that an arc stands for, in the order of driving.
func (h *Hierarchy) unpack(edges []int32, s *side, a step) []int32 {
	via := s.via[a.arc]
	if via < 0 {
		return append(edges, ^via)
	}
	start, end := a.from, s.arcs[a.arc].to
	if s == &h.back {
		start, end = end, start
	}
	edges = h.unpack(edges, &h.back, step{via, h.back.find(via, start)})
	return h.unpack(edges, &h.ahead, step{via, h.ahead.find(via, end)})
}

// find is the arc between two nodes, of which there is one.
func (s *side) find(low, high int32) int32 {
	i := slices.IndexFunc(s.of(low), func(r rise) bool { return r.to == high })
	return s.first[low] + int32(i)
}
