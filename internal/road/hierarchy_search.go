package road

import (
	"math/bits"
	"time"
)

// door is where a way enters or leaves the nodes: a node, by its number in the
// hierarchy, and the driving time between it and the place.
type door struct{ node, millis int32 }

// doors are the ends of a place's edges as the hierarchy numbers them.
func (h *Hierarchy) doors(ends [2]end) doors {
	var d doors
	for _, e := range ends {
		if e.node >= 0 {
			d.list[d.count] = door{h.number[e.node], e.millis}
			d.count++
		}
	}
	return d
}

// doors are one or two.
type doors struct {
	list  [2]door
	count int
}

// climb is the part of the hierarchy above some nodes, with the time to each. It
// visits the nodes by number: all arcs lead to higher ones, so that each node's
// time is final when its turn comes, and a bit for each node does for a queue.
type climb struct {
	open    []uint64 // a bit for each node that waits
	millis  []int32  // far where it has not been
	visited []int32  // in rising order
}

func newClimb(nodes int) *climb {
	c := &climb{open: make([]uint64, (nodes+63)/64), millis: make([]int32, nodes)}
	fill(c.millis, far)
	return c
}

// enter has a climb start at the doors, among others.
func (c *climb) enter(at doors) {
	for _, d := range at.list[:at.count] {
		c.millis[d.node] = min(c.millis[d.node], d.millis)
		c.open[d.node/64] |= 1 << (d.node % 64)
	}
}

// run climbs as high as it goes. Before the next climb it has to be left.
func (c *climb) run(s *side) {
	for w := range c.open {
		for c.open[w] != 0 {
			n := int32(w*64 + bits.TrailingZeros64(c.open[w]))
			c.open[w] &= c.open[w] - 1
			c.visited = append(c.visited, n)
			c.rise(s, n)
		}
	}
}

func (c *climb) rise(s *side, n int32) {
	base := c.millis[n]
	for _, a := range s.of(n) {
		if t := base + a.millis; t < c.millis[a.to] {
			c.millis[a.to] = t
			c.open[a.to/64] |= 1 << (a.to % 64)
		}
	}
}

// leave forgets the climb.
func (c *climb) leave() {
	for _, n := range c.visited {
		c.millis[n] = far
	}
	c.visited = c.visited[:0]
}

func fill(list []int32, value int32) {
	for i := range list {
		list[i] = value
	}
}

// Time is the driving time from one place to another, and false if there is no
// way: a few microseconds in a city.
func (h *Hierarchy) Time(from, to Place) (time.Duration, bool) {
	up, down := h.climbs.Get().(*climb), h.climbs.Get().(*climb)
	defer h.climbs.Put(up)
	defer h.climbs.Put(down)
	millis, _ := h.meet(up, down, from, to)
	up.leave()
	down.leave()
	if direct, ok := h.g.along(from, to); ok {
		millis = min(millis, direct)
	}
	return milliseconds(millis), millis < far
}

// meet climbs from both places and finds the time over the node at which the
// fastest way between them is highest; far if there is none.
func (h *Hierarchy) meet(up, down *climb, from, to Place) (millis, top int32) {
	up.enter(h.doors(h.g.departures(from)))
	up.run(&h.ahead)
	down.enter(h.doors(h.g.arrivals(to)))
	down.run(&h.back)
	millis, top = far, -1
	for _, n := range down.visited {
		if t := up.millis[n] + down.millis[n]; t < millis {
			millis, top = t, n
		}
	}
	return millis, top
}
