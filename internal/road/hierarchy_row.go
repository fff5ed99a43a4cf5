package road

import "time"

// To is what [Graph.To] gives, by another way: a climb from the place, and one
// look at every arc from the top of the hierarchy to its bottom (Delling,
// Goldberg, Nowatzyk and Werneck, 2011: PHAST). It takes as long for any bound,
// so that a small bound in a large graph is better searched on the graph.
func (h *Hierarchy) To(to Place, bound time.Duration) *Row {
	r := h.g.rows.Get().(*Row)
	r.begin(to, bound)
	c := h.climbs.Get().(*climb)
	defer h.climbs.Put(c)
	c.enter(h.doors(r.ends))
	c.run(&h.back)
	times := h.falls.Get().(*[]int32)
	defer h.falls.Put(times)
	fill(*times, far)
	for _, n := range c.visited {
		(*times)[n] = c.millis[n]
	}
	c.leave()
	h.fall(*times)
	all := r.all()
	for n, i := range h.number {
		if t := (*times)[i]; t < far {
			all[n] = t
		} else {
			all[n] = unreached
		}
	}
	return r
}

// fall fills in the times below the nodes that have one, which is theirs over
// the fastest arc upwards.
func (h *Hierarchy) fall(times []int32) {
	arcs, first := h.ahead.arcs, h.ahead.first
	end := int32(len(arcs))
	for n := len(times) - 1; n >= 0; n-- {
		start, best := first[n], times[n]
		for _, a := range arcs[start:end] {
			best = min(best, times[a.to]+a.millis)
		}
		times[n], end = best, start
	}
}
